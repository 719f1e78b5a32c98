/* SPDX-License-Identifier: BSD-2-Clause */
/* From a virtual CPU that has nothing else to do into an idle one, with a message in registers
 * (deliver) or a wake (doorbell_yield).
 *
 * The quick ways (deliver.c, ring.c) decide at a glance. entry.S calls them before it has saved
 * anything, on the user's stack pointer: they must not touch memory through sp, nor gp, nor the
 * callee-saved registers; arch/riscv64/check_deliver.py looks at the machine code after each build.
 * They have no result: hart->event is the event for a7, or 0 if nothing has changed and the careful
 * way (light.c) must decide.
 *
 * IDLE means that the receiver waits and owes nothing: no wake of it is pending. The switching
 * coroutine keeps its priority, which is that of the caller and, mostly, of the message.
 */
#pragma once
#include <kernel/endpoint.h>
#include <kernel/process.h>
#include <kernel/sched.h>

/* The receiver goes on: all that a switch touches, and nothing else. pending: as in task_hot. */
static inline void deliver_perform(struct hart *hart, struct task *self, struct task *target,
                                   uint64_t priority, unsigned pending)
{
    self->hot_word = TASK_HOT(TASK_IDLE, ENTER_EVENT, 0, PRIORITY_NONE);
    target->hot_word = TASK_HOT(TASK_RUNNING, ENTER_EVENT, priority, pending);
    sched_account(hart, self->process, target->process);
    hart->current = target;
    /* Another process nearly always: no look whether its space is loaded already. */
    hart->space = target->process;
    arch_switch_space(target->process->translation, target->process->shares_asid);
}

/* The endpoint, if its idle task may run next at this priority in place of self; else NULL. */
static inline const struct endpoint *glance(const struct hart *hart, const struct task *self,
                                            uint64_t priority, uint64_t invoked)
{
    const struct cspace_cache *cspace = &self->process->cspace;
    uint64_t cptr = invoked >> 8;
    const struct executor_line *line = self->line;
    const struct endpoint *endpoint;

    if (__builtin_expect(cptr >= cspace->count, 0) ||
        __builtin_expect(!cap_permits(&cspace->slots[cptr], OBJECT_ENDPOINT, RIGHT_WRITE), 0))
        return NULL;
    endpoint = cap_object(&cspace->slots[cptr]);
    if (__builtin_expect(priority < endpoint->ceiling, 0) ||
        __builtin_expect(priority != hart->switching.priority, 0) ||
        __builtin_expect(!endpoint->task || endpoint->task->hot.state != TASK_IDLE, 0) ||
        __builtin_expect(!line /* a thread */ || (line->bitmap | line->wakes) != 0, 0) ||
        __builtin_expect(((*hart->runnable | hart->kernel_line.bitmap) & hart->better) != 0, 0))
        return NULL;
    return endpoint;
}

/* Decide each condition by itself. Value: the event for a7 if delivered, else an error. */
long deliver_slow(uint64_t header, uint64_t invoked);
