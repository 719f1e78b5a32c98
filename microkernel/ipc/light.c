/* SPDX-License-Identifier: BSD-2-Clause */
/* The light system calls, carefully: null, yield, doorbell, doorbell_yield and deliver where it is
 * not decided at a glance (glance.c, deliver.h), each condition by itself.
 *
 * What a call keeps is saved in the caller's context. One that gives up the CPU needs none of it:
 * it will be entered at its executor line's pc.
 *
 * A wake cannot be lost by yield: the executor takes the summary, finds nothing to run and yields;
 * a wake that comes after it took the summary sets a bit there, which is looked at here before the
 * task is marked IDLE; a wake that comes later finds it IDLE and makes it READY. Whoever rings on
 * this hart comes before or after the yield as a whole. Whoever rings on another hart also sends
 * the wake to this one, where it arrives after the yield at the latest.
 *
 * None of them takes the kernel lock. What can only be decided with it (a capability that is not at
 * hand, a doorbell for a thread process) is taken as any other system call, by the handlers at the
 * end of this file.
 */
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/trace.h>
#include <kernel/trap.h>
#include <kernel/upcall.h>
#include "deliver.h"

/* Returns if the task goes on at once; who is better runs all the same. */
static long yield(struct hart *hart, struct task *self)
{
    if (self->is_thread)
        return E_STATE;
    if (__atomic_load_n(&self->line->wakes, __ATOMIC_RELAXED))
        return E_OK;
    self->hot.pending = PRIORITY_NONE;
    if (__atomic_load_n(&self->line->bitmap, __ATOMIC_RELAXED)) {
        unsigned own = sched_effective(self);

        if (!sched_better_waits(hart, own))
            return E_OK;
        sched_ready(self, own);
    } else {
        self->hot.state = self->quick ? (uint8_t)hart->idle : TASK_ASLEEP;
    }
    self->hot.enter = ENTER_EVENT;
    self->event = EVENT_WAKE;
    sched_leave();
}

static long doorbell(const struct endpoint *endpoint, struct task *task, uint64_t priority)
{
    trace(TRACE_DOORBELL, task, endpoint->slot, priority);
    if (priority >= PRIORITY_COUNT)
        return E_BAD_ARGUMENT;
    process_wake(task, endpoint->slot, clamp(priority, endpoint->ceiling));
    return E_OK;
}

/* The receiver shall go on with the message as if it had been interrupted at its entry. */
static long deliver(struct hart *hart, struct task *self, const struct endpoint *endpoint,
                    struct task *task)
{
    uint64_t *words = &self->context.x[REG_A0], *x = task->context.x, header = words[6];
    uint64_t priority = header >> MESSAGE_PRIORITY_SHIFT & 0xff;

    if (priority < endpoint->ceiling)
        priority = endpoint->ceiling;
    if (task->hot.state != TASK_IDLE + hart->number || priority >= PRIORITY_COUNT || !self->quick ||
        (self->line->bitmap | self->line->wakes) || sched_better_waits(hart, (unsigned)priority))
        return E_AGAIN;
    header = (header & ~(0xffull << MESSAGE_PRIORITY_SHIFT)) | priority << MESSAGE_PRIORITY_SHIFT;
    trace(TRACE_DELIVER, task, endpoint->slot, header);
    task->context = (struct arch_context){.x = {[REG_PC] = task->line->pc,
                                                [REG_SP] = task->line->sp,
                                                [REG_GP] = task->line_vaddr,
                                                [REG_TP] = task->line->tp}};
    words[6] = header;
    words[7] = endpoint->event;
    for (unsigned i = 0; i < 8; i++)
        x[REG_A0 + i] = words[i];
    sched_wake(task, (unsigned)priority);
    task->hot.enter = ENTER_RESUME;
    self->hot_word = hart->idle;
    sched_leave();
}

void light_handle(void)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current, *task = NULL;
    uint64_t *args = &self->context.x[REG_A0], invoked = args[7], number = invoked & 0xff;
    const struct endpoint *endpoint = NULL;
    long result = E_OK;

    self->hot.enter = ENTER_RETURN;
    if (number >= SYS_DOORBELL) {
        endpoint = find_endpoint(self->process, invoked);
        task = endpoint ? __atomic_load_n(&endpoint->task, __ATOMIC_RELAXED) : NULL;
        if (!task || task->process->threads)
            syscall_handle();
    }
    trace(TRACE_SYSTEM_CALL, self, (unsigned)number, invoked >> 8 & UINT32_MAX);
    if (number == SYS_DELIVER)
        result = deliver(hart, self, endpoint, task);
    else if (task)
        result = doorbell(endpoint, task, args[0]);
    if (result == E_OK && (number == SYS_YIELD || number == SYS_DOORBELL_YIELD))
        result = yield(hart, self);
    args[0] = (uint64_t)result;
    sched_leave();
}

/* ---- as full system calls, with the lock ---- */

long sys_doorbell(struct process *caller, struct slot *cap, uint64_t *args)
{
    const struct endpoint *endpoint = cap_object(cap);

    return endpoint->task ? doorbell(endpoint, endpoint->task, args[0]) : E_PEER_DEAD;
}

long sys_doorbell_yield(struct process *caller, struct slot *cap, uint64_t *args)
{
    long error = sys_doorbell(caller, cap, args);

    /* It came back at once: the executor looks and yields again. */
    return error == E_OK && hart_self()->current->is_thread ? E_STATE : error;
}

long sys_deliver(struct process *caller, struct slot *cap, uint64_t *args)
{
    return ((struct endpoint *)cap_object(cap))->task ? E_AGAIN : E_PEER_DEAD;
}
