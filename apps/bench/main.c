/* SPDX-License-Identifier: BSD-2-Clause */
/* Run every row, then power off. */
#include <inttypes.h>
#include <sys/program.h>
#include <protocol/system.h>
#include "bench.h"

struct bench_main {
    struct co co;
    struct ipc_end *end;
    unsigned row;
    struct bench_local local;
    struct bench_async async;
    struct ipc_message power;
};

static const struct {
    const char *name;
    unsigned flight;
    unsigned label;
} async_rows[] = {
    {"async_call_1", 1, BENCH_SIX},      {"async_call_2", 2, BENCH_SIX},
    {"async_call_4", 4, BENCH_SIX},      {"async_call_8", 8, BENCH_SIX},
    {"async_call_16", 16, BENCH_SIX},    {"async_call_32", 32, BENCH_SIX},
    {"async_call_32_2w", 32, BENCH_TWO},
};
#define ASYNC_ROWS (sizeof async_rows / sizeof async_rows[0])

void bench_report(const char *row, uint64_t instructions, uint64_t operations)
{
    log_line("%s %" PRIu64 " instructions", row, (instructions + operations / 2) / operations);
}

static CO_BODY enum co_state main_body(struct co *co)
{
    struct bench_main *m = co_frame(struct bench_main, co);
    long n;

    co_begin(co);
    m->end = ipc_find("bench");
    if (!m->end)
        die("no channel named bench in the system file");
    co_await(n, co_call(co, &m->local.co, bench_local_body));
    for (m->row = 0; m->row < ASYNC_ROWS; m->row++) {
        m->async.end = m->end;
        m->async.row = async_rows[m->row].name;
        m->async.flight = async_rows[m->row].flight;
        m->async.label = async_rows[m->row].label;
        co_await(n, co_call(co, &m->async.co, bench_async_body));
        if (n < 0)
            die("%s: %s", async_rows[m->row].name, error_text(n));
    }
    log_line("done");
    m->power.word[0] = POWER_OFF;
    co_await(n, ipc_call(co, ipc_find("system"), &m->power, SYSTEM_POWER));
    die("power off: %s", error_text(n));
}
PROGRAM(struct bench_main, main_body);
