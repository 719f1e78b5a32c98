/* SPDX-License-Identifier: BSD-2-Clause */
/* What root does when everybody runs: stop what faults, and answer questions. */
#pragma once
#include <executor/executor.h>
#include "root.h"

/* supervise.c: wait for faults, for ever. The frame of a child. */
struct supervisor {
    struct co co;
    struct co_event faults;
};
extern struct supervisor supervisor;
CO_BODY enum co_state supervisor_body(struct co *co);

/* gauges.c: one coroutine for each process asks it for its numbers. */
#define GAUGES_EACH 14 /* of a process: the built-in ones and its own */

struct gauge {
    uint64_t name;
    uint64_t value;
};
struct gauge_list {
    uint32_t count;
    struct gauge rows[GAUGES_EACH];
};
extern struct gauge_list gauge_lists[PROCESSES_MAX];

void gauges_start(void);
/* Await fresh numbers of every process that answers in time. Value 0. The frame of a child. */
struct gauges_refresh {
    struct co co;
    uint64_t deadline;
};
CO_BODY enum co_state gauges_refresh_body(struct co *co);

/* system_server.c: start a coroutine for each channel of the protocol "system". */
void system_server_start(void);
