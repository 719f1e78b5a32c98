/* SPDX-License-Identifier: BSD-2-Clause */
/* Costs within one process: the empty system call, and a switch between coroutines. */
#include <sys/program.h>
#include <sys/syscall.h>
#include "arch/riscv64/mark.h"
#include "bench.h"

#define SAMPLES 9
#define ROUNDS  (table_is_long() ? 1000u : 100u)

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
        MARK("operation");
        co_await(n, co_park(co));
        co_wake(p->main);
    }
    co_return(0);
}

static void null_calls(unsigned rounds)
{
    struct stamp start = stamp_start();

    for (unsigned i = 0; i < rounds; i++) {
        MARK("operation");
        sys_null();
    }
    table_add(start, stamp_stop());
}

CO_BODY enum co_state bench_local_body(struct co *co)
{
    struct bench_local *b = co_frame(struct bench_local, co);
    long n;

    co_begin(co);
    for (unsigned i = 0; i < SAMPLES; i++)
        null_calls(ROUNDS);
    table_report("null_call", ROUNDS);

    partner.main = co_current();
    partner.stop = false;
    co_spawn(&partner.co, partner_body, co->priority, NULL);
    co_await(n, co_yield(co));
    for (b->sample = 0; b->sample < SAMPLES; b->sample++) {
        b->round = ROUNDS;
        b->start = stamp_start();
        while (b->round-- > 0) {
            MARK("operation");
            co_wake(co_cid(&partner.co));
            co_await(n, co_park(co));
        }
        table_add(b->start, stamp_stop());
    }
    table_report("coroutine_switch", 2 * ROUNDS);
    partner.stop = true;
    co_wake(co_cid(&partner.co));
    co_await(n, co_park(co));
    co_return(0);
}
