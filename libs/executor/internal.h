/* SPDX-License-Identifier: BSD-2-Clause */
/* What the executor's own files share.
 *
 * Invariants, true whenever no function of the executor is in the midst of its work:
 *  - bit p of line->bitmap is set if and only if ready[p] is not empty;
 *  - a coroutine stands in ready[co->priority] if and only if its status is CO_READY, and in no
 *    other ready queue; while it is blocked, next and prev belong to whom it waits for;
 *  - one may be ready without standing in a queue: executor->next, with the status PARKED;
 *  - slots[i].leaf is the one control block of coroutine i that can be ready, running or blocked;
 *    its callers hold what they held when they called, and get index, priority, status and flags
 *    back when it finishes;
 *  - executor->current is that leaf while its body runs. Between two coroutines of the hot priority
 *    it is the one before, else NULL;
 *  - co->cancel is NULL unless an operation is pending;
 *  - a row of the slot table that is free holds a cid that no look-up can find there: one whose
 *    low half leads to the neighbouring row.
 *
 * The hot priority saves the search for the best one, and the writing of what does not change.
 * While there is one (executor->next is not EXECUTOR_COLD):
 *  - nothing better is ready, and no doorbell for a better priority is put off;
 *  - line->running is that priority; PRIORITY_NONE while the executor idles (but for libs/ipc's
 *    quick way, which leaves it: it enters anew with that priority, or sets it before all else);
 *  - executor->queue is its queue, and bitmap_rest is line->bitmap without its bit;
 *  - no living coroutine has been cancelled, and no policy wants a look each time (no_heat).
 * Who is about to break one of these calls executor_cool() first (or after), and the loop looks
 * anew. The states, all of one hot priority p:
 *
 *                     a wake                        another wake
 *     OPEN(p) ------------------------> a coroutine ------------> QUEUED(p)
 *     nothing of p is ready <---------- it is next                its queue is not empty
 *        ^                  it is taken                              |
 *        +-----------------------------------------------------------+  the last one is taken
 *
 * The kernel reads line->bitmap and the queues of its own executors, and never wakes by cid: there
 * OPEN is left out, and QUEUED says nothing about the queue.
 */
#pragma once
#include <executor/executor.h>

/* An executor of the kernel is never one of a group: there cpus.c, post.c and movable.c are
 * missing, and what asks for a group is compiled to nothing (EXECUTOR_ALONE, see CMakeLists.txt).
 */
#ifdef EXECUTOR_ALONE
#define FLAG_MOVABLE 0
#else
#define EXECUTOR_ALONE 0
#define FLAG_MOVABLE   CO_FLAG_MOVABLE
#endif
static inline struct co_group *executor_group(const struct executor *executor)
{
    return EXECUTOR_ALONE ? NULL : executor->group;
}

/* Nothing better than this priority is ready, and no coroutine is current: make it the hot one, if
 * nothing speaks against that. Its queue is not empty, or the caller sets next to a coroutine. */
static inline void executor_heat(struct executor *executor, struct executor_line *line,
                                 int64_t priority)
{
    executor_set_running(line, priority);
    if (executor->no_heat || executor->deferred < priority)
        return;
    executor->next = EXECUTOR_QUEUED(priority);
    executor->queue = &executor->ready[priority];
    executor->bitmap_rest = line->bitmap & ~(1ull << priority);
}

/* Put a coroutine that is in no queue at the end of the ready queue of its priority. */
static inline void make_ready(struct executor *executor, struct co *co)
{
    if (executor->next == EXECUTOR_QUEUED(co->priority)) {
        executor_push_hot(executor, co);
        if (EXECUTOR_ALONE)
            executor_line()->bitmap = executor->bitmap_rest | 1ull << co->priority;
    } else {
        co_ready_slow(co);
    }
}

/* Take a ready coroutine out of its queue. No priority may be hot. */
void ready_remove(struct executor *executor, struct co *co);

/* The row that a cid names, or NULL if it is stale, none or nonsense. */
static inline struct co_slot *find_slot(const struct executor *executor, cid_t cid)
{
    struct co_slot *slot = executor_row(executor, cid.raw);

    return slot->cid == cid.raw ? slot : NULL;
}

/* Hand the shared part of the control block on to the next leaf. */
static inline void pass_on(struct co *to, const struct co *from)
{
    to->index = from->index;
    to->priority_status = from->priority_status;
    to->flags_cancels = from->flags_cancels;
}

/* An operation begins: whether it must end at once because its coroutine is being cancelled. */
static inline bool refuse_if_cancelled(struct co *co)
{
    if (!(co->flags & CO_FLAG_CANCELLED))
        return false;
    co->value = E_CANCELLED;
    return true;
}

/* Give a coroutine a row; it counts as running, or blocked. Value: raw 0: there is none. */
cid_t adopt_running(struct executor *executor, struct co *co, co_body_t body, unsigned priority,
                    void (*release)(struct co *)) __attribute__((visibility("hidden")));

/* One reason more that a coroutine is being cancelled, and one less. */
void add_cancel(struct executor *executor, struct co *leaf);
void remove_cancel(struct executor *executor, struct co *leaf);

/* Ask for a wake at the first deadline, which has changed. */
static inline void rearm(struct executor *executor)
{
    if (executor->arm && executor_deadline(executor) != ~0ull)
        executor->arm(executor, executor_deadline(executor));
}

/* Take back what a blocked leaf waits for, if it can be, and let it go on with E_CANCELLED. */
void cancel_pending(struct executor *executor, struct co *leaf);

/* Call the wake functions of all wake slots whose bits are set. The summary is taken first: a bit
 * that is set meanwhile sets the summary again. */
void executor_drain(struct executor *executor, struct executor_line *line)
    __attribute__((visibility("hidden")));

/* Something is ready: the priority to take from, by the policy. May give up the CPU and not return.
 */
unsigned executor_choose(struct executor *executor, const struct executor_line *line)
    __attribute__((visibility("hidden")));

/* A movable coroutine parks (CO_PARKING) or yields (CO_YIELDING): see movable.c. */
enum co_state co_leave(struct co *co, enum co_status how) __attribute__((visibility("hidden")));

/* The coroutine's body has returned: give its slot back, tell its joiners, release its frame. */
void exit_root(struct executor *executor, struct co *root);
