/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of the directory and the sets of rows; see <executor/cpus.h> for what they mean. */
#pragma once
#include "internal.h"
#include <executor/cpus.h>

/* A word: generation (63..32), virtual CPUs where somebody joins (31..24), priority (21..16),
 * flags, kind (5..3), virtual CPU (2..0). */
enum home_kind {
    HOME_FREE = 0,
    HOME_FIXED = 1 << 3,
    HOME_HELD = 2 << 3,
    HOME_PARKED = 3 << 3,
    HOME_READY = 4 << 3,
    HOME_NEW = 5 << 3,
    HOME_EXITED = 6 << 3,
};
#define HOME_CPU         7ull
#define HOME_KIND        0x38ull
#define HOME_WAKE        0x40ull  /* a co_wake that nobody has taken */
#define HOME_CANCEL      0x80ull  /* a co_cancel that its executor has not seen */
#define HOME_PRIORITY    0x100ull /* a co_set_priority: the priority in the word is new */
#define HOME_COUNTED     0x200ull /* in group->elsewhere */
#define HOME_POSTED      (HOME_WAKE | HOME_CANCEL | HOME_PRIORITY)
#define HOME_LEVEL_SHIFT 16
#define HOME_LEVEL       (63ull << HOME_LEVEL_SHIFT)
#define HOME_JOIN_SHIFT  24
#define HOME_JOINS       (255ull << HOME_JOIN_SHIFT)
#define HOME_GENERATION  (~0ull << 32)

static inline uint64_t home_load(const struct co_home *home)
{
    return __atomic_load_n(&home->state, __ATOMIC_ACQUIRE);
}

static inline bool home_swap(struct co_home *home, uint64_t *old, uint64_t new)
{
    return __atomic_compare_exchange_n(&home->state, old, new, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

static inline unsigned home_level(uint64_t state)
{
    return state >> HOME_LEVEL_SHIFT & 63;
}

static inline uint64_t with_level(uint64_t state, unsigned priority)
{
    return (state & ~HOME_LEVEL) | (uint64_t)priority << HOME_LEVEL_SHIFT;
}

static inline uint32_t row_of(const struct co *co)
{
    return co->index >> CO_SLOT_SHIFT;
}

static inline struct co_home *home_of(const struct executor *executor, const struct co *co)
{
    return &executor->group->homes[row_of(co)];
}

/* Sets of rows. Value: whether this call has changed it. */
static inline bool set_add(uint64_t *set, uint32_t row)
{
    uint64_t bit = 1ull << row % 64;

    return !(__atomic_fetch_or(&set[row / 64], bit, __ATOMIC_ACQ_REL) & bit);
}
static inline bool set_remove(uint64_t *set, uint32_t row)
{
    uint64_t bit = 1ull << row % 64;

    return __atomic_fetch_and(&set[row / 64], ~bit, __ATOMIC_ACQ_REL) & bit;
}

/* Take a row out of a set, looking from row `from` on and around. Value: its number; ~0: none. */
static inline uint32_t set_take(uint64_t *set, uint32_t words, uint32_t from)
{
    for (uint32_t i = 0; i <= words; i++) {
        uint32_t word = (from / 64 + i) % words;
        uint64_t bits = __atomic_load_n(&set[word], __ATOMIC_RELAXED);

        if (i == 0)
            bits &= ~0ull << from % 64;
        for (; bits; bits &= bits - 1) {
            uint32_t row = word * 64 + first_bit(bits);

            if (set_remove(set, row))
                return row;
        }
    }
    return ~0u;
}

#define HIDDEN __attribute__((visibility("hidden")))

/* cpus.c */
/* Something for the row is written in the directory: its virtual CPU shall look. */
HIDDEN void group_mail(struct co_group *group, unsigned cpu, uint32_t row, unsigned priority);
/* Count a coroutine in group->elsewhere, and out again. */
HIDDEN void group_count(struct executor *executor);
HIDDEN void group_uncount(struct co_group *group);

/* post.c */
/* co_wake, co_cancel, co_set_priority of a coroutine that is not at home here. */
HIDDEN enum error group_post(struct executor *executor, cid_t cid, uint64_t flags,
                             unsigned priority);
/* The priority of a coroutine of this virtual CPU has changed: let who wakes it know. */
HIDDEN void group_note(struct executor *executor, const struct co *leaf);
/* Look at what was posted for a row of this virtual CPU. */
HIDDEN void group_deliver(struct executor *executor, uint32_t row);
/* A free row of the group, as the caller's fixed coroutine; NULL: there is none. */
HIDDEN struct co_slot *group_take_row(struct executor *executor, unsigned priority);
/* The coroutine of this row has ended and is released. */
HIDDEN void group_exit(struct executor *executor, uint32_t row, intptr_t value);
/* co_join of a coroutine that is, or may come to be, elsewhere. */
HIDDEN enum co_state group_join(struct executor *executor, struct co *co, cid_t other);

/* The first movable coroutine comes to be: from now on all look at the ready sets. */
HIDDEN void group_begin_sharing(struct executor *executor);

/* movable.c */
/* The current coroutine has returned; it had parked or yielded and is movable. From here on it may
 * run elsewhere. */
HIDDEN void group_leave(struct executor *executor, struct co *leaf);
/* A movable coroutine that is in no table has become ready: into its set, and find who runs it. */
HIDDEN void group_ready(struct co_group *group, uint32_t row, unsigned priority);
/* Put one that is ready into another set. */
HIDDEN void group_move(struct co_group *group, uint32_t row, unsigned from, unsigned to);
/* Take the best movable coroutine of these levels to the head of its ready queue here.
 * Value: its priority; PRIORITY_NONE: there is none. */
HIDDEN unsigned group_take(struct executor *executor, uint64_t levels);
/* This executor looks at the ready sets from now on, before each coroutine. */
HIDDEN void group_share(struct executor *executor);
