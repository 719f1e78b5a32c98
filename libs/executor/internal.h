/* SPDX-License-Identifier: BSD-2-Clause */
/* What the executor's own files share.
 *
 * Invariants, true whenever no function of the executor is in the midst of its work:
 *  - bit p of line->bitmap is set if and only if ready[p] is not empty;
 *  - a coroutine stands in ready[co->priority] if and only if its status is CO_READY, and in no
 *    other ready queue; while it is CO_BLOCKED, next and prev belong to whom it waits for;
 *  - slots[i].leaf is the one control block of coroutine i that can be READY, RUNNING or BLOCKED;
 *    its callers hold what they held when they called, and get the word (index, priority, status,
 *    flags) back when it finishes;
 *  - executor->current is that leaf while its body runs; NULL between two coroutines;
 *  - co->cancel is NULL unless an operation is pending.
 */
#pragma once
#include <executor/executor.h>

/* The number of the lowest bit that is set; bits != 0. (rv64imac has no instruction for it:
 * isolate the bit; multiplying by a de Bruijn sequence moves its number to the top six bits.) */
extern const uint8_t executor_bit_number[64] __attribute__((visibility("hidden")));
static inline unsigned first_bit(uint64_t bits)
{
    return executor_bit_number[(bits & -bits) * 0x03f79d71b4cb0a89ull >> 58];
}

/* Put a coroutine that is in no queue at the end of the ready queue of its priority. */
static inline void make_ready(struct executor *executor, struct co *co)
{
    unsigned priority = co->priority;
    struct co_list *queue = &executor->ready[priority];

    co->status = CO_READY;
    co->next = NULL;
    if (queue->first) {
        co->prev = queue->last;
        queue->last->next = co;
    } else {
        queue->first = co;
        executor_line()->bitmap |= 1ull << priority;
    }
    queue->last = co;
}

/* The row that a cid names, or NULL if it is stale, none or nonsense. */
static inline struct co_slot *find_slot(const struct executor *executor, cid_t cid)
{
    struct co_slot *slot = &executor->slots[cid.raw & executor->slot_mask];

    return slot->cid == cid.raw && slot->leaf ? slot : NULL;
}

static inline struct co_slot *slot_of(const struct executor *executor, const struct co *co)
{
    return &executor->slots[co->index];
}

/* Hand the shared part of the control block (index .. ready_priority) on to the next leaf. */
static inline void pass_on(struct co *to, const struct co *from)
{
    to->index = from->index;
    to->priority = from->priority;
    to->status = from->status;
    to->flags = from->flags;
    to->ready_priority = from->ready_priority;
}

/* An operation begins: whether it must end at once because its coroutine is being cancelled. */
static inline bool refuse_if_cancelled(struct co *co)
{
    if (!(co->flags & CO_FLAG_CANCELLED))
        return false;
    co->value = E_CANCELLED;
    return true;
}

/* Take back what a blocked leaf waits for, if it can be, and let it go on with E_CANCELLED. */
void cancel_pending(struct executor *executor, struct co *leaf);

/* The coroutine's body has returned: give its slot back, tell its joiners, release its frame. */
void exit_root(struct executor *executor, struct co *root);
