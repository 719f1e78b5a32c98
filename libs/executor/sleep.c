/* SPDX-License-Identifier: BSD-2-Clause */
/* Coroutines that wait for a point of time, in a list by deadline (equal ones: first come first).
 *
 * Only the first deadline is given to the timer. When its coroutine is cancelled the timer is left
 * as it is: it wakes the process once for nothing, and executor_expire arms it for the next. */
#include "internal.h"

/* While a coroutine sleeps, value holds its deadline. */
static uint64_t deadline_of(const struct co *co)
{
    return (uint64_t)co->value;
}

static void unlink_sleeper(struct executor *executor, struct co *co)
{
    if (co->prev)
        co->prev->next = co->next;
    else
        executor->sleepers = co->next;
    if (co->next)
        co->next->prev = co->prev;
    else
        executor->last_sleeper = co->prev;
}

static void sleep_cancel(struct co *co)
{
    unlink_sleeper(executor_self(), co);
}

/* Looked for from the end: most deadlines are later than those that came before. */
static void link_sleeper(struct executor *executor, struct co *co)
{
    struct co *before = executor->last_sleeper;

    while (before && deadline_of(before) > deadline_of(co))
        before = before->prev;
    co->prev = before;
    co->next = before ? before->next : executor->sleepers;
    if (before)
        before->next = co;
    else
        executor->sleepers = co;
    if (co->next)
        co->next->prev = co;
    else
        executor->last_sleeper = co;
}

enum co_state co_sleep_until(struct co *co, uint64_t deadline)
{
    struct executor *executor = executor_self();
    uint64_t first = executor_deadline(executor);

    if (refuse_if_cancelled(co))
        return CO_DONE;
    co->value = (intptr_t)deadline;
    co->cancel = sleep_cancel;
    link_sleeper(executor, co);
    if (executor_deadline(executor) != first)
        rearm(executor);
    return CO_PENDING;
}

void executor_expire(struct executor *executor, uint64_t now)
{
    struct co *co;

    while ((co = executor->sleepers) != NULL && deadline_of(co) <= now) {
        unlink_sleeper(executor, co);
        co_complete(co, E_OK);
    }
    if (executor->timeouts)
        executor->expire_timeouts(executor, now);
    rearm(executor);
}
