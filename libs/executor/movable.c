/* SPDX-License-Identifier: BSD-2-Clause */
/* Movable coroutines: parked or ready they belong to no virtual CPU; who has nothing better to do
 * takes one. */
#include "home.h"

static uint64_t *ready_set(const struct co_group *group, unsigned priority)
{
    return group->ready + priority * group->words;
}

/* total first: it is never less than the bits. */
static void add_ready(struct co_group *group, uint32_t row, unsigned priority)
{
    __atomic_fetch_add(&group->total, 1, __ATOMIC_SEQ_CST);
    if (!set_add(ready_set(group, priority), row))
        __atomic_fetch_sub(&group->total, 1, __ATOMIC_RELAXED); /* a hint that was left over */
    __atomic_fetch_or(&group->levels, 1ull << priority, __ATOMIC_RELEASE);
}

static bool is_idle(const struct executor *executor)
{
    return __atomic_load_n(&executor->idling, __ATOMIC_SEQ_CST);
}

/* Somebody shall run what has become ready: an idle virtual CPU that nobody has called yet, else
 * the one that runs the worst, if that is worse. Else all are busy with what is as good, and each
 * looks when it is done with its coroutine: also this one. So a call that comes late, since its
 * caller was preempted, keeps nothing from running. */
static void call_somebody(struct co_group *group, unsigned priority)
{
    unsigned count = __atomic_load_n(&group->count, __ATOMIC_ACQUIRE);
    unsigned self = executor_self()->number, worst = self;
    uint64_t worst_running = priority;

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    for (unsigned i = 1; i < count; i++) {
        unsigned cpu = (self + i) % count;
        struct executor *executor = group->cpu[cpu].executor;
        uint64_t running = __atomic_load_n(&executor->line->running, __ATOMIC_RELAXED);

        if (is_idle(executor) && !__atomic_exchange_n(&executor->called, 1, __ATOMIC_SEQ_CST)) {
            executor_kick(group, cpu, priority);
            return;
        }
        if (running < PRIORITY_COUNT && running > worst_running) {
            worst = cpu;
            worst_running = running;
        }
    }
    if (worst != self)
        executor_kick(group, worst, priority);
}

void group_ready(struct co_group *group, uint32_t row, unsigned priority)
{
    add_ready(group, row, priority);
    call_somebody(group, priority);
}

/* Into the new set first, so that it is in one at every moment; who finds it in the old one too
 * finds that it is not ready any more, or takes it there. */
void group_move(struct co_group *group, uint32_t row, unsigned from, unsigned to)
{
    if (from == to)
        return;
    group_ready(group, row, to);
    if (set_remove(ready_set(group, from), row))
        __atomic_fetch_sub(&group->total, 1, __ATOMIC_RELAXED);
}

static bool is_empty(const uint64_t *set, uint32_t words)
{
    for (uint32_t word = 0; word < words; word++) {
        if (__atomic_load_n(&set[word], __ATOMIC_RELAXED))
            return false;
    }
    return true;
}

/* levels says that there is nothing, total that there is: look everywhere. Happens only if somebody
 * was interrupted in forget_level. Value: levels. */
static uint64_t find_levels(struct co_group *group)
{
    uint64_t found = 0;

    if (__atomic_load_n(&group->total, __ATOMIC_SEQ_CST) == 0)
        return 0;
    for (unsigned priority = 0; priority < PRIORITY_COUNT; priority++)
        found |= (uint64_t)!is_empty(ready_set(group, priority), group->words) << priority;
    return found | __atomic_fetch_or(&group->levels, found, __ATOMIC_ACQ_REL);
}

/* A set was found empty. */
static void forget_level(struct co_group *group, unsigned priority)
{
    __atomic_fetch_and(&group->levels, ~(1ull << priority), __ATOMIC_SEQ_CST);
    if (!is_empty(ready_set(group, priority), group->words))
        __atomic_fetch_or(&group->levels, 1ull << priority, __ATOMIC_RELEASE);
}

/* What was posted while it was away, at last. */
static void take_posts(struct executor *executor, struct co *leaf, uint64_t state)
{
    if (state & HOME_PRIORITY)
        leaf->priority = (uint8_t)home_level(state);
    if (state & HOME_CANCEL) {
        leaf->flags |= CO_FLAG_KILLED; /* not yet: a cancelled one does not leave */
        add_cancel(executor, leaf);
        if (leaf->status == CO_PARKED)
            leaf->value = E_CANCELLED;
    }
}

/* At the head of its queue: so it is the next one, and none that waits here is held back from the
 * other virtual CPUs. No priority is hot. */
static void push_first(struct executor *executor, struct co *co)
{
    struct co_ready_queue *queue = &executor->ready[co->priority];

    co->status = CO_READY;
    co->next = queue->first;
    queue->first = co;
    if (!co->next)
        queue->last = &co->next;
    executor->line->bitmap |= 1ull << co->priority;
}

/* A row was found in a ready set. Value: whether it was ready indeed, and is at home here now. */
static bool hold(struct executor *executor, uint32_t row)
{
    struct co_home *home = &executor->group->homes[row];
    struct co_slot *slot = &executor->slots[row];
    uint64_t old = home_load(home), new;

    do {
        if ((old & HOME_KIND) != HOME_READY)
            return false;
        new = old & ~(HOME_KIND | HOME_CPU | HOME_CANCEL | HOME_PRIORITY);
    } while (!home_swap(home, &old, new | HOME_HELD | executor->number));
    slot->cid = (old & HOME_GENERATION) | (uint64_t)row << CO_SLOT_SHIFT;
    slot->leaf = home->leaf;
    slot->release = home->release;
    slot->joiners = NULL;
    executor->live++;
    take_posts(executor, slot->leaf, old);
    push_first(executor, slot->leaf);
    return true;
}

unsigned group_take(struct executor *executor, uint64_t mask)
{
    struct co_group *group = executor->group;

    for (;;) {
        uint64_t levels = __atomic_load_n(&group->levels, __ATOMIC_ACQUIRE);
        unsigned priority;
        uint32_t row;

        if (!levels)
            levels = find_levels(group);
        if (!(levels & mask))
            return PRIORITY_NONE;
        priority = first_bit(levels & mask);
        row = set_take(ready_set(group, priority), group->words, executor->cursor);
        if (row == ~0u) {
            forget_level(group, priority);
            continue;
        }
        __atomic_fetch_sub(&group->total, 1, __ATOMIC_RELAXED);
        executor->cursor = (row + 1) % group->rows;
        executor_cool(executor);
        if (hold(executor, row))
            return executor->slots[row].leaf->priority;
    }
}

void group_share(struct executor *executor)
{
    if (executor->sharing)
        return;
    executor->sharing = true;
    executor->no_heat++;
    executor_cool(executor);
}

/* From the swap on it may run, and end, on another virtual CPU; so everything is written before.
 * What was posted meanwhile lets one that parks be ready at once. */
void group_leave(struct executor *executor, struct co *leaf)
{
    struct co_group *group = executor->group;
    struct co_home *home = home_of(executor, leaf);
    struct co_slot *slot = executor_row_of(executor, leaf);
    bool notified = leaf->flags & CO_FLAG_NOTIFIED, parks = leaf->status == CO_PARKING;
    uint64_t old = home_load(home), new;
    uint32_t row = row_of(leaf);
    unsigned priority = leaf->priority;

    leaf->status = parks ? CO_PARKED : CO_READY;
    if (parks)
        leaf->flags &= (uint8_t)~CO_FLAG_NOTIFIED;
    home->leaf = leaf;
    home->release = slot->release;
    slot->cid ^= 1 << CO_SLOT_SHIFT;
    slot->leaf = NULL;
    executor->live--;
    do {
        new = old & ~(HOME_KIND | HOME_CPU);
        if (!(old & HOME_PRIORITY))
            new = with_level(new, priority);
        if (!parks)
            new |= HOME_READY;
        else if (notified || old & (HOME_WAKE | HOME_CANCEL))
            new = (new & ~HOME_WAKE) | HOME_READY;
        else
            new |= HOME_PARKED;
    } while (!home_swap(home, &old, new));
    if ((new &HOME_KIND) == HOME_READY)
        group_ready(group, row, home_level(new));
}

/* A movable coroutine parks or yields. Only when its body has returned it may leave. */
enum co_state co_leave(struct co *co, enum co_status how)
{
    co->value = E_OK;
    co->status = (uint8_t)how;
    executor_cool(executor_self()); /* so that the loop looks at it */
    return CO_PENDING;
}

void co_pin(struct co *co)
{
    struct executor *executor = executor_self();
    struct co_home *home;
    uint64_t old;

    if (!(co->flags & CO_FLAG_MOVABLE))
        return;
    home = home_of(executor, co);
    co->flags &= (uint8_t)~CO_FLAG_MOVABLE;
    old = home_load(home);
    while (!home_swap(home, &old, (old & ~(HOME_KIND | HOME_WAKE)) | HOME_FIXED))
        ;
    if (old & HOME_WAKE)
        co->flags |= CO_FLAG_NOTIFIED;
}

enum error co_unpin(struct co *co)
{
    struct executor *executor = executor_self();
    struct co_home *home;
    uint64_t old;

    if (!executor->group)
        return E_UNSUPPORTED;
    if (executor_row_of(executor, co)->joiners)
        return E_IN_USE; /* they expect it here */
    if (co->flags & CO_FLAG_MOVABLE)
        return E_OK;
    home = home_of(executor, co);
    old = home_load(home);
    if (!(old & HOME_COUNTED))
        group_count(executor);
    group_begin_sharing(executor);
    while (!home_swap(home, &old, (old & ~HOME_KIND) | HOME_HELD | HOME_COUNTED))
        ;
    co->flags |= CO_FLAG_MOVABLE;
    return E_OK;
}
