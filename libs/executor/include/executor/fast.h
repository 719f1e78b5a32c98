/* SPDX-License-Identifier: BSD-2-Clause */
/* The short ways of the functions that every await passes through, to be inlined into bodies and
 * operations. What they cannot do they leave to functions of the executor. */
#pragma once
#include <executor/executor.h>

/* Whatever co_wake and co_park find is not the usual case. */
enum error co_wake_slow(cid_t cid);
enum co_state co_park_slow(struct co *co);
/* Make a coroutine ready that is in no queue. */
void co_ready_slow(struct co *co);
/* The coroutine that is next by itself goes to the head of its queue. */
void executor_unhand(struct executor *executor);
bool executor_begin_slow(unsigned priority);
/* A body has returned CO_DONE. Value: its caller, which runs on; NULL: a coroutine has ended. */
struct co *executor_finish(struct executor *executor);

/* The executor of this virtual CPU. */
static inline struct executor *executor_self(void)
{
    return (struct executor *)(uintptr_t)executor_line()->executor;
}

/* Others may read it: the kernel, and the other virtual CPUs. */
static inline void executor_set_running(struct executor_line *line, uint64_t priority)
{
    executor_publish(&line->running, priority);
}

/* The row where a cid or an index says that it is: inside of the table, whatever it says. */
static inline struct co_slot *executor_row(const struct executor *executor, uint64_t raw)
{
    return (struct co_slot *)(void *)((char *)executor->slots + (raw & executor->slot_mask));
}

/* The row of a coroutine that lives. */
static inline struct co_slot *executor_row_of(const struct executor *executor, const struct co *co)
{
    return (struct co_slot *)(void *)((char *)executor->slots + co->index);
}

static inline cid_t co_cid(const struct co *co)
{
    return (cid_t){executor_row_of(executor_self(), co)->cid};
}

/* Nobody is next without a search: the loop will look for the best one. */
static inline void executor_cool(struct executor *executor)
{
    if (__builtin_expect(executor->next > EXECUTOR_NEXT_MAX, 0))
        executor_unhand(executor);
    executor->next = EXECUTOR_COLD;
}

/* Put a coroutine of the hot priority at the end of its queue (EXECUTOR_QUEUED). */
static inline void executor_push_hot(struct executor *executor, struct co *co)
{
    struct co_ready_queue *queue = executor->queue;

    co->status = CO_READY;
    co->next = NULL;
    *queue->last = co;
    queue->last = &co->next;
}

static inline enum error co_wake(cid_t cid)
{
    struct executor *executor = executor_self();
    struct co_slot *slot = executor_row(executor, cid.raw);

    if (__builtin_expect(slot->cid == cid.raw, 1)) {
        struct co *leaf = slot->leaf;
        int64_t open = leaf->priority_status;

        if (__builtin_expect(executor->next == open, 1)) {
            executor->next = (intptr_t)leaf; /* it stays as it is until it is taken */
            return E_OK;
        }
        if (executor->next == open - EXECUTOR_OPEN(0) + EXECUTOR_QUEUED(0)) {
            executor_push_hot(executor, leaf);
            return E_OK;
        }
    }
    return executor_wake_slow(cid);
}

static inline enum co_state co_park(struct co *co)
{
    if (__builtin_expect(co->flags != 0, 0))
        return executor_park_slow(co);
    co->value = E_OK;
    co->status = CO_PARKED;
    return CO_PENDING;
}

static inline void co_complete(struct co *co, intptr_t value)
{
    struct executor *executor = executor_self();
    int64_t priority = co->priority;

    co->value = value;
    co->cancel = NULL;
    if (__builtin_expect(executor->next == EXECUTOR_QUEUED(priority), 1)) {
        executor_push_hot(executor, co);
    } else if (executor->next == EXECUTOR_OPEN(priority)) {
        co->status = CO_PARKED;
        executor->next = (intptr_t)co;
    } else {
        co_ready_slow(co);
    }
}

static inline struct co *co_claim(struct co *co, intptr_t value)
{
    co->value = value;
    co->cancel = NULL;
    return co; /* its status is RUNNING already */
}

static inline struct co *co_event_claim(struct co_event *event)
{
    struct co *waiter = event->waiters.first;

    if (!waiter) {
        event->set = true;
        return NULL;
    }
    event->waiters.first = waiter->next;
    return co_claim(waiter, E_OK);
}

static inline void co_block(struct co *co)
{
    struct executor *executor = executor_self();

    (void)co; /* RUNNING and not current is blocked */
    executor->next = EXECUTOR_COLD;
    executor->current = NULL;
    executor_set_running(executor_line(), PRIORITY_NONE);
}

static inline bool executor_only_current(const struct co *co)
{
    const struct executor_line *line = executor_line();
    const struct executor *executor = executor_self();

    return (line->bitmap | __atomic_load_n(&line->wakes, __ATOMIC_RELAXED)) == 0 &&
           executor->next <= EXECUTOR_NEXT_MAX && executor->deferred == PRIORITY_NONE &&
           executor->current == co && !(co->flags & (CO_FLAG_CANCELLED | CO_FLAG_STACKFUL)) &&
           !executor->sharing;
}

/* Mostly one comparison says that it has no flag, that nobody is handed over, and that its priority
 * is hot; so that nobody is being cancelled. */
static inline bool executor_is_alone(const struct co *co)
{
    const struct executor_line *line = executor_line();
    const struct executor *executor;

    if (line->bitmap | __atomic_load_n(&line->wakes, __ATOMIC_RELAXED))
        return false;
    executor = executor_self();
    if (executor->deferred_waiting != EXECUTOR_MAY_IDLE)
        return false;
    return co->condition + EXECUTOR_OPEN(0) == executor->next ||
           (executor->next == EXECUTOR_COLD && executor_only_current(co));
}

/* `current` stays: whoever comes next replaces it, as between two coroutines. */
static inline void executor_leave(void)
{
    executor_set_running(executor_line(), PRIORITY_NONE);
}

static inline void executor_stay(void)
{
    executor_cool(executor_self());
}

static inline bool executor_begin(unsigned priority)
{
    if (__builtin_expect(executor_self()->next != EXECUTOR_OPEN(priority), 0))
        return executor_begin_slow(priority);
    executor_set_running(executor_line(), priority);
    return true;
}

static inline bool executor_resume(struct executor *executor, struct co *co, unsigned priority)
{
    do {
        executor->current = co;
        if (__builtin_expect(co->body(co) != CO_DONE, 1))
            break;
        co = executor_finish(executor);
    } while (co);
    return __builtin_expect(executor->next == EXECUTOR_OPEN(priority), 1) &&
           __builtin_expect(__atomic_load_n(&executor_line()->wakes, __ATOMIC_RELAXED) == 0, 1);
}

static inline bool co_better_ready(const struct co *co)
{
    uint64_t ready = __atomic_load_n(&executor_line()->bitmap, __ATOMIC_RELAXED);

    return (ready & ((1ull << co->priority) - 1)) != 0;
}

static inline void executor_defer(struct executor *executor, unsigned priority)
{
    if (priority >= executor->deferred)
        return;
    executor->deferred = (uint8_t)priority;
    if (priority < executor_line()->running) /* the hot priority, if there is one */
        executor_cool(executor);
}

static inline uint64_t executor_deadline(const struct executor *executor)
{
    uint64_t sleeper = executor->sleepers ? (uint64_t)executor->sleepers->value : ~0ull;
    uint64_t timeout = executor->timeouts ? executor->timeouts->deadline : ~0ull;

    return sleeper < timeout ? sleeper : timeout;
}

static inline enum co_status co_status(const struct co *co)
{
    if (executor_self()->next == (intptr_t)co)
        return CO_READY;
    if (co->status == CO_PARKED || (co->status == CO_RUNNING && executor_self()->current != co))
        return CO_BLOCKED;
    return (enum co_status)co->status;
}
