/* SPDX-License-Identifier: BSD-2-Clause */
/* The client of a pair: calls its far end, as often as it is asked to. */
#include <sys/program.h>
#include "bench.h"
#include "pair.h"

struct pair {
    struct co co;
    struct ipc_end *end;
    struct ipc_message asked;
    struct bench_calls calls;
};

static void take_order(struct pair *p)
{
    p->calls.flight = (unsigned)p->asked.word[0];
    p->calls.calls = p->asked.word[1];
}

static CO_BODY enum co_state pair_body(struct co *co)
{
    struct pair *p = co_frame(struct pair, co);
    long n;

    co_begin(co);
    p->end = ipc_server_end("pair", 0);
    p->calls = (struct bench_calls){.end = ipc_find("bench"), .label = BENCH_SIX};
    co_await(n, ipc_receive(co, p->end, &p->asked));
    while (n == 0) {
        take_order(p);
        n = E_NO_MEMORY;
        if (bench_calls_prepare(&p->calls)) {
            co_await(n, co_call(co, &p->calls.co, bench_calls_body));
            bench_calls_end(&p->calls);
        }
        if (n == 0 && !bench_calls_are_right(&p->calls))
            n = E_CORRUPT;
        p->asked.word[0] = (uint64_t)n;
        co_await(n, ipc_reply_receive(co, p->end, &p->asked));
    }
    co_return(n);
}
PROGRAM(struct pair, pair_body);
