/* SPDX-License-Identifier: BSD-2-Clause */
/* Timer objects and the hart's one timer.
 *
 * The hart's timer is programmed only when what is next, a deadline or the end of the slice, moves
 * earlier; when it fires, what is due is served and it is set to the next. */
#include <kernel/arch.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>

uint64_t timebase_hz;
uint64_t cycles_per_ms;

void timer_need(uint64_t deadline)
{
    struct hart *hart = hart_self();

    if (deadline >= hart->next_deadline)
        return;
    hart->next_deadline = deadline;
    arch_timer_set(deadline);
}

void timer_expire(uint64_t now)
{
    struct hart *hart = hart_self();
    uint64_t next;

    hart->next_deadline = 0; /* what is needed meanwhile is looked at below */
    deadline_expire(now);    /* one: a thread's may change a chain of loans */
    next = deadline_first ? deadline_first->at : DEADLINE_NEVER;
    /* If more is due the timer comes again, after twice the time that this took: however many are
     * due at once, others get on. */
    if (next <= now)
        next = now + 3 * (arch_time() - now) + 1;
    if (hart->slice_end && hart->slice_end < next)
        next = hart->slice_end;
    hart->next_deadline = next;
    arch_timer_set(next);
}

static void timer_due(struct deadline *which)
{
    struct timer *timer = (struct timer *)((char *)which - offsetof(struct timer, deadline));

    endpoint_ring(&timer->binding, timer->priority);
}

void timer_init(void *object)
{
    deadline_init(&((struct timer *)object)->deadline, timer_due);
}

void timer_destroy(void *object)
{
    struct timer *timer = object;

    deadline_set(&timer->deadline, DEADLINE_NEVER);
    endpoint_unbind(&timer->binding);
}

long sys_timer_set(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct timer *timer = cap_object(cap);

    TRY(in_range(args, 1, 0, PRIORITY_COUNT - 1));
    if (!timer->binding.task)
        return E_STATE;
    timer->priority = (uint8_t)args[1];
    deadline_set(&timer->deadline, args[0]);
    timer_need(args[0]);
    return E_OK;
}
