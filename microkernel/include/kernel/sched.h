/* SPDX-License-Identifier: BSD-2-Clause */
/* The scheduler: ready queues by priority, and the switching coroutine.
 *
 * One scheduler decides between kernel coroutines and processes: the kernel's executor runs its
 * best ready coroutine. When that is the switching coroutine, it switches to the best ready task.
 * Its priority is that of the best runnable task (the running one included) whenever the kernel is
 * left, so a kernel coroutine runs before it if and only if its priority is better or it stands
 * before it in the same queue. While there is no other (nearly always) there is nothing to compare:
 * hart->place alone has its priority, and it stands in no queue.
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
extern uint32_t sched_floor;  /* one take in so many is from the lowest level; 0: none */

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
/* A task that idles on this hart becomes READY, to be entered with the event. */
void sched_rouse(struct task *task, uint32_t event, unsigned priority);
/* A task of any hart has a wake of the priority: make it READY if it was IDLE, better if it was
 * READY. */
void sched_wake(struct task *task, unsigned priority);
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
unsigned sched_claimed(struct task *task);
/* The same of any task. */
static inline unsigned sched_effective(struct task *task)
{
    return task->is_thread ? task->base_priority : sched_claimed(task);
}

/* Take the ready task that shall run next out of its queue. NULL: there is none, or that one now
 * waits for its budget: many may have to, and each is a part of its own. */
struct task *sched_take(struct hart *hart);
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

/* The same for the priority in hart->place; or one of `levels` is better. */
static inline bool sched_better_than_place(const struct hart *hart, uint64_t levels)
{
    return ((*hart->runnable | hart->kernel_line.bitmap | levels) & hart->better) != 0;
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
    uint64_t cycles = from->cycles, switches = to->switches + 1; /* loads before the clock */

    to->switches = switches;
    from->cycles = cycles + sched_elapsed(hart);
}

/* Move a task's accounts to its process. Careful switches do; those at a glance have no time. */
void sched_charge(struct task *task);

/* Keep the switching coroutine's priority true to the best runnable task (NONE: there is none).
 * sched_place: while it is alone. */
static inline void sched_place(struct hart *hart, unsigned priority)
{
    *(uint8_t *)&hart->place = (uint8_t)priority;
    hart->better = (1ull << priority) - 1;
}
static inline void sched_follow(struct hart *hart, unsigned priority)
{
    if (priority == PRIORITY_NONE)
        priority = PRIORITY_COUNT - 1;
    if (hart->place == task_place(hart->number, priority))
        return;
    sched_place(hart, priority);
    if (hart->kernel_line.bitmap)
        co_change_priority(&hart->switching, priority);
}

/* A second coroutine of the kernel comes to be: from now on their order counts. */
void sched_queue_switching(struct hart *hart);

/* Put a task of this hart, which is marked READY at the priority, into its queue. Somebody else
 * runs: see sched_slice. */
static inline void sched_queue(struct hart *hart, struct task *task, uint64_t priority)
{
    task_list_push(&hart->ready[priority], task);
    *hart->runnable |= 1ull << priority;
}

/* Load the address space of a process that may not have run on this hart yet. */
static inline void sched_load_space(struct hart *hart, struct process *process)
{
    uint64_t bit = 1ull << hart->number;

    if (hart->space == process)
        return;
    /* Before the first walk of its tables here: who changes them later must see it. */
    if (!(process->vspace.harts & bit))
        __atomic_fetch_or(&process->vspace.harts, bit, __ATOMIC_SEQ_CST);
    hart->space = process;
    arch_switch_space(process->translation, process->shares_asid);
}

/* Take the best ready task out of its queue, if it may run next without another look: at a budget,
 * a handler of user interrupts, the floor, other coroutines of the kernel. Else NULL, and nothing
 * is changed. */
static inline struct task *sched_next(struct hart *hart)
{
    struct task_list *queue;
    struct task *task;
    unsigned level;

    if (!*hart->runnable || hart->kernel_line.bitmap || sched_floor)
        return NULL;
    level = (uint8_t)hart->place; /* mostly an equal, and then there is nothing to look for */
    if (!hart->ready[level].first || (*hart->runnable & hart->better))
        level = first_bit(*hart->runnable);
    queue = &hart->ready[level];
    task = queue->first;
    if (task->careful & CAREFUL_SWITCH)
        return NULL;
    queue->first = task->next;
    if (!task->next)
        *hart->runnable &= ~(1ull << level);
    sched_place(hart, level);
    return task;
}

/* Switch the address space and the accounts to a task that runs next, and is in no queue. */
void sched_switch_to(struct task *task);

/* No hart has the process's address space loaded any more. None of its tasks runs. With the kernel
 * lock held. */
void sched_leave_space(struct process *process);

/* Have this hart decide anew, within a time slice, what it runs. */
void sched_look_again(uint64_t unused);

/* The timer interrupt. */
void sched_tick(void);
