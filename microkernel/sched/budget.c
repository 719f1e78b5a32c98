/* SPDX-License-Identifier: BSD-2-Clause */
/* Budgets. See budget.h. */
#include <kernel/arch.h>
#include <kernel/budget.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/timer.h>

#define RELEASE_MOST 8 /* tasks that go on at one refill in one go */

static uint64_t ticks_of(uint64_t cycles)
{
    return cycles * (timebase_hz / 1000) / cycles_per_ms;
}

/* What was used from a tick on comes back a period later, or as many periods later as there are
 * budgets in it. One refill too many is merged with the newest, at the later time. */
static void add_refill(struct budget *budget, uint64_t from, uint64_t amount)
{
    uint64_t at = from + (amount + budget->amount - 1) / budget->amount * budget->period;
    unsigned last = (budget->head + budget->count - 1u) % BUDGET_REFILLS;

    if (budget->count > 0 && budget->refills[last].at > at)
        at = budget->refills[last].at;
    if (budget->count == BUDGET_REFILLS)
        amount += budget->refills[last].amount;
    else
        last = (budget->head + budget->count++) % BUDGET_REFILLS;
    budget->refills[last] = (struct refill){at, amount};
}

bool budget_settle(struct process *process)
{
    struct budget *budget = &process->budget;
    uint64_t used = __atomic_load_n(&process->cycles, __ATOMIC_RELAXED) - budget->charged, now;

    if (!budget->amount)
        return true;
    now = arch_time();
    if (used > 0) {
        uint64_t from = now - ticks_of(used);
        uint64_t over = used > budget->amount ? used - budget->amount : 0;

        budget->charged += used;
        budget->left -= (int64_t)used;
        add_refill(budget, from, used - over);
        if (over)
            add_refill(budget, from + budget->period, over);
    }
    while (budget->count > 0 && budget->refills[budget->head].at <= now) {
        budget->left += (int64_t)budget->refills[budget->head].amount;
        budget->head = (uint8_t)((budget->head + 1u) % BUDGET_REFILLS);
        budget->count--;
    }
    if (budget->left > 0)
        timer_need(now + ticks_of((uint64_t)budget->left) + 1);
    return budget->left > 0;
}

void budget_arm(struct budget *budget)
{
    deadline_set(&budget->refill, budget->refills[budget->head].at);
    timer_need(budget->refill.at);
}

void budget_wait(struct task *task)
{
    task->hot.state = TASK_BLOCKED;
    task->blocked_on = BLOCK_BUDGET;
    task_list_push(&task->process->budget.waiting, task);
    budget_arm(&task->process->budget);
}

void budget_detach(struct task *task)
{
    task_list_remove(&task->process->budget.waiting, task);
    task->blocked_on = BLOCK_NONE;
}

static void refill_due(struct deadline *which)
{
    struct budget *budget = (struct budget *)((char *)which - offsetof(struct budget, refill));
    struct process *process = (struct process *)((char *)budget - offsetof(struct process, budget));

    if (!budget_settle(process)) {
        budget_arm(budget);
        return;
    }
    job_refilled(process);
    for (unsigned i = 0; i < RELEASE_MOST && budget->waiting.first; i++) {
        struct task *task = budget->waiting.first;

        budget_detach(task);
        sched_ready(task, task_priority(task));
    }
    if (budget->waiting.first)
        deadline_set(which, 0);
}

void budget_set(struct process *process, uint64_t amount, uint64_t period)
{
    struct budget *budget = &process->budget;

    budget->amount = amount;
    budget->period = period;
    budget->left = (int64_t)amount;
}

void budget_init(struct budget *budget)
{
    deadline_init(&budget->refill, refill_due);
}
