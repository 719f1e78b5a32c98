/* SPDX-License-Identifier: BSD-2-Clause */
/* Costs within one process: the empty system call, and a switch between coroutines. */
#include <sys/program.h>
#include <sys/syscall.h>
#include "arch/riscv64/mark.h"
#include "bench.h"

#define SAMPLES 9
#define ROUNDS  (table_is_long() ? 1000u : 100u)

/* Two coroutines that wake each other: each has nothing else to do. */
struct partner {
    struct co co;
    cid_t other;
    bool stop;
};
static struct partner partner;

struct leader {
    struct co co;
    cid_t other;
    unsigned rounds;
};
static struct leader leader;

static CO_BODY enum co_state partner_body(struct co *co)
{
    struct partner *p = co_frame(struct partner, co);
    long n;

    co_begin(co);
    while (!p->stop) {
        MARK("operation");
        co_await(n, co_park(co));
        co_wake(p->other);
    }
    co_return(0);
}

static CO_BODY enum co_state leader_body(struct co *co)
{
    struct leader *l = co_frame(struct leader, co);
    long n;

    co_begin(co);
    while (l->rounds-- > 0) {
        MARK("operation");
        co_wake(l->other);
        co_await(n, co_park(co));
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

    partner.other = co_current();
    partner.stop = false;
    leader.other = co_spawn(&partner.co, partner_body, co->priority, NULL);
    co_await(n, co_yield(co));
    for (b->sample = 0; b->sample < SAMPLES; b->sample++) {
        leader.rounds = ROUNDS;
        b->start = stamp_start();
        co_await(n, co_call(co, &leader.co, leader_body));
        table_add(b->start, stamp_stop());
    }
    table_report("coroutine_switch", 2 * ROUNDS);
    partner.stop = true;
    co_wake(leader.other);
    co_await(n, co_park(co));
    co_return(0);
}
