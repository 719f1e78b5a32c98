/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of the benchmark: each file measures some of them, as a child coroutine of main. */
#pragma once
#include <ipc/fast.h>
#include "table.h"

/* ---------------------------------------------------------------- within this process */

/* null_call, coroutine_switch. Value 0. */
struct bench_local {
    struct co co;
    unsigned sample;
    struct stamp start;
};
CO_BODY enum co_state bench_local_body(struct co *co);

/* page_map, page_unmap. Value: 0, or the error of a system call. */
long bench_pages(void);

/* ---------------------------------------------------------------- calls to bench-server */

enum bench_label {
    BENCH_SIX = 1, /* six words -> six words, each plus one */
    BENCH_TWO,     /* two words -> two words, each plus one */
};

/* Calls with `flight` of them in flight, each in a coroutine of its own; one such run at a time. A
 * child coroutine. Value 0, or an error. */
struct bench_calls {
    struct co co;
    struct ipc_end *end;
    unsigned flight; /* at most FLIGHT_MAX of async.c */
    unsigned label;  /* enum bench_label */
    uint64_t calls;  /* in each run; flight divides it */
};
CO_BODY enum co_state bench_calls_body(struct co *co);
/* Take the requests for any number of runs; false: too little memory. Give them back. */
bool bench_calls_prepare(struct bench_calls *c);
void bench_calls_end(const struct bench_calls *c);
/* Whether the last run's answers were the right ones. */
bool bench_calls_are_right(const struct bench_calls *c);

/* Measure runs of calls, and report the row. Value 0, or an error. */
struct bench_async {
    struct co co;
    struct bench_calls calls;
    const char *row;
    unsigned sample;
    struct stamp start;
};
CO_BODY enum co_state bench_async_body(struct co *co);

/* ---------------------------------------------------------------- signals: bare doorbells */

/* What the client of a channel of the protocol "signal" and its server share, in the region. The
 * channel's rings are not used: the server takes its wake slot for itself. */
struct signal_page {
    uint64_t mode; /* enum signal_mode: what the next doorbell asks for */
    uint64_t done; /* doorbells that were answered */
    uint64_t has_alarm;
    struct stamp stop; /* first thing in the server's coroutine */
};

enum signal_mode {
    SIGNAL_STAMP, /* stamp at the wake */
    SIGNAL_TIMER, /* sleep for a moment, and stamp then */
    SIGNAL_ALARM, /* let the alarm device interrupt in a moment, and stamp then */
};

/* signal_to_waiter, signal_no_waiter, notify_pingpong, timer_to_user, irq_to_user. Value 0. */
struct bench_signal {
    struct co co;
    unsigned sample;
    unsigned round;
    struct stamp start;
    uint32_t endpoint;
    struct co_event rung;
};
CO_BODY enum co_state bench_signal_body(struct co *co);

/* The end of a channel of the protocol "signal" that has this local name. Dies without one. */
const struct startup_channel *signal_channel(const char *name);
static inline volatile struct signal_page *signal_page(const struct startup_channel *channel)
{
    return (volatile struct signal_page *)channel->region;
}
/* Have the channel's wake slot set the event, in place of what the library does with it. */
void signal_take_slot(const struct startup_channel *channel, struct co_event *event);
