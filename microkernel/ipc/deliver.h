/* SPDX-License-Identifier: BSD-2-Clause */
/* From a virtual CPU that has nothing else to do into an idle one, with a message in registers
 * (deliver) or a wake (doorbell_yield, which entry.S puts as a message without words).
 *
 * The quick way (deliver.c) decides at a glance. entry.S calls it before it has saved anything, on
 * the user's stack pointer: it must not touch memory through sp, nor gp, nor the callee-saved
 * registers; arch/riscv64/check_deliver.py looks at the machine code after each build. It has no
 * result: hart->event is the event for a7, or 0 if nothing has changed and the careful way
 * (light.c) must decide.
 *
 * IDLE means that the receiver waits and owes nothing: no wake of it is pending. The switching
 * coroutine keeps its priority, which is that of the caller and, mostly, of the message.
 */
#pragma once
#include <kernel/endpoint.h>
#include <kernel/process.h>
#include <kernel/sched.h>

/* What a7 is at the entry of who is rung this way. */
#define RUNG(endpoint) ((endpoint)->event + EVENT_RUNG - EVENT_MESSAGE)

/* The other one goes on, as `enter` says: all that a switch touches, and nothing else. */
static inline void switch_over(struct hart *hart, struct task *self, struct task *target,
                               enum task_enter enter, uint64_t priority)
{
    struct process *space = target->process;

    target->hot_word = TASK_HOT(TASK_RUNNING, enter, priority, PRIORITY_NONE);
    sched_account(hart, self, target);
    hart->current = target;
    /* Another process nearly always: no look whether its space is loaded already. */
    hart->space = space;
    arch_switch_space(space->translation, space->shares_asid);
}

/* Whether the best coroutine of the current task, whose line it is, is the running one, and nobody
 * better waits: then the task is as good as hart->place says. */
static inline bool is_as_placed(const struct hart *hart, const struct executor_line *line)
{
    return line && line->running == (uint8_t)hart->place &&
           !sched_better_than_place(hart, line->bitmap);
}

/* The current task waits for its turn, at the priority that it has by hart->place. */
static inline void give_way(struct hart *hart, struct task *self, enum task_enter enter)
{
    uint64_t own = (uint8_t)hart->place;

    self->hot_word = TASK_HOT(TASK_READY, enter, own, PRIORITY_NONE);
    sched_queue(hart, self, own);
}

/* The endpoint that a7 names, if the caller may ring it; NULL: look carefully, with the lock. */
static inline const struct endpoint *find_endpoint(const struct process *process, uint64_t invoked)
{
    uint64_t cptr = invoked >> 8, word;

    if (__builtin_expect(cptr >= process->cspace.count, 0))
        return NULL;
    word = __atomic_load_n(&process->cspace.slots[cptr].word, __ATOMIC_RELAXED);
    if (__builtin_expect(!(word & CAP_RINGS), 0))
        return NULL;
    if (word == CAP_RINGS)
        __builtin_unreachable();
    return (const struct endpoint *)(word - CAP_RINGS);
}

/* The task that *endpoint wakes, if it idles here and may run next at this priority in place of
 * self; else NULL. Own affairs first, so that few registers are in use at once. */
static inline struct task *glance(const struct hart *hart, const struct task *self,
                                  uint64_t invoked, uint64_t priority,
                                  const struct endpoint **endpoint)
{
    const struct executor_line *line = self->quick;
    struct task *task;

    if (__builtin_expect(!line || (line->bitmap | line->wakes) != 0, 0) ||
        __builtin_expect(sched_better_than_place(hart, 0), 0) ||
        __builtin_expect(priority != (uint8_t)hart->place, 0))
        return NULL;
    *endpoint = find_endpoint(self->process, invoked);
    if (__builtin_expect(!*endpoint, 0) || __builtin_expect(priority < (*endpoint)->ceiling, 0))
        return NULL;
    task = __atomic_load_n(&(*endpoint)->task, __ATOMIC_RELAXED);
    if (__builtin_expect(!task || task->hot.state != TASK_IDLE + hart->number, 0))
        return NULL;
    return task;
}
