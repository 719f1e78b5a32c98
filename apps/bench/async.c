/* SPDX-License-Identifier: BSD-2-Clause */
/* Asynchronous calls, coroutine to coroutine across address spaces. */
#include <sys/program.h>
#include "arch/riscv64/mark.h"
#include "bench.h"

#define SAMPLES    3
#define CALLS_LONG 10080u /* CALLS divides by 1, 8 and 32 */
#define CALLS      640u
#ifndef FLIGHT_MAX
#define FLIGHT_MAX 32
#endif

/* One of the coroutines that keep a call in flight each. */
struct caller {
    struct co co;
    struct ipc_end *end;
    uint64_t left;
    uint64_t sum;
    struct ipc_message message;
};

static struct caller callers[FLIGHT_MAX];
static struct co_event all_done;
static unsigned running;

static CO_BODY enum co_state six_body(struct co *co)
{
    struct caller *c = co_frame(struct caller, co);
    struct ipc_message *m = &c->message;
    long n;

    co_begin(co);
    while (c->left > 0) {
        m->word[0] = c->left;
        m->word[1] = c->left + 1;
        m->word[2] = c->left + 2;
        m->word[3] = c->left + 3;
        m->word[4] = c->left + 4;
        m->word[5] = c->left + 5;
        co_await(n, ipc_call(co, c->end, m, BENCH_SIX));
        MARK("operation");
        MARK("stage client resumes");
        c->sum += (uint64_t)n + m->word[1] + m->word[2] + m->word[3] + m->word[4] + m->word[5];
        MARK("stage client calls");
        c->left--;
    }
    if (--running == 0)
        co_event_set(&all_done);
    co_return(0);
}

static CO_BODY enum co_state two_body(struct co *co)
{
    struct caller *c = co_frame(struct caller, co);
    struct ipc_message *m = &c->message;
    long n;

    co_begin(co);
    while (c->left > 0) {
        m->word[0] = c->left;
        m->word[1] = c->left + 1;
        co_await(n, ipc_call(co, c->end, m, BENCH_TWO));
        MARK("operation");
        MARK("stage client resumes");
        c->sum += (uint64_t)n + m->word[1];
        MARK("stage client calls");
        c->left--;
    }
    if (--running == 0)
        co_event_set(&all_done);
    co_return(0);
}

/* What the server's answers must add up to: each word plus one, for left = rounds .. 1. */
static uint64_t expected_sum(uint64_t rounds, unsigned words)
{
    uint64_t per_call = 0;

    for (unsigned i = 0; i < words; i++)
        per_call += i + 1;
    return words * (rounds * (rounds + 1) / 2) + rounds * per_call;
}

static void prepare(const struct bench_async *b)
{
    running = b->flight;
    for (unsigned i = 0; i < b->flight; i++) {
        callers[i].end = b->end;
        callers[i].left = b->calls / b->flight;
        callers[i].sum = 0;
    }
}

static bool spawn(const struct bench_async *b)
{
    for (unsigned i = 0; i < b->flight; i++) {
        if (co_spawn(&callers[i].co, b->label == BENCH_SIX ? six_body : two_body, b->co.priority,
                     NULL)
                .raw == 0)
            return false;
    }
    return true;
}

static bool answers_are_right(const struct bench_async *b)
{
    for (unsigned i = 0; i < b->flight; i++) {
        if (callers[i].sum != expected_sum(b->calls / b->flight, b->label == BENCH_SIX ? 6 : 2))
            return false;
    }
    return true;
}

CO_BODY enum co_state bench_async_body(struct co *co)
{
    struct bench_async *b = co_frame(struct bench_async, co);
    long n;

    co_begin(co);
    MARK("entry client resumes");
    b->calls = table_is_long() ? CALLS_LONG / b->flight * b->flight : CALLS;
    for (b->sample = 0; b->sample < SAMPLES; b->sample++) {
        prepare(b);
        b->start = stamp_start();
        if (!spawn(b))
            co_return(E_NO_MEMORY);
        co_await(n, co_event_wait(co, &all_done));
        table_add(b->start, stamp_stop());
        if (!answers_are_right(b))
            co_return(E_CORRUPT);
    }
    table_report(b->row, b->calls);
    co_return(0);
}
