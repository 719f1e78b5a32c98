/* SPDX-License-Identifier: BSD-2-Clause */
/* A device's interrupt at a glance: a doorbell to its driver. Unlike the system calls decided so it
 * has saved all registers of who was interrupted, holds the kernel lock, and is ordinary C. */
#include <kernel/irq.h>
#include "deliver.h"

void light_interrupt(struct hart *hart, const struct endpoint *endpoint)
{
    struct task *self = hart->current, *task = endpoint->task;

    if (!self || self->hot.state != TASK_RUNNING || hart->trace || hart->interrupted ||
        !is_as_placed(hart, self->quick) || (self->quick->wakes | hart->kernel_line.bitmap) ||
        !task || task->hot.state != TASK_IDLE + hart->number ||
        endpoint->ceiling >= (uint8_t)hart->place)
        return;
    task->event = RUNG(endpoint); /* which may be gone when the lock is */
    give_way(hart, self, ENTER_RESUME);
    switch_over(hart, self, task, ENTER_EVENT, endpoint->ceiling);
    sched_place(hart, endpoint->ceiling);
    kernel_unlock();
    sched_slice();
    arch_enter_event(task->event, 0);
}
