/* SPDX-License-Identifier: BSD-2-Clause */
/* Priorities may change in every state of a coroutine. */
#include "home.h"

/* There is no way back in a ready queue, so it is walked: queues are short, and priorities change
 * seldom while a coroutine is ready. */
void ready_remove(struct executor *executor, struct co *co)
{
    struct co_ready_queue *queue = &executor->ready[co->priority];
    struct co **link = &queue->first;

    while (*link != co)
        link = &(*link)->next;
    *link = co->next;
    if (!co->next)
        queue->last = link;
    if (!queue->first)
        executor_line()->bitmap &= ~(1ull << co->priority);
}

static void change(struct executor *executor, struct co *leaf, unsigned priority)
{
    executor_cool(executor);
    if (leaf->status == CO_READY) {
        ready_remove(executor, leaf);
        leaf->priority = (uint8_t)priority;
        co_ready_slow(leaf);
    } else {
        leaf->priority = (uint8_t)priority;
    }
    if (executor_group(executor))
        group_note(executor, leaf);
    if (leaf == executor->current)
        executor_set_running(executor_line(), priority);
}

enum error co_set_priority(cid_t cid, unsigned priority)
{
    struct executor *executor = executor_self();
    struct co_slot *slot = find_slot(executor, cid);

    if (priority >= PRIORITY_COUNT)
        return slot || executor_group(executor) ? E_BAD_ARGUMENT : E_STALE;
    if (!slot)
        return executor_group(executor) ? group_post(executor, cid, HOME_PRIORITY, priority)
                                        : E_STALE;
    change(executor, slot->leaf, priority);
    return E_OK;
}

void co_change_priority(struct co *co, unsigned priority)
{
    struct executor *executor = executor_self();
    struct co *leaf = executor_row_of(executor, co)->leaf;

    if (leaf && priority < PRIORITY_COUNT && leaf->priority != priority)
        change(executor, leaf, priority);
}
