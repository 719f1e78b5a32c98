/* SPDX-License-Identifier: BSD-2-Clause */
/* The light system calls null, yield and doorbell, and the careful ways of doorbell_yield and
 * deliver, for what deliver.h does not decide at a glance.
 *
 * entry.S calls them with the user's a0..a7 and keeps only sp, gp, tp and pc. A caller that gives up the CPU
 * keeps nothing either: it will be entered at its executor line's pc.
 *
 * A wake cannot be lost by yield: the executor takes the summary, finds nothing to run and yields;
 * a wake that comes after it took the summary sets a bit there, which is looked at here before the
 * task is marked IDLE; a wake that comes later finds it IDLE and makes it READY. That order relies
 * on one hart with interrupts masked, where nothing can come in between. With several harts the
 * task must be marked first, then a full fence, then the look (tests/model/park.pml).
 */
#include <kernel/arch.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/trap.h>
#include "deliver.h"

struct light_result light_null(void);
struct light_result light_yield(void);
struct light_result light_doorbell(uint64_t priority, uint64_t, uint64_t, uint64_t, uint64_t,
                                   uint64_t, uint64_t, uint64_t invoked);
struct light_result light_doorbell_yield(uint64_t priority, uint64_t, uint64_t, uint64_t, uint64_t,
                                         uint64_t, uint64_t, uint64_t invoked);

struct light_result light_null(void)
{
    return (struct light_result){E_OK, 0};
}

/* The endpoint that a7 names, or NULL with the error. */
static inline struct endpoint *find_endpoint(const struct process *process, uint64_t invoked,
                                             long *error)
{
    struct slot *slot;
    enum error found = cspace_lookup_cached(&process->cspace, &process->cspace_root,
                                            (uint32_t)(invoked >> 8), &slot);

    if (found != E_OK) {
        *error = found;
        return NULL;
    }
    if (cap_type(slot) != OBJECT_ENDPOINT) {
        *error = E_BAD_TYPE;
        return NULL;
    }
    if (!(cap_rights(slot) & RIGHT_WRITE)) {
        *error = E_NO_RIGHT;
        return NULL;
    }
    return cap_object(slot);
}

struct light_result light_yield(void)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current;
    uint64_t bitmap;

    if (self->is_thread)
        return (struct light_result){E_STATE, 0};
    if (__atomic_load_n(&self->line->wakes, __ATOMIC_RELAXED))
        return (struct light_result){E_OK, 0};
    self->hot.pending = PRIORITY_NONE;
    bitmap = __atomic_load_n(&self->line->bitmap, __ATOMIC_RELAXED);
    self->hot.enter = ENTER_EVENT;
    if (bitmap) {
        unsigned priority = priority_first(bitmap);

        priority = priority < self->process->ceiling ? self->process->ceiling : priority;
        if (!sched_better_waits(hart, priority))
            return (struct light_result){E_OK, 0};
        sched_ready(self, priority);
    } else {
        self->hot.state = TASK_IDLE;
    }
    sched_leave();
}

struct light_result light_doorbell(uint64_t priority, uint64_t a1, uint64_t a2, uint64_t a3,
                                   uint64_t a4, uint64_t a5, uint64_t a6, uint64_t invoked)
{
    struct task *self = hart_self()->current;
    struct light_result result = {E_OK, 0};
    struct endpoint *endpoint = find_endpoint(self->process, invoked, &result.value);

    (void)a1, (void)a2, (void)a3, (void)a4, (void)a5, (void)a6;
    if (!endpoint)
        return result;
    if (!endpoint->task)
        return (struct light_result){E_PEER_DEAD, 0};
    if (priority >= PRIORITY_COUNT)
        return (struct light_result){E_BAD_ARGUMENT, 0};
    endpoint_ring(endpoint, (uint8_t)priority);
    result.preempted = sched_better_waits(hart_self(), sched_effective(self));
    return result;
}

struct light_result light_doorbell_yield(uint64_t priority, uint64_t a1, uint64_t a2, uint64_t a3,
                                         uint64_t a4, uint64_t a5, uint64_t a6, uint64_t invoked)
{
    struct light_result result = light_doorbell(priority, a1, a2, a3, a4, a5, a6, invoked);
    long preempted = result.preempted;

    if (result.value != E_OK)
        return result;
    /* Should it come back at once, who is better runs all the same. */
    result = light_yield();
    result.preempted = preempted;
    return result;
}

/* What light_deliver does not decide at a glance: each condition by itself, with its error. */
long deliver_slow(uint64_t header, uint64_t invoked)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current;
    long result = E_AGAIN;
    struct endpoint *endpoint = find_endpoint(self->process, invoked, &result);
    uint64_t priority = header >> MESSAGE_PRIORITY_SHIFT & 0xff;

    if (!endpoint)
        return result;
    if (!endpoint->task)
        return E_PEER_DEAD;
    if (priority < endpoint->ceiling)
        priority = endpoint->ceiling;
    if (endpoint->task->hot.state != TASK_IDLE || priority >= PRIORITY_COUNT || self->is_thread ||
        (self->line->bitmap | self->line->wakes) || sched_better_waits(hart, (unsigned)priority))
        return E_AGAIN;
    deliver_perform(hart, self, endpoint->task, priority, PRIORITY_NONE);
    hart->header = (header & ~(0xffull << MESSAGE_PRIORITY_SHIFT)) |
                   priority << MESSAGE_PRIORITY_SHIFT; /* as it was clamped */
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
