/* SPDX-License-Identifier: BSD-2-Clause */
/* The scheduler: ready queues by priority, and the switching coroutine.
 *
 * One scheduler decides between kernel coroutines and processes: the kernel's executor runs its
 * best ready coroutine. When that is the switching coroutine, it switches to the best ready task.
 * Its priority is that of the best runnable task (the running one included) whenever the kernel is
 * left, so a kernel coroutine runs before it if and only if its priority is better or it stands
 * before it in the same queue.
 *
 * The bitmap of non-empty ready queues is this hart's word of the global bitmap page, which users
 * may read.
 */
#pragma once
#include <kernel/arch.h>
#include <kernel/hart.h>
#include <kernel/process.h>
#include <kernel/task.h>

extern uint64_t kernel_space; /* the address space that maps the kernel only */

/* Set up this hart's queues and its switching coroutine. */
void sched_init(struct hart *hart);

/* The best priority in a bitmap; PRIORITY_NONE if it is 0. */
static inline unsigned priority_first(uint64_t bitmap)
{
    return bitmap ? first_bit(bitmap) : PRIORITY_NONE;
}

/* Make a task that is in no queue and not running READY at the priority, on its home hart. If that
 * is another one: with the kernel lock held. */
void sched_ready(struct task *task, unsigned priority);
/* A new task becomes READY for the first time: the first virtual CPU of a process and a thread on
 * this hart if they may use it, near their creator; another virtual CPU on an idle hart if there is
 * one. With the kernel lock held. */
void sched_start(struct task *task, unsigned priority);
/* A task of this hart has a wake of the priority: make it READY if it was IDLE, better if it was
 * READY. */
void sched_wake(struct task *task, unsigned priority);
/* The same for a virtual CPU of any hart. */
void sched_wake_anywhere(struct task *task, unsigned priority);
/* A task of this hart came out of the inbox. */
void sched_arrive(struct task *task, unsigned priority);
/* Wherever a task runs or waits to run, it stops there: its context is whole, it is in no ready
 * queue, and in the state, which is neither READY nor RUNNING. For a BLOCKED task: detach it first
 * from what it waits for. Of any hart, with the kernel lock held. */
void sched_withdraw(struct task *task, enum task_state state);

/* Change the effective priority of a thread, in whatever state and on whatever hart it is. */
void sched_set_priority(struct task *thread, unsigned priority);

/* Effective priority of a virtual CPU in user mode or suspended: best of its bitmap, its running
 * coroutine and pending wakes, clamped to the ceiling. PRIORITY_NONE: nothing to run. */
unsigned sched_effective(struct task *task);

/* Whether the budget of the process of the first task in a queue of this hart lets it run. If not,
 * it waits for a refill, or is there no longer. */
bool sched_affords(struct task *task);
/* Take a READY task of this hart out of its queue, to run it. */
void sched_take(struct task *task);

/* The current task gives up the CPU, READY again or not. Its registers are saved, or not needed. */
void sched_put_current(void);

/* Nobody is current any more: what was waits already, or is in another state. For coroutines of the
 * kernel other than the switching one. */
void sched_drop_current(void);

/* Whoever runs from now on shall be interrupted when its turn among equals is over. */
void sched_slice(void);

/* Leave the kernel: for the current task if it is still the best, else for the best. */
void sched_leave(void) __attribute__((noreturn));

/* Whether somebody strictly better than the priority (0..63) waits: a task, or a kernel coroutine
 * other than the switching one. */
static inline bool sched_better_waits(const struct hart *hart, unsigned priority)
{
    uint64_t kernel = hart->kernel_line.bitmap & ~(1ull << hart->switching.priority);

    return ((*hart->runnable | kernel) & ((1ull << priority) - 1)) != 0;
}

/* The cycles since somebody was charged last, for whoever is charged now. Only what the hart idles
 * is charged to nobody. */
static inline uint64_t sched_elapsed(struct hart *hart)
{
    uint64_t before = hart->switched_at;

    hart->switched_at = arch_cycles();
    return hart->switched_at - before;
}

/* Charge them to the one before a switch, and count a switch to the next. */
static inline void sched_account(struct hart *hart, struct task *from, struct task *to)
{
    from->cycles += sched_elapsed(hart);
    to->switches++;
}

/* Move a task's accounts to its process. Careful switches do; those at a glance have no time. */
void sched_charge(struct task *task);

/* Keep the switching coroutine's priority true to the best runnable task. */
static inline void sched_follow(struct hart *hart, unsigned priority)
{
    if (hart->switching.priority == priority)
        return;
    co_change_priority(&hart->switching, priority);
    hart->place = task_place(hart->number, priority);
    hart->better = (1ull << priority) - 1;
}

/* Switch the address space and the accounts to a task that runs next. */
void sched_switch_to(struct task *task);

/* No hart has the process's address space loaded any more. None of its tasks runs. With the kernel
 * lock held. */
void sched_leave_space(struct process *process);

/* One take in so many is from the lowest level that is not empty; 0: none. Set at boot. */
extern uint32_t sched_floor;

/* What the switching coroutine's priority must be now. */
unsigned sched_switching_priority(void);

/* Have every hart decide anew, within a time slice, what it runs. With the kernel lock held. */
void sched_look_again(void);

/* The timer interrupt. */
void sched_tick(void);
