/* SPDX-License-Identifier: BSD-2-Clause */
/* Limits of time for awaits, in a list by deadline (equal ones: first come first).
 *
 * When the deadline comes the coroutine may be in one of three states:
 *
 *     it blocks in the await itself     the operation is taken back, as by co_cancel
 *     in a body that it calls           that one is being cancelled until it has returned
 *     the operation has completed       nothing: the value counts
 *
 * The second is a reason more in co->cancels, so a co_cancel, and timeouts of several callers, may
 * come in any order: each takes away only what it has added. */
#include "internal.h"

static void unlink_timeout(struct executor *executor, struct co_timeout *timeout)
{
    if (timeout->prev)
        timeout->prev->next = timeout->next;
    else
        executor->timeouts = timeout->next;
    if (timeout->next)
        timeout->next->prev = timeout->prev;
    else
        executor->last_timeout = timeout->prev;
    timeout->pending = false;
}

/* Looked for from the end: most deadlines are later than those that came before. */
static void link_timeout(struct executor *executor, struct co_timeout *timeout)
{
    struct co_timeout *before = executor->last_timeout;

    while (before && before->deadline > timeout->deadline)
        before = before->prev;
    timeout->prev = before;
    timeout->next = before ? before->next : executor->timeouts;
    if (before)
        before->next = timeout;
    else
        executor->timeouts = timeout;
    if (timeout->next)
        timeout->next->prev = timeout;
    else
        executor->last_timeout = timeout;
    timeout->pending = true;
}

static void expire(struct executor *executor, struct co_timeout *timeout)
{
    struct co *leaf = executor_row_of(executor, timeout->co)->leaf;

    unlink_timeout(executor, timeout);
    timeout->expired = true;
    if (leaf != timeout->co) {
        timeout->unwinds = true;
        add_cancel(executor, leaf);
    }
    if (co_status(leaf) == CO_BLOCKED)
        cancel_pending(executor, leaf);
}

static void expire_timeouts(struct executor *executor, uint64_t now)
{
    while (executor->timeouts && executor->timeouts->deadline <= now)
        expire(executor, executor->timeouts);
}

enum error co_timeout_start(struct co *co, struct co_timeout *timeout, uint64_t deadline)
{
    struct executor *executor = executor_self();
    uint64_t first = executor_deadline(executor);

    if (co->flags & CO_FLAG_MOVABLE)
        return E_UNSUPPORTED; /* the list is that of this virtual CPU */
    *timeout = (struct co_timeout){.deadline = deadline, .co = co};
    executor->expire_timeouts = expire_timeouts;
    link_timeout(executor, timeout);
    if (executor_deadline(executor) != first)
        rearm(executor);
    return E_OK;
}

/* The timer stays as it is: it wakes the process once for nothing, and is then armed anew. */
intptr_t co_timeout_end(struct co *co, struct co_timeout *timeout, intptr_t value)
{
    struct executor *executor = executor_self();

    if (timeout->pending)
        unlink_timeout(executor, timeout);
    if (timeout->unwinds)
        remove_cancel(executor, co);
    return timeout->expired && value == E_CANCELLED && !(co->flags & CO_FLAG_KILLED) ? E_TIMEOUT
                                                                                     : value;
}
