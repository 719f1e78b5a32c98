/* SPDX-License-Identifier: BSD-2-Clause */
/* Priorities may change in every state of a coroutine. */
#include "internal.h"

static void ready_remove(struct executor *executor, struct co *co)
{
    struct co_list *queue = &executor->ready[co->priority];

    co_list_remove(queue, co);
    if (!queue->first)
        executor_line()->bitmap &= ~(1ull << co->priority);
}

static void change(struct executor *executor, struct co *leaf, unsigned priority)
{
    bool ready = leaf->status == CO_READY;

    if (ready)
        ready_remove(executor, leaf);
    leaf->priority = (uint8_t)priority;
    leaf->ready_priority = (uint8_t)priority;
    if (ready)
        make_ready(executor, leaf);
    else if (leaf == executor->current)
        executor_line()->running = priority;
}

enum error co_set_priority(cid_t cid, unsigned priority)
{
    struct executor *executor = executor_self();
    struct co_slot *slot = find_slot(executor, cid);

    if (!slot)
        return E_STALE;
    if (priority >= PRIORITY_COUNT)
        return E_BAD_ARGUMENT;
    change(executor, slot->leaf, priority);
    return E_OK;
}

void co_change_priority(struct co *co, unsigned priority)
{
    struct executor *executor = executor_self();
    struct co *leaf = slot_of(executor, co)->leaf;

    if (leaf && priority < PRIORITY_COUNT && leaf->priority != priority)
        change(executor, leaf, priority);
}
