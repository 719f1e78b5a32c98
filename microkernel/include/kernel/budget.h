/* SPDX-License-Identifier: BSD-2-Clause */
/* Budgets: how much time the tasks of a process may take, whatever priority they claim.
 *
 * A sporadic server (Sprunt, Sha, Lehoczky 1989): what is used comes back one period after its use
 * began, so no window of a period's length sees more than the budget. What a task overruns, because
 * the end is noticed at a timer interrupt, is missing from the next period's, and comes back one
 * period later; if it is more than a budget, a period later for each.
 * Refills are at most BUDGET_REFILLS; when there are more, the newest are merged and come back
 * later.
 *
 * A task of a process without budget is not in a ready queue but in `waiting` (BLOCKED on
 * BLOCK_BUDGET) until a refill is due; a job of it (job.h) waits too. Processes that have a budget
 * do not take part in what is decided at a glance (task.quick, task.careful), so that every switch
 * to them looks at it. Guarded by the kernel lock; but what was used is added up in process.cycles
 * without it. */
#pragma once
#include <stdbool.h>
#include <kernel/deadline.h>
#include <kernel/task.h>

#define BUDGET_REFILLS 8

struct process;

struct budget {
    uint64_t amount;  /* cycles in a period; 0: no limit */
    uint64_t period;  /* ticks */
    int64_t left;     /* cycles; not positive: none */
    uint64_t charged; /* the process's cycles up to here have been taken from `left` */
    struct refill {
        uint64_t at; /* tick */
        uint64_t amount;
    } refills[BUDGET_REFILLS]; /* by time, from `head` on, in a ring */
    uint8_t head;
    uint8_t count;
    struct task_list waiting;
    struct deadline refill;
};

void budget_init(struct budget *budget);
/* Give a process that has not started another budget, in cycles and ticks; amount 0: none. */
void budget_set(struct process *process, uint64_t amount, uint64_t period);
/* Take what has been used, add what is due. Value: whether something is left; then this hart's
 * timer comes when it is used up, if it is used from now on. */
bool budget_settle(struct process *process);
/* Have those that wait go on at the next refill. */
void budget_arm(struct budget *budget);
/* A task that is in no queue and not running waits for budget. */
void budget_wait(struct task *task);
/* It does so no more. */
void budget_detach(struct task *task);
