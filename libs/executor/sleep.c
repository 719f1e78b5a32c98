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

static void sleep_cancel(struct co *co)
{
    if (co->prev)
        co->prev->next = co->next;
    else
        executor_self()->sleepers = co->next;
    if (co->next)
        co->next->prev = co->prev;
}

enum co_state co_sleep_until(struct co *co, uint64_t deadline)
{
    struct executor *executor = executor_self();
    struct co *before = NULL;
    struct co *after = executor->sleepers;

    if (refuse_if_cancelled(co))
        return CO_DONE;
    while (after && deadline_of(after) <= deadline) {
        before = after;
        after = after->next;
    }
    co->value = (intptr_t)deadline;
    co->cancel = sleep_cancel;
    co->prev = before;
    co->next = after;
    if (after)
        after->prev = co;
    if (before) {
        before->next = co;
    } else {
        executor->sleepers = co;
        if (executor->arm)
            executor->arm(executor, deadline);
    }
    return CO_PENDING;
}

void executor_expire(struct executor *executor, uint64_t now)
{
    struct co *co;

    while ((co = executor->sleepers) != NULL && deadline_of(co) <= now) {
        executor->sleepers = co->next;
        if (co->next)
            co->next->prev = NULL;
        co_complete(co, E_OK);
    }
    if (co && executor->arm)
        executor->arm(executor, deadline_of(co));
}
