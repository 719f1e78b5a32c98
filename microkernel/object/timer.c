/* SPDX-License-Identifier: BSD-2-Clause */
/* Timer objects and the hart's one timer.
 *
 * The hart's timer is programmed only when the next deadline moves earlier; when it fires, all that
 * is due is served and it is set to the next. */
#include <kernel/arch.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>

uint64_t timebase_hz;
uint64_t cycles_per_ms;
struct timer *timers;

void timer_need(uint64_t deadline)
{
    struct hart *hart = hart_self();

    if (deadline >= hart->next_deadline)
        return;
    hart->next_deadline = deadline;
    arch_timer_set(deadline);
}

static void timer_unlink(struct timer *timer)
{
    if (timer->deadline == ~0ull)
        return;
    if (timer->prev)
        timer->prev->next = timer->next;
    else
        timers = timer->next;
    if (timer->next)
        timer->next->prev = timer->prev;
    timer->deadline = ~0ull;
    timer->next = timer->prev = NULL;
}

static void timer_link(struct timer *timer, uint64_t deadline)
{
    struct timer *before = NULL, *after = timers;

    while (after && after->deadline <= deadline) {
        before = after;
        after = after->next;
    }
    timer->deadline = deadline;
    timer->prev = before;
    timer->next = after;
    if (before)
        before->next = timer;
    else
        timers = timer;
    if (after)
        after->prev = timer;
}

void timer_expire(uint64_t now)
{
    while (timers && timers->deadline <= now) {
        struct timer *timer = timers;

        timer_unlink(timer);
        endpoint_ring(&timer->binding, timer->priority);
    }
    if (timers)
        timer_need(timers->deadline);
    else if (hart_self()->next_deadline == ~0ull)
        arch_timer_set(~0ull);
}

void timer_init(void *object)
{
    struct timer *timer = object;

    timer->deadline = ~0ull;
}

void timer_destroy(void *object)
{
    struct timer *timer = object;

    timer_unlink(timer);
    endpoint_unbind(&timer->binding);
}

long sys_timer_set(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct timer *timer = cap_object(cap);

    (void)caller;
    if (args[1] >= PRIORITY_COUNT)
        return E_BAD_ARGUMENT;
    if (!timer->binding.task)
        return E_STATE;
    timer_unlink(timer);
    timer->priority = (uint8_t)args[1];
    if (args[0] != ~0ull) {
        timer_link(timer, args[0]);
        timer_need(args[0]);
    }
    return E_OK;
}
