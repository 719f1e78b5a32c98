/* SPDX-License-Identifier: BSD-2-Clause */
/* The Process object: 16 KiB of retyped memory, never more.
 *
 *     page 0  struct process: capability space, virtual CPU 0, bindings, accounts, jobs
 *     page 1  the executor page, mapped into the process
 *     page 2  the root page table
 *     page 3  the rings of asynchronous system calls, mapped into the process
 */
#pragma once
#include <kernel/budget.h>
#include <kernel/cap.h>
#include <kernel/endpoint.h>
#include <kernel/job.h>
#include <kernel/task.h>
#include <kernel/thread.h>
#include <kernel/vspace.h>

#define WAIT_LISTS 64

/* What is cold comes first: all first lines of pages are in one set of the L1, and those of
 * executor pages and root page tables are needed there at each switch. */
struct process {
    struct object object;

    struct kernel_job jobs[JOBS_PER_PROCESS];
    struct batch batch;
    struct slot cspace_root;
    struct endpoint *bindings; /* endpoints, interrupts and timers that wake it */
    struct task *threads;      /* through task.sibling */
    struct task
        *more_cpus[EXECUTOR_LINES - 1]; /* by the number of their line, from 1; NULL: none */
    uint32_t cpu_count;                 /* of these */
    uint32_t thread_count;              /* numbers given to threads so far */
    struct task_list faulted;           /* its tasks that are FAULTED, longest first */

    struct cspace_cache cspace; /* hot: the flat case of cspace_root */
    uint64_t translation;       /* selects its address space, as arch_space_word makes it */
    uint8_t ceiling;
    uint8_t harts;    /* bit n: its tasks may run on hart n */
    bool shares_asid; /* 0, with others: its translations go at each switch */
    bool configured;
    bool executor_mapped;
    bool stopped;
    uint64_t *wake_words; /* the kernel's address of the 64 words */
    uint64_t cycles;      /* charged so far: spent running, by all its tasks */
    uint64_t switches;

    struct task cpu; /* virtual CPU 0 */

    struct vspace vspace;
    struct budget budget;
    struct slot fault_endpoint;
    struct task_list waiting[WAIT_LISTS]; /* threads in thread_wait: see object/wait.c */
};
_Static_assert(sizeof(struct process) <= 4096, "page 0");
_Static_assert(EXECUTOR_LINES * sizeof(struct executor_line) == EXECUTOR_WAKE_WORDS &&
                   EXECUTOR_WAKE_WORDS + WAKE_SLOTS / 8 == EXECUTOR_INTERRUPTIBLE &&
                   EXECUTOR_INTERRUPTIBLE + EXECUTOR_LINES * sizeof(uint64_t) == EXECUTOR_PRIVATE,
               "the executor page: lines, wake words, interruptible words, the process's own");

static inline struct executor_line *process_line(struct process *process, unsigned i)
{
    return (struct executor_line *)((char *)process + PAGE_BYTES) + i;
}
static inline uint64_t *process_root_table(struct process *process)
{
    return (uint64_t *)((char *)process + 2 * PAGE_BYTES);
}

static inline struct call_rings *process_rings(struct process *process)
{
    return (struct call_rings *)((char *)process + 3 * PAGE_BYTES);
}

/* Give it the capability space of a CNode; guard as in cnode_mint. */
CHECKED enum error process_set_cspace(struct process *process, struct slot *cnode, uint64_t guard);

/* A thread that has been stopped leaves its process. */
void thread_leave(struct task *task);
/* What a CAP_TASK means. */
struct task *task_of(const struct slot *cap);

/* The running task faulted (fault.c): it alone stops, and the supervisor is rung. */
void task_fault(struct task *task, uint64_t cause, uint64_t address);
/* Whatever a task does or waits for, that ends, and it stands in the state (as sched_withdraw). */
void task_halt(struct task *task, enum task_state state);
/* Have a task that does not run enter anew: a virtual CPU with EVENT_START. */
void task_enter_at(struct task *task, uint64_t pc, uint64_t sp, uint64_t argument);

/* Have a new virtual CPU enter at args[0] with stack args[1] and argument args[2], at the priority
 * args[3] (clamped). With the kernel lock held. */
void task_start(struct task *cpu, const uint64_t *args);

/* Set the bit of a wake slot: the word before the summary, so who sees the summary bit finds it. */
static inline void process_set_slot(struct task *task, uint16_t slot)
{
    __atomic_fetch_or(&task->process->wake_words[slot / 64], 1ull << slot % 64, __ATOMIC_RELAXED);
    __atomic_fetch_or(&task->line->wakes, 1ull << slot / 64, __ATOMIC_RELEASE);
}

/* Set a wake slot and wake virtual CPU 0, or a thread that waits for it. One that idles on this
 * hart gets the slot with its event instead (EVENT_RUNG), and no bit is set. With the kernel lock
 * held if it is a thread process. */
void process_wake(struct task *task, uint16_t slot, uint8_t priority);
