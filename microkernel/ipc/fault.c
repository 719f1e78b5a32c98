/* SPDX-License-Identifier: BSD-2-Clause */
/* A fault and its end at a glance: the supervisor is a thread that waits for just this one, and
 * nobody as good as who goes on waits for the CPU.
 *
 * A fault has saved all registers. A resume with a wait has saved nothing, as a call (call.c): a0,
 * a1 and a7 are reserved in this file, should it be refused. */
#include "threads.h"

void light_fault(struct hart *hart, struct task *supervisor)
{
    if (!hart->trace && !hart->current->careful && may_follow(hart, supervisor)) {
        sched_place(hart, supervisor->base_priority);
        switch_over(hart, hart->current, supervisor, ENTER_RESUME, supervisor->base_priority);
        kernel_unlock();
        arch_resume();
    }
    sched_ready(supervisor, supervisor->base_priority);
}

/* The only fault of a process, and nobody but the caller waits for slots like this one. */
void light_fault_resume(uint64_t slot, uint64_t waits, uint64_t w2, uint64_t w3, uint64_t w4,
                        uint64_t w5, uint64_t unused, uint64_t invoked)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current, *task;
    struct slot *cap = find_slot(self->process, invoked >> 8, OBJECT_THREAD, RIGHT_WRITE);
    struct task_list *waiting;

    hart->sender = NULL;
    if (self->place != hart->place || !cap || !waits || slot >= WAKE_SLOTS)
        return;
    task = &((struct thread *)cap_object(cap))->task;
    if (task->hot.state != TASK_FAULTED || task->process->faulted.first != task || task->next ||
        !may_follow(hart, task))
        return;
    waiting = &self->process->waiting[slot % WAIT_LISTS];
    if (waiting->first || self->process->wake_words[slot / 64] >> slot % 64 & 1)
        return;
    waiting->first = waiting->last = self;
    self->next = NULL;
    self->wait_slot = (uint16_t)slot;
    task->process->faulted.first = NULL;
    sched_place(hart, task->base_priority);
    block_for(hart, self, BLOCK_WAIT, task);
}
