/* SPDX-License-Identifier: BSD-2-Clause */
/* A message in registers: what the quick way (deliver.c) and the careful one (light.c) share. */
#pragma once
#include <kernel/endpoint.h>
#include <kernel/process.h>
#include <kernel/sched.h>

/* The receiver goes on with the message: all that a switch touches, and nothing else. Value: the
 * event for a7. */
static inline long deliver_perform(struct hart *hart, struct task *self,
                                   const struct endpoint *endpoint, uint64_t priority)
{
    struct task *target = endpoint->task;

    self->hot = (struct task_hot){TASK_IDLE, ENTER_EVENT, 0, PRIORITY_NONE};
    target->hot = (struct task_hot){TASK_RUNNING, ENTER_EVENT, (uint8_t)priority, PRIORITY_NONE};
    sched_account(hart, self->process, target->process);
    hart->current = target;
    sched_load_space(hart, target->process);
    return EVENT_MESSAGE | (long)endpoint->slot << 8;
}

/* Decide each condition by itself. Value: the event for a7 if delivered, else an error. */
long deliver_slow(uint64_t header, uint64_t invoked);
