/* SPDX-License-Identifier: BSD-2-Clause */
/* A coroutine that computes for as long as nobody better is ready, and a better one that sleeps.
 *
 * The computation ends only when it sees the other one ready in the midst of its loop: without user
 * interrupts it would never end, because a timer's wake is otherwise looked at between coroutines.
 */
#include <program/process.h>
#include <sys/log.h>
#include <sys/syscall.h>

#define TIMES 200

struct alarm {
    struct co co;
    unsigned count;
    long value;
};
static struct alarm alarm;

/* Sleeps of different lengths, so that the computation is interrupted anywhere. */
static CO_BODY enum co_state alarm_body(struct co *co)
{
    struct alarm *a = co_frame(struct alarm, co);

    co_begin(co);
    while (a->count < TIMES) {
        co_await(a->value, sleep_us(co, 20 + a->count * 7 % 200));
        a->count++;
    }
    co_return(0);
}

struct compute {
    struct co co;
    uint64_t sum;
    uint64_t wrong;
    unsigned interrupted;
    long value;
};

/* Numbers that a register lost on the way would change: n * (n + 1) / 2 by adding. */
static bool adds_up(const struct co *co)
{
    for (uint64_t n = 1000;; n++) {
        uint64_t sum = 0;

        for (uint64_t i = 1; i <= n; i++) {
            sum += i;
            __asm__ volatile("" : "+r"(sum)); /* is not to be computed at once */
            if (co_better_ready(co))
                return sum == i * (i + 1) / 2;
        }
        if (sum != n * (n + 1) / 2)
            return false;
    }
}

static CO_BODY enum co_state compute_body(struct co *co)
{
    struct compute *c = co_frame(struct compute, co);

    co_begin(co);
    process_user_interrupts(true);
    if (co_spawn(&alarm.co, alarm_body, co->priority - 1u, NULL).raw == 0)
        die("cannot start the alarm");
    co_await(c->value, co_yield(co)); /* it falls asleep */
    while (alarm.count < TIMES) {
        bool right;

        co_interruptible(true);
        right = adds_up(co);
        co_interruptible(false);
        c->wrong += !right;
        c->interrupted++;
        co_await(c->value, co_yield(co));
    }
    process_user_interrupts(false);
    log_line("interrupted %u times, %lu wrong sums", c->interrupted, (unsigned long)c->wrong);
    co_return(0);
}

PROGRAM(struct compute, compute_body);
