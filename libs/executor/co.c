/* SPDX-License-Identifier: BSD-2-Clause */
/* Coroutines: how they begin, call, wait for a wake, and become ready. */
#include "home.h"

/* Take a free row; NULL: there is none. Its cid is that of the new owner. */
static struct co_slot *take_slot(struct executor *executor, unsigned priority)
{
    uint32_t number = executor->first_free;
    struct co_slot *slot = &executor->slots[number];
    uint32_t generation;

    if (number == executor->slot_count)
        return executor_group(executor) ? group_take_row(executor, priority) : NULL;
    executor->first_free = slot->next_free ? (uint32_t)slot->next_free - 1 : number + 1;
    generation = (uint32_t)(slot->cid >> 32) + 1;
    slot->cid = (uint64_t)(generation ? generation : 1) << 32 | number << CO_SLOT_SHIFT;
    return slot;
}

cid_t adopt_running(struct executor *executor, struct co *co, co_body_t body, unsigned priority,
                    void (*release)(struct co *))
{
    struct co_slot *slot = priority < PRIORITY_COUNT ? take_slot(executor, priority) : NULL;

    if (!slot)
        return (cid_t){0};
    slot->leaf = co;
    slot->release = release;
    slot->joiners = NULL;
    *co = (struct co){.body = body,
                      .index = (uint32_t)slot->cid,
                      .priority = (uint8_t)priority,
                      .status = CO_RUNNING};
    executor->live++;
    return (cid_t){slot->cid};
}

cid_t co_spawn(struct co *co, co_body_t body, unsigned priority, void (*release)(struct co *))
{
    struct executor *executor = executor_self();
    cid_t cid = adopt_running(executor, co, body, priority, release);

    if (cid.raw)
        make_ready(executor, co);
    return cid;
}

enum co_state co_call(struct co *co, struct co *child, co_body_t body)
{
    struct executor *executor = executor_self();

    child->resume = 0;
    child->body = body;
    child->caller = co;
    child->cancel = NULL;
    pass_on(child, co);
    executor_row_of(executor, co)->leaf = child;
    executor->current = child;
    if (body(child) == CO_PENDING)
        return CO_PENDING;
    pass_on(co, child);
    co->value = child->value;
    executor_row_of(executor, co)->leaf = co;
    executor->current = co;
    return CO_DONE;
}

cid_t co_current(void)
{
    const struct executor *executor = executor_self();

    return executor->current ? co_cid(executor->current) : (cid_t){0};
}

void executor_unhand(struct executor *executor)
{
    struct co *co = (struct co *)(uintptr_t)executor->next;
    struct co_ready_queue *queue = executor->queue;

    co->status = CO_READY;
    co->next = NULL; /* its queue is empty */
    queue->first = co;
    queue->last = &co->next;
    executor->next = EXECUTOR_QUEUED(co->priority);
    executor_line()->bitmap |= 1ull << co->priority;
}

/* Whether the loop looks for something to do, there was nothing so far, and this priority may be
 * hot: then the coroutine that a wake slot makes ready need not pass a queue. */
static inline bool may_hand(const struct executor *executor, const struct executor_line *line,
                            int64_t priority)
{
    return !EXECUTOR_ALONE && executor->next == EXECUTOR_LOOKING && !line->bitmap &&
           !executor->no_heat && priority <= executor->deferred;
}

void co_ready_slow(struct co *co)
{
    struct executor *executor = executor_self();
    struct executor_line *line = executor_line();
    int64_t priority = co->priority;
    struct co_ready_queue *queue = &executor->ready[priority];
    uint64_t bit = 1ull << priority;

    if (executor->next > EXECUTOR_NEXT_MAX) {
        executor_unhand(executor);
        if (executor->next == EXECUTOR_QUEUED(priority)) {
            executor_push_hot(executor, co);
            return;
        }
    } else if (may_hand(executor, line, priority)) {
        executor_heat(executor, line, priority);
        co->status = CO_PARKED;
        executor->next = (intptr_t)co;
        return;
    }
    if (priority < (uint8_t)executor->next)
        executor_cool(executor);
    if (priority == (uint8_t)executor->next)
        executor->next = EXECUTOR_QUEUED(priority);
    else
        executor->bitmap_rest |= bit;
    line->bitmap |= bit;
    co->status = CO_READY;
    co->next = NULL;
    *queue->last = co;
    queue->last = &co->next;
    if (EXECUTOR_ALONE && line->bitmap == bit && !executor->current)
        executor_heat(executor, line, priority);
}

enum error co_wake_slow(cid_t cid)
{
    struct executor *executor = executor_self();
    struct co_slot *slot = find_slot(executor, cid);
    struct co *leaf;

    if (!slot)
        return executor_group(executor) ? group_post(executor, cid, HOME_WAKE, 0) : E_STALE;
    if (executor->next > EXECUTOR_NEXT_MAX)
        executor_unhand(executor);
    leaf = slot->leaf;
    if (leaf->status == CO_PARKED)
        make_ready(executor, leaf);
    else
        leaf->flags |= CO_FLAG_NOTIFIED;
    return E_OK;
}

enum co_state co_park_slow(struct co *co)
{
    co->value = co->flags & CO_FLAG_CANCELLED ? E_CANCELLED : E_OK;
    if (co->flags & (CO_FLAG_NOTIFIED | CO_FLAG_CANCELLED)) {
        co->flags &= (uint8_t)~CO_FLAG_NOTIFIED;
        return CO_DONE;
    }
    if (co->flags & FLAG_MOVABLE)
        return co_leave(co, CO_PARKING);
    co->status = CO_PARKED;
    return CO_PENDING;
}

enum co_state co_yield(struct co *co)
{
    if (co->flags & (CO_FLAG_CANCELLED | FLAG_MOVABLE))
        return refuse_if_cancelled(co) ? CO_DONE : co_leave(co, CO_YIELDING);
    co->value = E_OK;
    make_ready(executor_self(), co);
    return CO_PENDING;
}
