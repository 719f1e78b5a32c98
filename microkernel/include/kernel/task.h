/* SPDX-License-Identifier: BSD-2-Clause */
/* What the scheduler schedules: a virtual CPU of a coroutine process, or a thread.
 *
 * States, which its home hart changes (a task is in a ready queue if and only if it is READY):
 *
 *     NEW --start--> READY <--preempted-- RUNNING --yield, nothing ready--> IDLE --wake--> READY
 *                      \----dispatched---->/  \--blocks in a call--> BLOCKED --answered--> READY
 *     READY, RUNNING, BLOCKED, IDLE --thread_suspend--> SUSPENDED --thread_resume--> READY
 *     RUNNING --fault--> FAULTED --fault_resume, fault_restart--> READY
 *     any --process_stop, thread_stop, deletion--> STOPPED
 *
 * A virtual CPU that yielded has no registers: it is entered at executor_line.pc (ENTER_EVENT). One
 * that was preempted is running-suspended: its context is whole and it resumes exactly there
 * (ENTER_RESUME), whatever wakes come meanwhile. Of one that gave way in a light system call only
 * what such a call leaves is kept (ENTER_RETURN), until it is stopped.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/abi.h>
#include <arch/cpu.h>

enum task_state {
    TASK_IDLE,       /* + the number of its home hart: one comparison tells that it is idle here */
    TASK_ASLEEP = 8, /* the same, on any hart: of one that nothing is decided of at a glance */
    TASK_NEW,
    TASK_READY,
    TASK_RUNNING,
    TASK_MOVING, /* ready, on its way to its home hart's queue */
    TASK_BLOCKED,
    TASK_FAULTED,   /* in its process's list of the faulted */
    TASK_SUSPENDED, /* until somebody resumes it */
    TASK_STOPPED
};
enum task_enter {
    ENTER_EVENT,  /* at its line's pc */
    ENTER_RETURN, /* from a system call: pc, a0 and what a call preserves are in the context */
    ENTER_RESUME, /* exactly where it was: all of it is */
    ENTER_STAYS   /* of no task: who is current stays so (ipc/glance.c) */
};

struct hart;
struct process;
struct rendezvous;
struct reply;

struct task_hot {
    uint8_t state;    /* enum task_state */
    uint8_t enter;    /* enum task_enter */
    uint8_t priority; /* READY: its queue; RUNNING: dispatched at */
    uint8_t pending;  /* best priority of wakes that the executor has not taken; PRIORITY_NONE */
};

/* The same as one word, which is how a switch writes it. */
#define TASK_HOT(state, enter, priority, pending)                                                  \
    ((uint32_t)(state) | (uint32_t)(enter) << 8 | (uint32_t)(priority) << 16 |                     \
     (uint32_t)(pending) << 24)

/* User interrupts of a virtual CPU (kernel/upcall.h). */
struct upcall {
    uint64_t pc; /* the handler; 0: none */
    uint64_t sp;
    bool active; /* in the handler */
    union {
        struct arch_context interrupted;  /* upcall, while active: where it goes on */
        struct arch_user_interrupt state; /* N extension, while active and not loaded */
        uint32_t loans[PRIORITY_COUNT];   /* of a thread, which has none of these (thread.h) */
    };
};

struct task {
    /* Read on the hot path: one cache line. */
    union {
        struct task_hot hot;
        uint32_t hot_word;
    };
    union {
        struct {
            uint8_t base_priority; /* of a thread; of a virtual CPU PRIORITY_NONE */
            uint8_t home;          /* the hart that it belongs to */
            uint8_t careful;       /* CAREFUL_*; not 0: nothing is decided of it at a glance */
        };
        uint32_t place; /* these: task_place */
    };
    struct executor_line *quick; /* `line`; NULL: nothing is decided at a glance of it */
    struct executor_line *line;  /* the kernel's address; NULL for a thread */
    uint64_t line_vaddr;         /* the user's address: gp at an event entry */
    struct process *process;
    bool is_thread;
    uint32_t event;    /* a7 at ENTER_EVENT */
    struct task *next; /* ready queue, the list of what it is BLOCKED on, or of the FAULTED */
    struct task *prev;
    uint64_t argument; /* a0 at EVENT_START */

    /* FAULTED: why, and where (the rest of the record is in the context). */
    uint64_t fault_cause;
    uint64_t fault_address;

    uint32_t number; /* a virtual CPU's line; a thread's number in its process, from 1 */

    /* Threads only. */
    struct task *sibling; /* the process's list of threads */
    struct task **sibling_back;
    struct rendezvous *rendezvous; /* BLOCKED there, calling or receiving */
    struct reply *reply;           /* BLOCKED in a call: it answers */
    struct reply *held;            /* it receives with it, or did last; or NULL */
    uint16_t wait_slot;            /* BLOCKED in thread_wait */
    uint8_t blocked_on;            /* enum task_block; of a virtual CPU: BLOCK_JOB */
    uint64_t badge;                /* of the capability that it called through */

    uint64_t cycles; /* spent running, since sched_charge; its home hart's */
    uint64_t switches;

    /* Written by other harts. */
    uint64_t remote __attribute__((aligned(64))); /* bit p: a wake of priority p was sent */
    struct task *inbox_next;                      /* the inbox that it is in, while remote != 0 */

    struct arch_context context;
    struct upcall upcall;
};

/* From zeroed memory: NEW, at home on this hart. */
void task_init(struct task *task);
/* ipc/fault.c: the current task has stopped, and the supervisor, a thread that is in no queue, goes
 * on: at once, and then this does not return, or READY. With the kernel lock held. */
void light_fault(struct hart *hart, struct task *supervisor);
/* Its state as process_info and thread_info put it (PROCESS_*). */
uint64_t task_told_state(const struct task *task);
static inline bool task_is_idle(const struct task *task)
{
    return task->hot.state < TASK_NEW;
}
/* Make the context of one that returns from a system call (ENTER_RETURN) whole. */
void task_whole(struct task *task);
/* Nobody is better than its ceiling. */
static inline uint8_t clamp(uint64_t priority, uint8_t ceiling)
{
    return priority < ceiling ? ceiling : (uint8_t)priority;
}
/* At which one that stands goes on: of a wake that came meanwhile, if that is better. */
static inline unsigned task_priority(const struct task *task)
{
    return task->hot.pending < task->hot.priority ? task->hot.pending : task->hot.priority;
}
static inline uint32_t task_place(unsigned hart, unsigned priority)
{
    return hart << 8 | priority;
}

enum task_block {
    BLOCK_NONE,
    BLOCK_CALL,
    BLOCK_SEND,
    BLOCK_REPLY,
    BLOCK_RECEIVE,
    BLOCK_WAIT,
    BLOCK_BUDGET,
    BLOCK_JOB
};

/* Why nothing is decided of a task at a glance. */
enum task_careful {
    CAREFUL_BUDGET = 1,
    CAREFUL_TIMEOUT = 2, /* it has a deadline */
    CAREFUL_LOANS = 4,   /* somebody lends to it */
    CAREFUL_LENDS = 8,   /* it lends to somebody */
    CAREFUL_START = 16,  /* its first entry is to come: EVENT_START */
    CAREFUL_UPCALL = 32, /* it has a handler of user interrupts */
    CAREFUL_SWITCH = CAREFUL_BUDGET | CAREFUL_START | CAREFUL_UPCALL /* to it */
};

/* A first-in first-out list through next and prev. What is not needed is not kept: the first one's
 * prev is anything, and so is `last` while there is no first. */
struct task_list {
    struct task *first;
    struct task *last;
};
static inline void task_list_push(struct task_list *list, struct task *task)
{
    task->next = NULL;
    task->prev = list->last;
    if (list->first)
        list->last->next = task;
    else
        list->first = task;
    list->last = task;
}
void task_list_remove(struct task_list *list, struct task *task);
