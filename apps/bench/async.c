/* SPDX-License-Identifier: BSD-2-Clause */
/* Asynchronous calls, coroutine to coroutine across address spaces. */
#include <sys/program.h>
#include "arch/riscv64/mark.h"
#include "bench.h"

#define SAMPLES    3
#define CALLS_LONG 10080u /* CALLS divides by 1, 8 and 32 */
#define CALLS      640u
#define EACH_LONG  40u /* at least so many by each, so that starts and ends do not weigh */
#ifndef FLIGHT_MAX
#define FLIGHT_MAX 32
#endif

/* One of the coroutines that keep a call in flight each. */
struct caller {
    struct co co;
    struct ipc_request *request;
    uint64_t left;
    uint64_t sum;
};

static struct caller callers[FLIGHT_MAX];
static struct co_event all_done;
static unsigned running;

/* The last thing that a caller does: apart, so that its body needs no frame on the stack. */
static __attribute__((noinline)) enum co_state leave(struct co *co)
{
    if (--running == 0)
        co_event_set(&all_done);
    co_return(0);
}

static CO_BODY enum co_state six_body(struct co *co)
{
    struct caller *c = co_frame(struct caller, co);
    struct ipc_request *r = c->request;
    long n;

    co_begin_only(co);
    while (c->left > 0) {
        ipc_await_only_call_six(n, r, c->left, c->left + 1, c->left + 2, c->left + 3, c->left + 4,
                                c->left + 5);
        MARK("operation");
        MARK("stage client resumes");
        if (n != E_OK)
            break;
        c->sum += ipc_reply_word(r, 0) + ipc_reply_word(r, 1) + ipc_reply_word(r, 2) +
                  ipc_reply_word(r, 3) + ipc_reply_word(r, 4) + ipc_reply_word(r, 5);
        MARK("stage client calls");
        c->left--;
    }
    return leave(co);
}

static CO_BODY enum co_state two_body(struct co *co)
{
    struct caller *c = co_frame(struct caller, co);
    struct ipc_request *r = c->request;
    long n;

    co_begin_only(co);
    while (c->left > 0) {
        ipc_await_only_call_two(n, r, c->left, c->left + 1);
        MARK("operation");
        MARK("stage client resumes");
        if (n != E_OK)
            break;
        c->sum += ipc_reply_word(r, 0) + ipc_reply_word(r, 1);
        MARK("stage client calls");
        c->left--;
    }
    return leave(co);
}

/* What the server's answers must add up to: each word plus one, for left = rounds .. 1. */
static uint64_t expected_sum(uint64_t rounds, unsigned words)
{
    uint64_t per_call = 0;

    for (unsigned i = 0; i < words; i++)
        per_call += i + 1;
    return words * (rounds * (rounds + 1) / 2) + rounds * per_call;
}

bool bench_calls_prepare(struct bench_calls *c)
{
    for (unsigned i = 0; i < c->flight; i++) {
        callers[i].request = ipc_request_take(c->end, c->label);
        if (callers[i].request == NULL)
            return false;
    }
    return true;
}

void bench_calls_end(const struct bench_calls *c)
{
    for (unsigned i = 0; i < c->flight; i++)
        ipc_request_give(callers[i].request);
}

static bool spawn(const struct bench_calls *c)
{
    running = c->flight;
    for (unsigned i = 0; i < c->flight; i++) {
        callers[i].left = c->calls / c->flight;
        callers[i].sum = 0;
    }
    for (unsigned i = 0; i < c->flight; i++) {
        if (co_spawn(&callers[i].co, c->label == BENCH_SIX ? six_body : two_body, c->co.priority,
                     NULL)
                .raw == 0)
            return false;
    }
    return true;
}

CO_BODY enum co_state bench_calls_body(struct co *co)
{
    struct bench_calls *c = co_frame(struct bench_calls, co);
    long n;

    co_begin(co);
    MARK("entry client resumes");
    if (!spawn(c))
        co_return(E_NO_MEMORY);
    co_await(n, co_event_wait(co, &all_done));
    co_return(n);
}

bool bench_calls_are_right(const struct bench_calls *c)
{
    for (unsigned i = 0; i < c->flight; i++) {
        if (callers[i].sum != expected_sum(c->calls / c->flight, c->label == BENCH_SIX ? 6 : 2))
            return false;
    }
    return true;
}

static uint64_t calls_long(unsigned flight)
{
    uint64_t each = CALLS_LONG / flight;

    return flight * (each > EACH_LONG ? each : EACH_LONG);
}

CO_BODY enum co_state bench_async_body(struct co *co)
{
    struct bench_async *b = co_frame(struct bench_async, co);
    long n;

    co_begin(co);
    b->calls.calls = table_is_long() ? calls_long(b->calls.flight) : CALLS;
    if (!bench_calls_prepare(&b->calls))
        co_return(E_NO_MEMORY);
    for (b->sample = 0; b->sample < SAMPLES; b->sample++) {
        b->start = stamp_start();
        co_await(n, co_call(co, &b->calls.co, bench_calls_body));
        table_add(b->start, stamp_stop());
        if (n < 0)
            co_return(n);
        if (!bench_calls_are_right(&b->calls))
            co_return(E_CORRUPT);
    }
    bench_calls_end(&b->calls);
    table_report(b->row, b->calls.calls);
    co_return(0);
}
