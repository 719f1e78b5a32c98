/* SPDX-License-Identifier: BSD-2-Clause */
/* The directory: how a coroutine gets a row of it, how it is woken, cancelled, joined from another
 * virtual CPU, and how it ends. */
#include "home.h"

/* The directory's row of a cid, whoever it names now; NULL: nonsense. */
static struct co_home *find_home(const struct executor *executor, cid_t cid)
{
    uint32_t index = (uint32_t)cid.raw;

    if (index & ~(uint32_t)executor->slot_mask)
        return NULL;
    return &executor->group->homes[index >> CO_SLOT_SHIFT];
}

/* Whether the word is that of the coroutine with this cid, and it has not exited. */
static bool lives(uint64_t state, cid_t cid)
{
    uint64_t kind = state & HOME_KIND;

    return ((state ^ cid.raw) & HOME_GENERATION) == 0 && kind != HOME_FREE && kind != HOME_EXITED;
}

/* The word after a post: parked ones become ready, for a wake or to be told that they are
 * cancelled.
 */
static uint64_t posted(uint64_t state, uint64_t flags, unsigned priority)
{
    if (flags & HOME_PRIORITY)
        state = with_level(state, priority);
    if ((state & HOME_KIND) == HOME_PARKED && flags & (HOME_WAKE | HOME_CANCEL))
        return ((state | flags) & ~(HOME_KIND | HOME_WAKE)) | HOME_READY;
    return state | flags;
}

/* The kind that the word had says who must hear of it. Whoever finds a bit there already tells
 * nevertheless: who has added it may have been preempted before it told. */
static void tell(struct co_group *group, uint32_t row, uint64_t old, uint64_t new, uint64_t flags)
{
    switch (old & HOME_KIND) {
    case HOME_PARKED:
        if ((new &HOME_KIND) == HOME_READY)
            group_ready(group, row, home_level(new));
        break;
    case HOME_READY:
        if (flags & HOME_PRIORITY)
            group_move(group, row, home_level(old), home_level(new));
        break;
    case HOME_HELD:
        if (flags == HOME_WAKE)
            break; /* its next co_park looks */
        __attribute__((fallthrough));
    default:
        group_mail(group, old & HOME_CPU, row, home_level(new));
    }
}

enum error group_post(struct executor *executor, cid_t cid, uint64_t flags, unsigned priority)
{
    struct co_home *home = find_home(executor, cid);
    uint64_t old = home ? home_load(home) : 0, new;

    do {
        if (!home || !lives(old, cid))
            return E_STALE;
        new = posted(old, flags, priority);
    } while (!home_swap(home, &old, new));
    tell(executor->group, (uint32_t)(home - executor->group->homes), old, new, flags);
    return E_OK;
}

void group_note(struct executor *executor, const struct co *leaf)
{
    struct co_home *home = home_of(executor, leaf);
    uint64_t old = home_load(home);

    while (!(old & HOME_PRIORITY) && !home_swap(home, &old, with_level(old, leaf->priority)))
        ;
}

/* A coroutine that was spawned for this virtual CPU. */
static void adopt(struct executor *executor, uint32_t row, uint64_t state)
{
    struct co_home *home = &executor->group->homes[row];
    struct co_slot *slot = &executor->slots[row];

    slot->cid = (state & HOME_GENERATION) | (uint64_t)row << CO_SLOT_SHIFT;
    slot->leaf = home->leaf;
    slot->release = home->release;
    slot->joiners = NULL;
    executor->live++;
    make_ready(executor, slot->leaf);
}

static void free_row(struct co_group *group, uint32_t row)
{
    (void)set_add(group->free, row);
}

/* A coroutine that somebody joins from here has exited. Its row is free when all who join know. */
static void deliver_exit(struct executor *executor, uint32_t row, uint64_t state)
{
    struct co_home *home = &executor->group->homes[row];
    uint64_t cid = (state & HOME_GENERATION) | (uint64_t)row << CO_SLOT_SHIFT;
    uint64_t bit = 1ull << (HOME_JOIN_SHIFT + executor->number);
    uint64_t new;

    for (struct co *co = executor->joining.first, *next; co; co = next) {
        next = co == executor->joining.last ? NULL : co->next;
        if ((uint64_t)co->value == cid) {
            co_list_remove(&executor->joining, co);
            co_complete(co, home->value);
        }
    }
    do {
        if (!(state & bit))
            return; /* told already */
        new = state & ~bit;
        if (!(new &HOME_JOINS))
            new &= HOME_GENERATION;
    } while (!home_swap(home, &state, new));
    if ((new &HOME_KIND) == HOME_FREE)
        free_row(executor->group, row);
}

static bool is_here(const struct executor *executor, uint64_t state)
{
    uint64_t kind = state & HOME_KIND;

    return (kind == HOME_FIXED || kind == HOME_HELD || kind == HOME_NEW) &&
           (state & HOME_CPU) == executor->number;
}

/* One that has moved on since takes its bits along: group_hold and group_leave look at them. */
void group_deliver(struct executor *executor, uint32_t row)
{
    struct co_home *home = &executor->group->homes[row];
    uint64_t old = home_load(home), new, taken;
    cid_t cid;

    if ((old & HOME_KIND) == HOME_EXITED) {
        deliver_exit(executor, row, old);
        return;
    }
    do {
        if (!is_here(executor, old))
            return;
        taken = old & ((old & HOME_KIND) == HOME_HELD ? HOME_CANCEL | HOME_PRIORITY : HOME_POSTED);
        new = old & ~taken;
        if ((old & HOME_KIND) == HOME_NEW)
            new = (new & ~HOME_KIND) | HOME_FIXED;
    } while (!home_swap(home, &old, new));
    if ((old & HOME_KIND) == HOME_NEW)
        adopt(executor, row, old);
    cid = (cid_t){(old & HOME_GENERATION) | (uint64_t)row << CO_SLOT_SHIFT};
    if (taken & HOME_PRIORITY)
        (void)co_set_priority(cid, home_level(old));
    if (taken & HOME_CANCEL)
        (void)co_cancel(cid);
    if (taken & HOME_WAKE)
        (void)co_wake(cid);
}

/* Value: the generation of the new owner, and the row; 0: none is free. Who has taken the bit of a
 * free row owns its word. */
static uint64_t take_row(struct co_group *group, uint32_t *row)
{
    uint32_t generation;

    *row = set_take(group->free, group->words, 0);
    if (*row == ~0u)
        return 0;
    generation = (uint32_t)(home_load(&group->homes[*row]) >> 32) + 1;
    return (uint64_t)(generation ? generation : 1) << 32;
}

struct co_slot *group_take_row(struct executor *executor, unsigned priority)
{
    struct co_group *group = executor->group;
    uint32_t row;
    uint64_t state = take_row(group, &row);

    if (!state)
        return NULL;
    executor->slots[row].cid = state | (uint64_t)row << CO_SLOT_SHIFT;
    if (executor->number) {
        group_count(executor);
        state |= HOME_COUNTED;
    }
    __atomic_store_n(&group->homes[row].state,
                     with_level(state | HOME_FIXED | executor->number, priority), __ATOMIC_RELEASE);
    return &executor->slots[row];
}

/* The first movable coroutine: from now on all look at the ready sets. */
void group_begin_sharing(struct executor *executor)
{
    struct co_group *group = executor->group;

    if (__atomic_exchange_n(&group->sharing, 1, __ATOMIC_SEQ_CST))
        return;
    group_share(executor);
    for (unsigned cpu = 0; cpu < __atomic_load_n(&group->count, __ATOMIC_ACQUIRE); cpu++)
        executor_kick(group, cpu, PRIORITY_COUNT - 1);
}

cid_t co_spawn_on(unsigned cpu, struct co *co, co_body_t body, unsigned priority,
                  void (*release)(struct co *))
{
    struct executor *executor = executor_self();
    struct co_group *group = executor->group;
    bool any = cpu == CO_ANY_CPU;
    uint64_t state;
    uint32_t row;

    if (cpu == executor->number || (any && !group))
        return co_spawn(co, body, priority, release);
    if (!group || priority >= PRIORITY_COUNT ||
        (!any && cpu >= __atomic_load_n(&group->count, __ATOMIC_ACQUIRE)) ||
        !(state = take_row(group, &row)))
        return (cid_t){0};
    *co = (struct co){.body = body,
                      .index = row << CO_SLOT_SHIFT,
                      .priority = (uint8_t)priority,
                      .flags = any ? CO_FLAG_MOVABLE : 0};
    group->homes[row].leaf = co;
    group->homes[row].release = release;
    group_count(executor);
    if (any)
        group_begin_sharing(executor);
    __atomic_store_n(
        &group->homes[row].state,
        with_level(state | HOME_COUNTED | (any ? HOME_READY : HOME_NEW | cpu), priority),
        __ATOMIC_RELEASE);
    if (any)
        group_ready(group, row, priority);
    else
        group_mail(group, cpu, row, priority);
    return (cid_t){state | (uint64_t)row << CO_SLOT_SHIFT};
}

void group_exit(struct executor *executor, uint32_t row, intptr_t value)
{
    struct co_group *group = executor->group;
    struct co_home *home = &group->homes[row];
    uint64_t old = home_load(home), new;

    home->value = value;
    do {
        new = old &HOME_GENERATION;
        if (old & HOME_JOINS)
            new |= (old & HOME_JOINS) | HOME_EXITED;
    } while (!home_swap(home, &old, new));
    for (uint64_t cpus = old >> HOME_JOIN_SHIFT & 255; cpus; cpus &= cpus - 1)
        group_mail(group, first_bit(cpus), row, home_level(old));
    if (!(old & HOME_JOINS))
        free_row(group, row);
    if (old & HOME_COUNTED)
        group_uncount(group);
}

/* While such a join is pending, value holds the cid. The bit in the directory stays: it does no
 * harm. */
static void join_cancel(struct co *co)
{
    co_list_remove(&executor_self()->joining, co);
}

enum co_state group_join(struct executor *executor, struct co *co, cid_t other)
{
    struct co_home *home = find_home(executor, other);
    uint64_t old = home ? home_load(home) : 0;

    do {
        if (!home || !lives(old, other)) {
            co->value = E_STALE;
            return CO_DONE;
        }
    } while (!home_swap(home, &old, old | 1ull << (HOME_JOIN_SHIFT + executor->number)));
    co->value = (intptr_t)other.raw;
    co->cancel = join_cancel;
    co_list_push(&executor->joining, co);
    return CO_PENDING;
}
