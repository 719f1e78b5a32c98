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
#include <executor/executor.h>
#include <kernel/arch.h>
#include <kernel/process.h>
#include <kernel/task.h>

struct hart {
    /* Used by entry.S; offsets by asm_offsets.c. */
    uint64_t scratch; /* t0 between two instructions of the entry */
    uint64_t user_sp;
    uint64_t user_gp;
    uint64_t user_tp;
    uint64_t user_pc;
    uint64_t stack_top;
    struct executor_line *line; /* gp of the kernel */
    struct task *current;       /* the task that runs in user mode; NULL: none */
    uint64_t words[6];          /* of a message that is delivered carefully, */
    uint64_t header;            /* and its header */
    uint64_t invoked;           /* a7 of who rings, should it be refused */
    uint64_t event;             /* a7 of who is entered; 0: not decided at a glance */
    struct task *sender;        /* blocked by a synchronous call; NULL: not decided at a glance */

    uint64_t better;        /* the priorities better than the switching coroutine's */
    uint64_t *runnable;     /* bit p: queue p is not empty; in the global bitmap page */
    struct process *space;  /* whose address space is loaded; NULL: none */
    uint64_t switched_at;   /* cycle counter at the last switch */
    uint64_t next_deadline; /* the timer is set to this tick; ~0: not set */
    bool slice_armed;
    uint32_t number; /* 0.. in the order of booting */
    uint64_t hartid;

    struct executor_line kernel_line __attribute__((aligned(64)));
    struct co switching; /* the switching coroutine */
    struct task_list ready[PRIORITY_COUNT];
    struct executor executor; /* the kernel's own */
    struct co_slot co_slots[16];
};
extern struct hart harts[8];
extern uint64_t kernel_space; /* the address space that maps the kernel only */

/* Set up this hart's queues and its switching coroutine. */
void sched_init(struct hart *hart);

/* Find the best priority in a bitmap; PRIORITY_NONE if it is 0. (rv64imac has no instruction for
 * it: isolate the lowest bit, and a de Bruijn multiplication moves its number to the top.) */
extern const uint8_t priority_table[64];
static inline unsigned priority_first(uint64_t bitmap)
{
    if (!bitmap)
        return PRIORITY_NONE;
    return priority_table[(bitmap & -bitmap) * 0x03f79d71b4cb0a89ull >> 58];
}

/* Make a task that is in no queue READY at the priority. */
void sched_ready(struct task *task, unsigned priority);
/* A READY task has become better (or not): move it. */
void sched_raise(struct task *task, unsigned priority);
/* Take a task out of whatever queue it stands in. */
void sched_remove(struct task *task);
/* Wherever a task runs or waits to run, it stops there: its context is whole, it is in no ready
 * queue, and in the state, which is neither READY nor RUNNING. For a BLOCKED task: detach it first
 * from what it waits for. */
void sched_withdraw(struct task *task, enum task_state state);

/* Effective priority of a virtual CPU in user mode or suspended: best of its bitmap, its running
 * coroutine and pending wakes, clamped to the ceiling. PRIORITY_NONE: nothing to run. */
unsigned sched_effective(struct task *task);

/* The current task gives up the CPU, READY again or not. Its registers are saved, or not needed. */
void sched_put_current(void);

/* Leave the kernel: for the current task if it is still the best, else for the best. */
void sched_leave(void) __attribute__((noreturn));

/* Whether somebody strictly better than the priority (0..63) waits: a task, or a kernel coroutine
 * other than the switching one. */
static inline bool sched_better_waits(const struct hart *hart, unsigned priority)
{
    uint64_t kernel = hart->kernel_line.bitmap & ~(1ull << hart->switching.priority);

    return ((*hart->runnable | kernel) & ((1ull << priority) - 1)) != 0;
}

/* Charge the time since the last switch, and count a switch to the next. */
static inline void sched_account(struct hart *hart, struct process *from, struct process *to)
{
    uint64_t now = arch_cycles();

    from->cycles += now - hart->switched_at;
    hart->switched_at = now;
    to->switches++;
}

/* Load a process's address space on this hart, if it is not loaded. */
static inline void sched_load_space(struct hart *hart, struct process *process)
{
    if (hart->space == process)
        return;
    hart->space = process;
    arch_switch_space(process->translation, process->shares_asid);
}

/* Keep the switching coroutine's priority true to the best runnable task. */
static inline void sched_follow(struct hart *hart, unsigned priority)
{
    if (hart->switching.priority == priority)
        return;
    co_change_priority(&hart->switching, priority);
    hart->better = (1ull << priority) - 1;
}

/* Switch the address space and the accounts to a task that runs next. */
void sched_switch_to(struct task *task);

/* Leave every process's address space: only the kernel is mapped. */
void sched_leave_space(void);

/* What the switching coroutine's priority must be now. */
unsigned sched_switching_priority(void);

/* The timer interrupt. */
void sched_tick(void);
