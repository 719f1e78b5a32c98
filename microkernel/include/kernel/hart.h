/* SPDX-License-Identifier: BSD-2-Clause */
/* What each hart has for itself. How harts work together: smp.h. */
#pragma once
#include <executor/executor.h>
#include <kernel/smp.h>
#include <kernel/task.h>

struct process;
struct trace_ring;
struct kernel_job;

#define HART_COROUTINES 64 /* the switching coroutine, and jobs at once */

struct hart {
    /* Used by entry.S; offsets by asm_offsets.c. */
    uint64_t scratch; /* t0 between two instructions of the entry */
    uint64_t stack_top;
    struct task *current; /* the task that runs in user mode; NULL: none */
    uint64_t event;       /* a7 of who is entered; 0: not decided at a glance */
    struct task *sender;  /* gives way to `current`; of a synchronous call that is not
                             decided at a glance: NULL */

    uint64_t better;          /* the priorities better than that in `place` */
    uint64_t *runnable;       /* bit p: queue p is not empty; in the global bitmap page */
    uint32_t idle;            /* hot_word of a task that is IDLE here */
    uint32_t place;           /* task_place(number, the switching coroutine's priority) */
    uint8_t number;           /* 0.. in the order of booting */
    struct task *interrupted; /* whose user interrupt CSRs are loaded; NULL: nobody's */
    struct process *space;    /* whose address space is loaded; NULL: none */
    uint64_t switched_at;     /* cycle counter when somebody was charged last */
    uint64_t next_deadline;   /* the timer is set to this tick; ~0: not set */
    uint64_t slice_end;       /* the tick at which those of one priority change; 0: not set */
    uint32_t takes;           /* of tasks from the ready queues, for the floor */
    uint32_t plic_context;    /* of its S-mode; MACHINE_NO_CONTEXT: none */
    struct trace_ring *trace; /* NULL: tracing is off */
    uint64_t hartid;          /* the firmware's number */

    volatile uint32_t *plic_claim; /* the register of its plic_context; NULL: none */

    struct kernel_job *job; /* whose part runs here, or which the current call has taken */
    struct task *arriving;  /* taken from the inbox, and not looked at yet */

    struct task *inbox __attribute__((aligned(64))); /* other harts push */

    struct executor_line kernel_line __attribute__((aligned(64))); /* gp of the kernel */
    struct co switching; /* the switching coroutine; in no queue while it is the only one */
    struct task_list ready[PRIORITY_COUNT];
    struct executor executor; /* the kernel's own */
    struct co_slot co_slots[HART_COROUTINES];
};
extern struct hart harts[HARTS_MAX];

/* ---- boot ---- */

/* Fill in the structure of hart `number`; its stack: the top, in the direct map. */
struct hart *hart_init(unsigned number, uint64_t hartid, uint64_t stack_top);
/* Where another hart's C code begins, translation on, tp set. */
void hart_main(void) __attribute__((noreturn));
