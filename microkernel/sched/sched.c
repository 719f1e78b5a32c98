/* SPDX-License-Identifier: BSD-2-Clause */
/* Ready queues, effective priority, and the decision who runs when the kernel is left.
 *
 * Invariants, between any two statements outside this file:
 *   - bit p of *hart->runnable is set if and only if ready[p] is not empty;
 *   - a task is in a ready queue if and only if it is READY;
 *   - at most one task of a hart is RUNNING, and it is hart->current;
 *   - a task in a queue of a hart has it as its home.
 */
#include <kernel/arch.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <kernel/trace.h>
#include <kernel/upcall.h>

uint64_t kernel_space;

#define GIVE_MOST 8   /* tasks that move to other harts at one tick */
#define SLICE_HZ  100 /* equal priorities take turns this often */

/* Somebody waits while another runs: equals shall take turns. */
void sched_slice(void)
{
    struct hart *hart = hart_self();

    if (hart->slice_end)
        return;
    hart->slice_end = arch_time() + timebase_hz / SLICE_HZ;
    timer_need(hart->slice_end);
}

/* Whether anybody waits while a task runs. */
static bool somebody_waits(const struct hart *hart)
{
    return *hart->runnable || hart->executor.live > 1;
}

/* Into a queue of this hart. */
static void enqueue(struct hart *hart, struct task *task, unsigned priority)
{
    task->hot.state = TASK_READY;
    task->hot.priority = (uint8_t)priority;
    sched_queue(hart, task, priority);
    if (hart->current)
        sched_slice();
}

static void dequeue(struct hart *hart, struct task *task)
{
    task_list_remove(&hart->ready[task->hot.priority], task);
    if (!hart->ready[task->hot.priority].first)
        *hart->runnable &= ~(1ull << task->hot.priority);
}

/* A task that is in no queue and not running changes its home. In this order, each once: a wake
 * that was sent before may have that hart take it as soon as it is MOVING and at home there. From
 * then on only that hart touches it. */
static void move(struct task *task, unsigned to, unsigned priority)
{
    task->hot.priority = (uint8_t)priority;
    __atomic_store_n(&task->hot.state, TASK_MOVING, __ATOMIC_RELEASE);
    __atomic_store_n(&task->home, (uint8_t)to, __ATOMIC_RELEASE);
    hart_send(task, 1ull << priority);
}

void sched_ready(struct task *task, unsigned priority)
{
    if (task->home == hart_self()->number)
        enqueue(hart_self(), task, priority);
    else
        move(task, task->home, priority);
}

void sched_rouse(struct task *task, uint32_t event, unsigned priority)
{
    task->event = event;
    task->hot_word = TASK_HOT(TASK_READY, ENTER_EVENT, priority, priority);
    enqueue(hart_self(), task, priority);
}

void sched_wake(struct task *task, unsigned priority)
{
    struct hart *hart = hart_self();

    if (task->home != hart->number) {
        hart_send(task, 1ull << priority);
        return;
    }
    if (task->is_thread)
        return;
    if (priority < task->hot.pending)
        task->hot.pending = (uint8_t)priority;
    if (task_is_idle(task)) {
        sched_rouse(task, EVENT_WAKE, priority);
    } else if (task->hot.state == TASK_READY && priority < task->hot.priority) {
        dequeue(hart, task);
        enqueue(hart, task, priority);
    } else if (task->hot.state == TASK_BLOCKED) {
        job_hurry(task, priority);
    }
}

void sched_arrive(struct task *task, unsigned priority)
{
    if (__atomic_load_n(&task->hot.state, __ATOMIC_ACQUIRE) == TASK_MOVING)
        enqueue(hart_self(), task, task_priority(task));
    sched_wake(task, priority);
}

/* What a hart_call carries besides its argument; guarded by the kernel lock. */
static enum task_state withdraw_to;

static void withdraw(uint64_t address)
{
    struct task *task = (struct task *)(uintptr_t)address;
    struct hart *hart = hart_self();

    if (task->hot.state == TASK_READY)
        dequeue(hart, task);
    if (hart->interrupted == task)
        upcall_leave(hart);
    if (task->hot.state == TASK_BLOCKED && task->blocked_on == BLOCK_BUDGET)
        budget_detach(task);
    if (hart->current == task)
        sched_drop_current();
    if (task_is_idle(task))
        task->event = EVENT_WAKE; /* should it be resumed: it was rung by nobody */
    task->hot.state = (uint8_t)withdraw_to;
    task_whole(task);
}

void sched_withdraw(struct task *task, enum task_state state)
{
    withdraw_to = state;
    hart_run(1ull << task->home, withdraw, (uintptr_t)task);
}

void sched_set_priority(struct task *thread, unsigned priority)
{
    unsigned state = thread->hot.state;
    bool runs = state == TASK_READY || state == TASK_RUNNING || state == TASK_MOVING;

    /* The current one is looked at when the kernel is left. Another may run, or be taken out of its
     * queue, on its home hart at this moment. */
    if (runs && thread != hart_self()->current) {
        sched_withdraw(thread, TASK_BLOCKED);
        thread->base_priority = (uint8_t)priority;
        sched_ready(thread, priority);
        return;
    }
    thread->base_priority = (uint8_t)priority;
    if (state == TASK_BLOCKED && thread->blocked_on == BLOCK_BUDGET)
        thread->hot.priority = (uint8_t)priority; /* at which it will go on */
    if (state == TASK_BLOCKED && thread->blocked_on == BLOCK_JOB &&
        thread->home == hart_self()->number)
        job_hurry(thread, priority);
}

unsigned sched_claimed(struct task *task)
{
    unsigned best;
    uint64_t running;

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

void sched_drop_current(void)
{
    struct hart *hart = hart_self();
    struct task *task = hart->current;

    upcall_forget(hart);
    if (!task)
        return;
    task->cycles += sched_elapsed(hart);
    sched_charge(task);
    hart->current = NULL;
}

static void leave_space_here(uint64_t process)
{
    struct hart *hart = hart_self();

    if (hart->space != (struct process *)(uintptr_t)process)
        return;
    hart->space = NULL;
    arch_switch_space(kernel_space, true);
}

void sched_leave_space(struct process *process)
{
    hart_run(process->vspace.harts, leave_space_here, (uintptr_t)process);
}

void sched_charge(struct task *task)
{
    __atomic_fetch_add(&task->process->cycles, task->cycles, __ATOMIC_RELAXED);
    __atomic_fetch_add(&task->process->switches, task->switches, __ATOMIC_RELAXED);
    task->cycles = 0;
    task->switches = 0;
}

void sched_switch_to(struct task *task)
{
    struct hart *hart = hart_self();

    sched_account(hart, hart->current ? hart->current : task, task);
    if (hart->current && hart->current->process)
        sched_charge(hart->current);
    if (__builtin_expect(hart->trace != NULL, 0))
        trace_record(TRACE_SWITCH, task, task->hot.priority, trace_task(hart->current));
    hart->current = task;
    task->hot.state = TASK_RUNNING;
    sched_load_space(hart, task->process);
    /* Those that became ready while the hart was idle armed nothing. */
    if (somebody_waits(hart))
        sched_slice();
}

/* ---- which hart ---- */

/* The best hart of those in the mask, of which one at least is online. */
static unsigned choose_hart(uint64_t allowed)
{
    uint64_t idle = __atomic_load_n(&harts_idle, __ATOMIC_RELAXED) & allowed;

    if (idle) {
        __atomic_fetch_and(&harts_idle, ~(idle & -idle), __ATOMIC_RELAXED);
        return priority_first(idle);
    }
    if (allowed & 1ull << hart_self()->number)
        return hart_self()->number;
    return priority_first(allowed & __atomic_load_n(&harts_online, __ATOMIC_RELAXED));
}

void sched_start(struct task *task, unsigned priority)
{
    unsigned here = hart_self()->number;
    uint64_t allowed = task->process->harts;
    bool near = task->is_thread || task == &task->process->cpu;
    unsigned to = near && (allowed & 1ull << here) ? here : choose_hart(allowed);

    /* Where it was made a light call may be about to wake it as a task of that hart. */
    if (task->home != here) {
        __atomic_store_n(&task->home, (uint8_t)here, __ATOMIC_RELEASE);
        (void)hart_quiesce();
    }
    if (to == here)
        sched_ready(task, priority);
    else
        move(task, to, priority);
}

/* Tasks that wait here go to harts that idle, best first; at most one of each priority. */
static void give_away(struct hart *hart)
{
    uint64_t here = 1ull << hart->number;
    uint64_t waiting = *hart->runnable;
    unsigned given = 0;

    if (!waiting || harts_online == 1 || !kernel_try_lock())
        return;
    for (; waiting && given < GIVE_MOST; waiting &= waiting - 1) {
        struct task *task = hart->ready[priority_first(waiting)].first;
        uint64_t allowed = task->process->harts;
        uint64_t idle = __atomic_load_n(&harts_idle, __ATOMIC_RELAXED) & ~here;

        if ((allowed & here) && !(allowed & idle))
            continue;
        dequeue(hart, task);
        /* It ran here until now: when it runs there it must not be taken for this hart's. */
        if (hart->current == task)
            sched_drop_current();
        if (hart->interrupted == task)
            upcall_leave(hart);
        move(task, choose_hart(allowed & ~here), task->hot.priority);
        given++;
    }
    kernel_unlock();
}

/* The current task has used its process's budget up: it waits for more. */
static void take_used_up(struct hart *hart)
{
    struct task *task = hart->current;

    if (!task || task->hot.state != TASK_RUNNING || !task->process->budget.amount)
        return;
    kernel_lock();
    if (hart->current == task) {
        sched_account(hart, task, task);
        sched_charge(task);
        if (!budget_settle(task->process)) {
            task->hot.priority = (uint8_t)sched_effective(task);
            hart->current = NULL;
            budget_wait(task);
        }
    }
    kernel_unlock();
}

/* Whether the budget of the process of the first task in a queue of this hart lets it run. If not,
 * it waits for a refill, or is there no longer. */
static bool affords(const struct hart *hart, struct task *task)
{
    const struct task_list *queue = &hart->ready[task->hot.priority];
    bool waits, affords;

    if (!task->process->budget.amount)
        return true;
    kernel_lock();
    /* Unless another hart stopped it, or even destroyed it, while this one waited for the lock. */
    waits = queue->first == task;
    affords = waits && budget_settle(task->process);
    if (waits && !affords) {
        dequeue(hart_self(), task);
        budget_wait(task);
    }
    kernel_unlock();
    return affords;
}

struct task *sched_take(struct hart *hart)
{
    uint64_t levels = *hart->runnable;
    struct task *task;

    if (!levels)
        return NULL;
    if (sched_floor && ++hart->takes % sched_floor == 0) {
        while (levels & (levels - 1))
            levels &= levels - 1;
    }
    task = hart->ready[first_bit(levels)].first;
    if (!affords(hart, task))
        return NULL;
    dequeue(hart, task);
    return task;
}

/* Whether a task or a job of this priority stands ready. */
static bool equal_waits(const struct hart *hart, unsigned priority)
{
    const struct co *first = hart->executor.ready[priority].first;

    return hart->ready[priority].first || (first && (first != &hart->switching || first->next));
}

void sched_tick(void)
{
    struct hart *hart = hart_self();
    struct task *task;
    uint64_t now = arch_time();
    bool over = hart->slice_end && now >= hart->slice_end; /* else only a deadline is due */

    if (over)
        hart->slice_end = 0;
    kernel_lock();
    timer_expire(now);
    kernel_unlock();
    take_used_up(hart);
    task = hart->current;
    /* The slice is over: the next of the same priority, if there is one. */
    if (task && task->hot.state == TASK_RUNNING &&
        ((over && equal_waits(hart, sched_effective(task))) ||
         !(task->process->harts & 1 << hart->number)))
        sched_ready(task, sched_effective(task));
    give_away(hart);
    if (somebody_waits(hart))
        sched_slice();
}

void sched_look_again(uint64_t unused)
{
    sched_slice();
}
