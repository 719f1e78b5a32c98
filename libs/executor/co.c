/* SPDX-License-Identifier: BSD-2-Clause */
/* Coroutines: how they begin, call, wait for a wake, and complete. */
#include "internal.h"

cid_t co_spawn(struct co *co, co_body_t body, unsigned priority, void (*release)(struct co *))
{
    struct executor *executor = executor_self();
    uint32_t index = executor->first_free;
    struct co_slot *slot = &executor->slots[index];
    uint32_t generation;

    if (index == executor->slot_count || priority >= PRIORITY_COUNT)
        return (cid_t){0};
    executor->first_free = slot->next_free ? (uint32_t)slot->next_free - 1 : index + 1;
    generation = (uint32_t)(slot->cid >> 32) + 1;
    slot->cid = (uint64_t)(generation ? generation : 1) << 32 | index;
    slot->leaf = co;
    slot->release = release;
    slot->joiners = NULL;
    *co = (struct co){.body = body,
                      .index = index,
                      .priority = (uint8_t)priority,
                      .ready_priority = (uint8_t)priority};
    executor->live++;
    make_ready(executor, co);
    return (cid_t){slot->cid};
}

enum co_state co_call(struct co *co, struct co *child, co_body_t body)
{
    struct executor *executor = executor_self();

    child->resume = 0;
    child->body = body;
    child->caller = co;
    child->cancel = NULL;
    pass_on(child, co);
    slot_of(executor, co)->leaf = child;
    executor->current = child;
    if (body(child) == CO_PENDING)
        return CO_PENDING;
    pass_on(co, child);
    co->value = child->value;
    slot_of(executor, co)->leaf = co;
    executor->current = co;
    return CO_DONE;
}

cid_t co_current(void)
{
    const struct executor *executor = executor_self();

    return executor->current ? co_cid(executor->current) : (cid_t){0};
}

cid_t co_cid(const struct co *co)
{
    return (cid_t){slot_of(executor_self(), co)->cid};
}

enum error co_wake(cid_t cid)
{
    struct executor *executor = executor_self();
    struct co_slot *slot = find_slot(executor, cid);
    struct co *leaf;

    if (!slot)
        return E_STALE;
    leaf = slot->leaf;
    if (leaf->flags & CO_FLAG_PARKED) {
        leaf->flags &= (uint8_t)~CO_FLAG_PARKED;
        make_ready(executor, leaf);
    } else {
        leaf->flags |= CO_FLAG_NOTIFIED;
    }
    return E_OK;
}

enum co_state co_park(struct co *co)
{
    co->value = E_OK;
    if (co->flags & (CO_FLAG_NOTIFIED | CO_FLAG_CANCELLED)) {
        co->flags &= (uint8_t)~CO_FLAG_NOTIFIED;
        refuse_if_cancelled(co);
        return CO_DONE;
    }
    co->flags |= CO_FLAG_PARKED;
    return CO_PENDING;
}

void co_complete(struct co *co, intptr_t value)
{
    co->value = value;
    co->cancel = NULL;
    make_ready(executor_self(), co);
}

struct co *co_claim(struct co *co, intptr_t value)
{
    co->value = value;
    co->cancel = NULL;
    co->status = CO_RUNNING;
    return co;
}

void co_block(struct co *co)
{
    struct executor *executor = executor_self();

    co->status = CO_BLOCKED;
    executor->current = NULL;
    executor_line()->running = PRIORITY_NONE;
}

enum co_state co_yield(struct co *co)
{
    if (refuse_if_cancelled(co))
        return CO_DONE;
    co->value = E_OK;
    make_ready(executor_self(), co);
    return CO_PENDING;
}
