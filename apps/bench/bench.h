/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of the benchmark: each is a child coroutine of main. */
#pragma once
#include <ipc/ipc.h>

enum bench_label {
    BENCH_SIX = 1, /* six words -> six words, each plus one */
    BENCH_TWO,     /* two words -> two words, each plus one */
};

/* Report one row on the console, where tools/bench reads it. */
void bench_report(const char *row, uint64_t instructions, uint64_t operations);

/* Costs within this process. Value 0. */
struct bench_local {
    struct co co;
    uint64_t start;
    uint64_t round;
};
CO_BODY enum co_state bench_local_body(struct co *co);

/* Calls to bench-server with `flight` calls in flight. Value 0, or an error. */
struct bench_async {
    struct co co;
    struct ipc_end *end;
    const char *row;
    unsigned flight;
    unsigned label;
    uint64_t start;
};
CO_BODY enum co_state bench_async_body(struct co *co);
