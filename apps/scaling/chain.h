/* SPDX-License-Identifier: BSD-2-Clause */
/* A chain of processes (link.c), each of which calls the next before it answers. */
#pragma once
#include <ipc/ipc.h>
#include "table.h"

/* The label of a call: word 0 says how many links are to follow; the answer is how many did. */
#define CHAIN_RELAY 1

/* Measure with so many processes, this one included, and report the row processes_N. Value 0, or an
 * error: E_CORRUPT, another number of links has answered. A child coroutine. */
struct chain {
    struct co co;
    unsigned processes;
    unsigned round;
    struct ipc_end *end;
    struct stamp start;
    struct ipc_message message;
};
CO_BODY enum co_state chain_body(struct co *co);
