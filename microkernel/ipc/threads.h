/* SPDX-License-Identifier: BSD-2-Clause */
/* What is decided at a glance between threads (call.c, fault.c). A task whose `place` is that of
 * the hart is a thread at home here, as good as the current one, of which something may be decided
 * so. */
#pragma once
#include <kernel/rendezvous.h>
#include "deliver.h"

/* The slot of an object of the type with the right, or NULL. */
static inline struct slot *find_slot(const struct process *process, uint64_t cptr,
                                     enum object_type type, unsigned right)
{
    struct slot *slot = &process->cspace.slots[cptr];

    return cptr < process->cspace.count && cap_permits(slot, type, right) ? slot : NULL;
}

/* A thread goes on where another, hart->sender, blocks. */
static inline void block_for(struct hart *hart, struct task *from, enum task_block why,
                             struct task *to)
{
    from->hot_word = TASK_HOT(TASK_BLOCKED, ENTER_RESUME, 0, PRIORITY_NONE);
    from->blocked_on = (uint8_t)why;
    to->blocked_on = BLOCK_NONE;
    hart->sender = from;
    switch_over(hart, from, to, ENTER_RESUME, to->base_priority);
}

/* Whether a thread that is in no queue may run next at its priority: it is at home here, and nobody
 * as good waits. */
static inline bool may_follow(const struct hart *hart, const struct task *thread)
{
    uint64_t waiting = *hart->runnable | hart->kernel_line.bitmap;

    return thread->place >> 8 == hart->number && !sched_floor &&
           !(waiting & ((2ull << thread->base_priority) - 1));
}
