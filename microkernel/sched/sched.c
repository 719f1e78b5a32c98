/* SPDX-License-Identifier: BSD-2-Clause */
/* Ready queues, effective priority, and the decision who runs when the kernel is left.
 *
 * Invariants, between any two statements outside this file:
 *   - bit p of *hart->runnable is set if and only if ready[p] is not empty;
 *   - a task is in a ready queue if and only if it is READY;
 *   - at most one task of a hart is RUNNING, and it is hart->current.
 */
#include <kernel/arch.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/timer.h>

const uint8_t priority_table[64] = {
    0,  1,  48, 2,  57, 49, 28, 3,  61, 58, 50, 42, 38, 29, 17, 4,  62, 55, 59, 36, 53, 51,
    43, 22, 45, 39, 33, 30, 24, 18, 12, 5,  63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21,
    44, 32, 23, 11, 46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,  13, 8,  7,  6,
};

uint64_t kernel_space;

#define SLICE_HZ 100 /* equal priorities take turns this often */

/* Somebody waits while another runs: equals shall take turns. */
static void slice_arm(struct hart *hart)
{
    if (hart->slice_armed)
        return;
    hart->slice_armed = true;
    timer_need(arch_time() + timebase_hz / SLICE_HZ);
}

void sched_ready(struct task *task, unsigned priority)
{
    struct hart *hart = hart_self();

    task->hot.state = TASK_READY;
    task->hot.priority = (uint8_t)priority;
    task_list_push(&hart->ready[priority], task);
    *hart->runnable |= 1ull << priority;
    if (hart->current)
        slice_arm(hart);
}

void sched_remove(struct task *task)
{
    struct hart *hart = hart_self();

    if (task->hot.state != TASK_READY)
        return;
    task_list_remove(&hart->ready[task->hot.priority], task);
    if (!hart->ready[task->hot.priority].first)
        *hart->runnable &= ~(1ull << task->hot.priority);
}

void sched_withdraw(struct task *task, enum task_state state)
{
    sched_remove(task);
    task->hot.state = (uint8_t)state;
}

void sched_raise(struct task *task, unsigned priority)
{
    if (priority >= task->hot.priority)
        return;
    sched_remove(task);
    sched_ready(task, priority);
}

unsigned sched_effective(struct task *task)
{
    unsigned best;
    uint64_t running;

    if (task->is_thread)
        return task->base_priority;
    /* Each word of the line is read once; whatever it says is only compared and clamped. */
    best = priority_first(__atomic_load_n(&task->line->bitmap, __ATOMIC_RELAXED));
    running = __atomic_load_n(&task->line->running, __ATOMIC_RELAXED);
    if (running < best)
        best = (unsigned)running;
    if (!__atomic_load_n(&task->line->wakes, __ATOMIC_RELAXED))
        task->hot.pending = PRIORITY_NONE; /* the executor has taken them all */
    if (task->hot.pending < best)
        best = task->hot.pending;
    /* Between two coroutines it publishes nothing, but it is not done: as when dispatched. */
    if (best == PRIORITY_NONE)
        best = task->hot.priority;
    return best < task->process->ceiling ? task->process->ceiling : best;
}

void sched_put_current(void)
{
    struct task *task = hart_self()->current;

    task->hot.enter = ENTER_RESUME;
    sched_ready(task, sched_effective(task));
}

void sched_leave_space(void)
{
    struct hart *hart = hart_self();

    hart->space = NULL;
    arch_switch_space(kernel_space, true);
}

void sched_switch_to(struct task *task)
{
    struct hart *hart = hart_self();

    if (!hart->current)
        hart->switched_at = arch_cycles(); /* it was idle */
    sched_account(hart, hart->current ? hart->current->process : task->process, task->process);
    hart->current = task;
    task->hot.state = TASK_RUNNING;
    sched_load_space(hart, task->process);
    /* Those that became ready while the hart was idle armed nothing. */
    if (*hart->runnable)
        slice_arm(hart);
}

void sched_tick(void)
{
    struct hart *hart = hart_self();
    struct task *task = hart->current;
    uint64_t now = arch_time();

    hart->next_deadline = ~0ull;
    hart->slice_armed = false;
    timer_expire(now);
    if (!task || task->hot.state != TASK_RUNNING)
        return;
    /* The slice is over: the next of the same priority, if there is one. */
    if (hart->ready[sched_effective(task)].first)
        sched_put_current();
    else if (*hart->runnable)
        slice_arm(hart);
}
