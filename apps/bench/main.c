/* SPDX-License-Identifier: BSD-2-Clause */
/* Run every row, then power off. Needs nothing but a hart and a console that the firmware knows. */
#include <sys/program.h>
#include <protocol/system.h>
#include "bench.h"

struct bench_main {
    struct co co;
    struct ipc_end *end;
    unsigned row;
    union { /* one after the other */
        struct bench_local local;
        struct bench_async async;
        struct bench_signal signal;
    };
    struct ipc_message power;
};

static const struct {
    const char *name;
    unsigned flight;
    unsigned label;
    bool long_only;
} async_rows[] = {
    {"async_call_1", 1, BENCH_SIX, false},
    {"async_call_2", 2, BENCH_SIX, true},
    {"async_call_4", 4, BENCH_SIX, true},
    {"async_call_8", 8, BENCH_SIX, false},
    {"async_call_16", 16, BENCH_SIX, true},
    {"async_call_32", 32, BENCH_SIX, false},
    {"async_call_32_two_words", 32, BENCH_TWO, false},
};
#define ASYNC_ROWS (sizeof async_rows / sizeof async_rows[0])

static void prepare_async(struct bench_main *m)
{
    m->async = (struct bench_async){
        .calls = {.end = m->end,
                  .flight = async_rows[m->row].flight,
                  .label = async_rows[m->row].label},
        .row = async_rows[m->row].name,
    };
}

static void must(const char *what, long n)
{
    if (n < 0)
        die("%s: %s", what, error_text(n));
}

static CO_BODY enum co_state main_body(struct co *co)
{
    struct bench_main *m = co_frame(struct bench_main, co);
    long n;

    co_begin(co);
    m->end = ipc_find("bench");
    if (!m->end)
        die("no channel named bench in the system file");
    table_open();
    m->local = (struct bench_local){0};
    co_await(n, co_call(co, &m->local.co, bench_local_body));
    must("pages", bench_pages());
    m->signal = (struct bench_signal){0};
    co_await(n, co_call(co, &m->signal.co, bench_signal_body));
    for (m->row = 0; m->row < ASYNC_ROWS; m->row++) {
        if (async_rows[m->row].long_only && !table_is_long())
            continue;
        prepare_async(m);
        co_await(n, co_call(co, &m->async.co, bench_async_body));
        must(async_rows[m->row].name, n);
    }
    table_close();
    m->power.word[0] = POWER_OFF;
    co_await(n, ipc_call(co, ipc_find("system"), &m->power, SYSTEM_POWER));
    log_line("the machine cannot switch itself off: %s", error_text(n));
    co_await(n, co_park(co));
    co_return(n);
}
PROGRAM(struct bench_main, main_body);
