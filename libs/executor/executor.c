/* SPDX-License-Identifier: BSD-2-Clause */
/* The executor: its set-up and its loop.
 *
 * The loop takes the best ready coroutine and calls its body, until there is none; then it gives
 * up the CPU. It keeps nothing but its own frame on the stack and everything else in memory, so it
 * may be abandoned at any call out of it and entered anew (executor_entry, the kernel's traps).
 */
#include "home.h"
#include "run.h"
#include <executor/offsets.h>

_Static_assert(offsetof(struct executor, wake_slot_count) == EXECUTOR_WAKE_SLOT_COUNT, "run.S");
_Static_assert(offsetof(struct executor, current) == EXECUTOR_CURRENT, "run.S");
_Static_assert(offsetof(struct executor, next) == EXECUTOR_NEXT, "run.S");
_Static_assert(EXECUTOR_OPEN(0) == EXECUTOR_OPEN_FIRST, "run.S");
_Static_assert(offsetof(struct co, body) == CO_BODY_OFFSET, "run.S");
_Static_assert(offsetof(struct co, priority) == CO_PRIORITY, "run.S");
_Static_assert(sizeof(struct wake_slot) == 1u << WAKE_SLOT_SHIFT, "run.S");
_Static_assert(offsetof(struct wake_slot, message) == WAKE_SLOT_MESSAGE, "run.S");
_Static_assert(offsetof(struct wake_slot, rung) == WAKE_SLOT_RUNG, "run.S");

const uint8_t executor_bit_number[64] = {
    0,  1,  48, 2,  57, 49, 28, 3,  61, 58, 50, 42, 38, 29, 17, 4,  62, 55, 59, 36, 53, 51,
    43, 22, 45, 39, 33, 30, 24, 18, 12, 5,  63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21,
    44, 32, 23, 11, 46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,  13, 8,  7,  6,
};

void executor_init(struct executor *executor, struct executor_line *line, struct co_slot *slots,
                   uint32_t slot_count)
{
    while (slot_count & (slot_count - 1))
        slot_count &= slot_count - 1; /* down to the highest bit */
    executor->line = line;
    executor->slots = slots;
    executor->slot_count = slot_count;
    executor->slot_mask = (uint64_t)(slot_count - 1) << CO_SLOT_SHIFT;
    slots[0].cid = 1 << CO_SLOT_SHIFT; /* so that {0} finds nothing; the others' 0 leads here */
    executor->deferred = PRIORITY_NONE;
    for (unsigned priority = 0; priority < PRIORITY_COUNT; priority++)
        executor->ready[priority].last = &executor->ready[priority].first;
    executor->next = EXECUTOR_COLD;
    line->executor = (uintptr_t)executor;
    line->pc = (uintptr_t)executor_entry;
    executor_set_running(line, PRIORITY_NONE);
    line->bitmap = 0;
}

static inline void drain(struct executor *executor, struct executor_line *line)
{
    uint64_t summary = __atomic_exchange_n(&line->wakes, 0, __ATOMIC_ACQUIRE);
    struct wake_slot *slots = (struct wake_slot *)(uintptr_t)line->slots;

    for (; summary && executor->wake_words; summary &= summary - 1) {
        unsigned word = first_bit(summary);
        uint64_t bits = __atomic_exchange_n(&executor->wake_words[word], 0, __ATOMIC_ACQUIRE);

        for (; bits; bits &= bits - 1) {
            unsigned slot = word * 64 + first_bit(bits);

            if (slot < executor->wake_slot_count && slots[slot].wake)
                slots[slot].wake(&slots[slot]);
        }
    }
}

void executor_drain(struct executor *executor, struct executor_line *line)
{
    drain(executor, line);
}

struct co *executor_message(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                            uint64_t w5, uint64_t header, uint64_t event)
{
    struct wake_slot *slot = (struct wake_slot *)(uintptr_t)executor_line()->slots + (event >> 8);

    if (event >> 8 >= executor_self()->wake_slot_count)
        return NULL;
    if (slot->message)
        return slot->message(w0, w1, w2, w3, w4, w5, header, slot);
    if (slot->wake)
        slot->wake(slot);
    return NULL;
}

/* Nothing is ready. Value: whether to look again; if not, co_run returns. */
static bool wait_for_work(struct executor *executor, const struct executor_line *line)
{
    if (__atomic_load_n(&line->wakes, __ATOMIC_RELAXED))
        return true;
    if (!executor->waiting || executor->live == executor->outer || !executor->idle)
        return false;
    executor->idle(executor);
    return true;
}

static void leave_slow(struct executor *executor, struct co *leaf)
{
    if (FLAG_MOVABLE && (leaf->status == CO_PARKING || leaf->status == CO_YIELDING))
        group_leave(executor, leaf);
    else if (leaf->status == CO_RUNNING && leaf->flags & CO_FLAG_CANCELLED)
        cancel_pending(executor, leaf);
}

/* The coroutine that was current has suspended. Nearly always that is all; but one that is being
 * cancelled must not wait, even if its operation did not look. */
static void leave_current(struct executor *executor, struct executor_line *line)
{
    struct co *leaf = executor->current;

    executor_cool(executor);
    executor->current = NULL;
    executor_set_running(line, PRIORITY_NONE);
    if (leaf && leaf->flags & (CO_FLAG_CANCELLED | FLAG_MOVABLE))
        leave_slow(executor, leaf);
}

/* From the queue of this priority, while none is hot. */
static inline struct co *pop(struct executor *executor, struct executor_line *line,
                             unsigned priority)
{
    struct co_ready_queue *queue = &executor->ready[priority];
    struct co *co = queue->first;

    queue->first = co->next;
    if (!co->next) {
        queue->last = &queue->first;
        line->bitmap ^= 1ull << priority;
    }
    co->status = CO_RUNNING;
    return co;
}

static inline bool is_handed(const struct executor *executor)
{
    return !EXECUTOR_ALONE && executor->next > EXECUTOR_NEXT_MAX;
}

static inline struct co *take_handed(struct executor *executor)
{
    struct co *co = (struct co *)(uintptr_t)executor->next;

    executor->next = co->priority_status; /* PARKED still: EXECUTOR_OPEN */
    co->status = CO_RUNNING;
    return co;
}

static inline bool is_queued(const struct executor *executor)
{
    return executor->next < 0 && (!EXECUTOR_ALONE || executor->queue->first);
}

/* From the hot queue; when that was the last one, the next that is woken need not pass it. */
static inline struct co *pop_hot(struct executor *executor, struct executor_line *line)
{
    struct co_ready_queue *queue = executor->queue;
    struct co *co = queue->first;

    queue->first = co->next;
    if (__builtin_expect(!co->next, 0)) {
        queue->last = &queue->first;
        line->bitmap = executor->bitmap_rest;
        if (!EXECUTOR_ALONE)
            executor->next += EXECUTOR_OPEN(0) - EXECUTOR_QUEUED(0);
    }
    co->status = CO_RUNNING;
    return co;
}

struct co *executor_rung(struct wake_slot *slot)
{
    struct executor *executor = executor_self();

    if (!slot->wake)
        return NULL;
    /* As in look(): what becomes ready first need not pass a queue. */
    if (executor->next == EXECUTOR_COLD)
        executor->next = EXECUTOR_LOOKING;
    slot->wake(slot);
    if (is_handed(executor))
        return take_handed(executor);
    if (is_queued(executor))
        return pop_hot(executor, executor_line());
    executor_cool(executor);
    return NULL;
}

/* Take the best ready coroutine out of its queue, wherever that is. NULL: co_run returns. */
static __attribute__((noinline)) struct co *look(struct executor *executor,
                                                 struct executor_line *line)
{
    leave_current(executor, line);
    for (;;) {
        unsigned best = PRIORITY_NONE;

        if (__atomic_load_n(&line->wakes, __ATOMIC_RELAXED)) {
            executor->next = EXECUTOR_LOOKING;
            drain(executor, line);
            if (is_handed(executor))
                return take_handed(executor);
            if (is_queued(executor))
                return pop_hot(executor, line);
            executor->next = EXECUTOR_COLD;
        }
        if (line->bitmap)
            best = first_bit(line->bitmap);
        if (executor->deferred < best) {
            executor->flush(executor);
        } else if (best != PRIORITY_NONE) {
            if (executor->no_heat)
                best = executor_choose(executor, line);
            executor_heat(executor, line, best);
            if (is_queued(executor))
                return pop_hot(executor, line);
            return pop(executor, line, best);
        } else if (!wait_for_work(executor, line)) {
            return NULL;
        }
    }
}

__attribute__((noinline)) struct co *executor_finish(struct executor *executor)
{
    struct co *co = executor->current, *caller = co->caller;

    if (caller) {
        pass_on(caller, co);
        caller->value = co->value;
        executor_row_of(executor, co)->leaf = caller;
        return caller;
    }
    executor->current = NULL;
    exit_root(executor, co);
    return NULL;
}

/* Whether a look would find nothing, not even something that was put off, and the coroutine that
 * was current needs none. */
static inline bool may_rest(const struct executor *executor, const struct executor_line *line)
{
    const struct co *leaf = executor->current;

    return !EXECUTOR_ALONE && line->bitmap == 0 && executor->next != EXECUTOR_COLD && leaf &&
           !(leaf->flags & (CO_FLAG_CANCELLED | FLAG_MOVABLE)) &&
           executor->deferred_waiting == EXECUTOR_MAY_IDLE && executor->live != executor->outer &&
           executor->idle;
}

/* Give up the CPU: what is hot stays so, and who is rung next goes on at once. May return. */
static inline void rest(struct executor *executor)
{
    executor->current = NULL;
    executor_leave();
    executor->idle(executor);
}

/* The next coroutine, without a search unless a wake is to be looked at. */
static inline struct co *take(struct executor *executor)
{
    if (__builtin_expect(__atomic_load_n(&executor_line()->wakes, __ATOMIC_RELAXED) == 0, 1)) {
        if (__builtin_expect(is_handed(executor), 1))
            return take_handed(executor);
        if (__builtin_expect(is_queued(executor), 1))
            return pop_hot(executor, executor_line());
        if (may_rest(executor, executor_line()))
            rest(executor);
    }
    return look(executor, executor_line());
}

/* A coroutine runs at once; its priority becomes the hot one, if nothing else is ready. */
static void begin(struct executor *executor, struct executor_line *line, const struct co *first)
{
    executor_cool(executor);
    executor_set_running(line, first->priority);
    if (EXECUTOR_ALONE || line->bitmap)
        return;
    executor_heat(executor, line, first->priority);
    if (executor->next != EXECUTOR_COLD)
        executor->next = EXECUTOR_OPEN(first->priority);
}

void executor_loop_on(enum co_state state)
{
    struct executor *executor = executor_self();
    struct co *co = state == CO_DONE ? executor_finish(executor) : NULL;

    if (!co)
        co = take(executor);
    while (co) {
        executor->current = co;
        co = co->body(co) == CO_DONE ? executor_finish(executor) : NULL;
        if (!co)
            co = take(executor);
    }
}

void executor_loop(struct co *first)
{
    struct executor *executor = executor_self();
    struct executor_line *line = executor_line();

    if (!first) {
        /* A program may have left with executor_leave: then the hot priority is not published. */
        first = EXECUTOR_ALONE ? take(executor) : look(executor, line);
        if (!first)
            return;
    } else if ((uint8_t)executor->next == first->priority && !is_handed(executor)) {
        executor_set_running(line, first->priority);
    } else {
        begin(executor, line, first);
    }
    executor->current = first;
    executor_loop_on(first->body(first));
}

/* What belongs to the run around this one is kept here, on the stack, above the frame that
 * executor_run records in line->sp. */
void co_run(bool wait)
{
    struct executor_line *line = executor_line();
    struct executor *executor = executor_self();
    struct co *outer = executor->current;
    uint64_t running = outer ? line->running : PRIORITY_NONE;
    bool waiting = executor->waiting;

    executor->waiting = wait;
    executor->current = NULL;
    executor->outer += outer != NULL;
    executor_run();
    executor->outer -= outer != NULL;
    executor->waiting = waiting;
    executor->current = outer;
    executor_set_running(line, running); /* no priority is hot: the loop has found nothing */
}
