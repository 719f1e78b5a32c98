/* SPDX-License-Identifier: BSD-2-Clause */
/* Costs within one process: the empty system call, and a switch between coroutines. */
#include <sys/counter.h>
#include <sys/program.h>
#include <sys/syscall.h>
#include "bench.h"

#define ROUNDS 10000

/* The other of two coroutines that wake each other. */
struct partner {
    struct co co;
    cid_t main;
    bool stop;
};
static struct partner partner;

static CO_BODY enum co_state partner_body(struct co *co)
{
    struct partner *p = co_frame(struct partner, co);
    long n;

    co_begin(co);
    while (!p->stop) {
        co_await(n, co_park(co));
        co_wake(p->main);
    }
    co_return(0);
}

CO_BODY enum co_state bench_local_body(struct co *co)
{
    struct bench_local *b = co_frame(struct bench_local, co);
    long n;

    co_begin(co);
    b->start = counter_instructions();
    for (b->round = 0; b->round < ROUNDS; b->round++)
        sys_null();
    bench_report("null_call", counter_instructions() - b->start, ROUNDS);

    partner.main = co_current();
    partner.stop = false;
    co_spawn(&partner.co, partner_body, co->priority, NULL);
    co_await(n, co_yield(co));
    b->start = counter_instructions();
    for (b->round = 0; b->round < ROUNDS; b->round++) {
        co_wake(co_cid(&partner.co));
        co_await(n, co_park(co));
    }
    bench_report("co_switch", counter_instructions() - b->start, 2 * ROUNDS);
    partner.stop = true;
    co_wake(co_cid(&partner.co));
    co_await(n, co_park(co));
    co_return(0);
}
