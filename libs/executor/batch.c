/* SPDX-License-Identifier: BSD-2-Clause */
/* Many coroutines become ready at once, or go on one after the other. */
#include "internal.h"

void co_complete_all(struct co *first, struct co **link, unsigned priority)
{
    struct executor *executor = executor_self();
    struct co_ready_queue *queue = &executor->ready[priority];
    struct co *rest;

    *link = NULL;
    if (executor->next != EXECUTOR_QUEUED(priority)) {
        rest = first->next;
        co_ready_slow(first);
        if (!rest)
            return;
        if (executor->next > EXECUTOR_NEXT_MAX)
            executor_unhand(executor);
        first = rest;
    }
    /* Its queue is not empty, or is that of the hot priority. */
    *queue->last = first;
    queue->last = link;
}

bool executor_begin_slow(unsigned priority)
{
    struct executor *executor = executor_self();
    struct executor_line *line = executor_line();

    if (executor->next > EXECUTOR_NEXT_MAX || executor->next < 0 || line->bitmap ||
        executor->deferred < priority)
        return false;
    executor->next = EXECUTOR_COLD;
    executor_heat(executor, line, priority);
    if (executor->next == EXECUTOR_COLD)
        return false;
    executor->next = EXECUTOR_OPEN(priority);
    return true;
}
