/* SPDX-License-Identifier: BSD-2-Clause */
/* The light system calls null, yield and doorbell, and the careful ways of doorbell_yield and
 * deliver, for what deliver.h does not decide at a glance.
 *
 * entry.S calls them with the user's a0..a7 and keeps only sp, gp, tp and pc. A caller that gives
 * up the CPU keeps nothing either: it will be entered at its executor line's pc.
 *
 * A wake cannot be lost by yield: the executor takes the summary, finds nothing to run and yields;
 * a wake that comes after it took the summary sets a bit there, which is looked at here before the
 * task is marked IDLE; a wake that comes later finds it IDLE and makes it READY. Whoever rings on
 * this hart comes before or after the yield as a whole. Whoever rings on another hart also sends
 * the wake to this one, where it arrives after the yield at the latest.
 *
 * None of them takes the kernel lock. What can only be decided with it (a capability that is not at
 * hand, a doorbell for a thread process) becomes a full system call: LIGHT_FULL, and the handlers
 * at the end of this file.
 */
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/trace.h>
#include <kernel/trap.h>
#include <kernel/upcall.h>
#include "deliver.h"

struct light_result light_null(void)
{
    return (struct light_result){E_OK, LIGHT_RETURN};
}

struct light_result light_yield(void)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current;
    uint64_t bitmap;

    if (self->is_thread)
        return (struct light_result){E_STATE, LIGHT_RETURN};
    if (__atomic_load_n(&self->line->wakes, __ATOMIC_RELAXED))
        return (struct light_result){E_OK, LIGHT_RETURN};
    self->hot.pending = PRIORITY_NONE;
    bitmap = __atomic_load_n(&self->line->bitmap, __ATOMIC_RELAXED);
    self->hot.enter = ENTER_EVENT;
    if (bitmap) {
        unsigned priority = priority_first(bitmap);

        priority = priority < self->process->ceiling ? self->process->ceiling : priority;
        if (!sched_better_waits(hart, priority))
            return (struct light_result){E_OK, LIGHT_RETURN};
        sched_ready(self, priority);
    } else {
        self->hot.state = self->quick ? (uint8_t)hart->idle : TASK_ASLEEP;
    }
    sched_leave();
}

struct light_result light_doorbell(uint64_t priority, uint64_t a1, uint64_t a2, uint64_t a3,
                                   uint64_t a4, uint64_t a5, uint64_t a6, uint64_t invoked)
{
    struct hart *hart = hart_self();
    const struct endpoint *endpoint = find_endpoint(hart->current->process, invoked);
    struct task *task = endpoint ? __atomic_load_n(&endpoint->task, __ATOMIC_RELAXED) : NULL;

    if (!task || task->process->threads) {
        hart->invoked = invoked;
        return (struct light_result){(long)priority, LIGHT_FULL};
    }
    if (priority >= PRIORITY_COUNT)
        return (struct light_result){E_BAD_ARGUMENT, LIGHT_RETURN};
    priority = priority < endpoint->ceiling ? endpoint->ceiling : priority;
    process_wake(task, endpoint->slot, (uint8_t)priority);
    return (struct light_result){E_OK, sched_better_waits(hart, sched_effective(hart->current))
                                           ? LIGHT_PREEMPTED
                                           : LIGHT_RETURN};
}

struct light_result light_doorbell_yield(uint64_t priority, uint64_t a1, uint64_t a2, uint64_t a3,
                                         uint64_t a4, uint64_t a5, uint64_t a6, uint64_t invoked)
{
    struct light_result result = light_doorbell(priority, a1, a2, a3, a4, a5, a6, invoked);
    long next = result.next;

    if (result.value != E_OK || next == LIGHT_FULL)
        return result;
    /* Should it come back at once, who is better runs all the same. */
    result = light_yield();
    result.next = next;
    return result;
}

/* What light_deliver does not decide at a glance: each condition by itself. */
long deliver_slow(uint64_t header, uint64_t invoked)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current;
    const struct endpoint *endpoint = find_endpoint(self->process, invoked);
    struct task *task = endpoint ? __atomic_load_n(&endpoint->task, __ATOMIC_RELAXED) : NULL;
    uint64_t priority = header >> MESSAGE_PRIORITY_SHIFT & 0xff;

    if (!task)
        return 0;
    if (priority < endpoint->ceiling)
        priority = endpoint->ceiling;
    if (task->hot.state != TASK_IDLE + hart->number || priority >= PRIORITY_COUNT || !self->quick ||
        (self->line->bitmap | self->line->wakes) || sched_better_waits(hart, (unsigned)priority))
        return E_AGAIN;
    upcall_forget(hart);
    deliver_perform(hart, self, task, priority, PRIORITY_NONE);
    hart->header = (header & ~(0xffull << MESSAGE_PRIORITY_SHIFT)) |
                   priority << MESSAGE_PRIORITY_SHIFT; /* as it was clamped */
    trace(TRACE_DELIVER, task, endpoint->slot, hart->header);
    trace_switch(self, task);
    sched_follow(hart, (unsigned)priority);
    return (long)endpoint->event;
}

/* By number; entry.S has checked the range. */
const void *const light_calls[] = {
    [SYS_NULL] = light_null,
    [SYS_YIELD] = light_yield,
    [SYS_DOORBELL] = light_doorbell,
    [SYS_DOORBELL_YIELD] = light_doorbell_yield,
};

/* ---- as full system calls, with the lock and the caller's registers saved ---- */

long sys_doorbell(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct endpoint *endpoint = cap_object(cap);

    if (!endpoint->task)
        return E_PEER_DEAD;
    if (args[0] >= PRIORITY_COUNT)
        return E_BAD_ARGUMENT;
    endpoint_ring(endpoint, (uint8_t)args[0]);
    return E_OK;
}

long sys_doorbell_yield(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *self = hart_self()->current;
    long error = sys_doorbell(caller, cap, args);

    if (error != E_OK || self->is_thread)
        return error != E_OK ? error : E_STATE;
    /* It came back at once: the executor looks and yields again. */
    return E_OK;
}

long sys_deliver(struct process *caller, struct slot *cap, uint64_t *args)
{
    const struct endpoint *endpoint = cap_object(cap);

    return endpoint->task ? E_AGAIN : E_PEER_DEAD;
}
