/* SPDX-License-Identifier: BSD-2-Clause */
/* System protocol ("system"). Client: the shell; server: root. */
#pragma once
#include <ipc/ipc.h>

enum system_label {
    SYSTEM_PROCESSES = 1, /* region offset, bytes -> rows written: struct system_process */
    SYSTEM_MEMORY, /* -> 0, RAM bytes, kernel bytes, free bytes (untyped), used by processes */
    SYSTEM_GAUGES, /* region offset, bytes -> rows written: struct system_gauge */
    SYSTEM_POWER,  /* POWER_OFF or POWER_RESET -> does not answer if it succeeds */
    SYSTEM_TRACE,  /* 1: every hart traces, 0: none does -> error */
    /* region offset, bytes, hart, number of the first record -> records written, their first number
     * (a later one than asked for: those before were overwritten). E_NOT_FOUND: no such hart. */
    SYSTEM_TRACE_READ,
};

struct system_process {
    char name[32];
    uint64_t state;        /* PROCESS_* */
    uint64_t priority;     /* effective, 64: nothing ready */
    uint64_t ticks;        /* of rdtime spent running */
    uint64_t switches;     /* times switched to */
    uint64_t frames;       /* 4 KiB frames given to it */
    uint64_t capabilities; /* that root gave it */
    uint64_t number;       /* by which traces know it; 0: it does not run */
};

/* One number of one process, as it registered it with stats_gauge. */
struct system_gauge {
    char process[32];
    char name[8]; /* padded with zeros */
    uint64_t value;
};
