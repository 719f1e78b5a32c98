/* SPDX-License-Identifier: BSD-2-Clause */
/* Run every row, then power off. */
#include <protocol/system.h>
#include <stdio.h>
#include <sys/program.h>
#include "bench.h"
#include "chain.h"
#include "ring.h"

#define FLIGHTS 11 /* 1, 2, 4 .. 1024 */
#define RINGS   6  /* 1, 10, 100 .. 100,000 */
#define CHAINS  8  /* 2, 4, 8 .. 256 */

struct scaling {
    struct co co;
    struct ipc_end *end;
    unsigned i;
    char row[32];
    union { /* one after the other */
        struct bench_async async;
        struct ring ring;
        struct chain chain;
        struct ipc_message message;
    };
};

static void must(const char *what, long n)
{
    if (n < 0)
        die("%s: %s", what, error_text(n));
}

static void prepare_flight(struct scaling *s)
{
    snprintf(s->row, sizeof s->row, "flight_%u", 1u << s->i);
    s->async = (struct bench_async){
        .calls = {.end = s->end, .flight = 1u << s->i, .label = BENCH_SIX}, .row = s->row};
}

static void prepare_ring(struct scaling *s)
{
    s->ring = (struct ring){.members = 1};
    for (unsigned i = 0; i < s->i; i++)
        s->ring.members *= 10;
}

static CO_BODY enum co_state scaling_body(struct co *co)
{
    struct scaling *s = co_frame(struct scaling, co);
    long n;

    co_begin(co);
    table_open();
    s->end = ipc_find("bench");
    for (s->i = 0; s->i < FLIGHTS; s->i++) {
        prepare_flight(s);
        co_await(n, co_call(co, &s->async.co, bench_async_body));
        must(s->row, n);
    }
    for (s->i = 0; s->i < RINGS; s->i++) {
        prepare_ring(s);
        co_await(n, co_call(co, &s->ring.co, ring_body));
        must("coroutines", n);
    }
    for (s->i = 1; s->i <= CHAINS; s->i++) {
        s->chain = (struct chain){.processes = 1u << s->i};
        co_await(n, co_call(co, &s->chain.co, chain_body));
        must("processes", n);
    }
    table_close();
    s->message = (struct ipc_message){.word = {POWER_OFF}};
    co_await(n, ipc_call(co, ipc_find("system"), &s->message, SYSTEM_POWER));
    log_line("the machine cannot switch itself off: %s", error_text(n));
    co_await(n, co_park(co));
    co_return(n);
}
PROGRAM(struct scaling, scaling_body);
