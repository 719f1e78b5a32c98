/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: register contexts that block in the kernel. */
#include <kernel/list.h>
#include <kernel/process.h>
#include <kernel/rendezvous.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>

/* The deadline of an operation in which a thread is BLOCKED. */
static void timed_out(struct deadline *which)
{
    struct task *task =
        &((struct thread *)((char *)which - offsetof(struct thread, deadline)))->task;

    rendezvous_cancel(task, E_TIMEOUT);
    sched_ready(task, task->base_priority);
}

void thread_init(void *object)
{
    struct thread *thread = object;

    thread->lent = PRIORITY_NONE;
    thread->timeout = DEADLINE_NEVER;
    deadline_init(&thread->deadline, timed_out);
    thread->task.is_thread = true;
    task_init(&thread->task);
}

void thread_destroy(void *object)
{
    struct task *task = &((struct thread *)object)->task;

    if (task->process)
        thread_leave(task);
}

bool thread_reap_step(void *object)
{
    struct task *task = &((struct thread *)object)->task;

    /* The caller itself has to come back. Any other is stopped first, so that it takes no more. */
    if (task != job_caller() && task->hot.state != TASK_STOPPED)
        task_halt(task, TASK_STOPPED);
    if (!rendezvous_forsake_step(task))
        return false;
    if (task->hot.state != TASK_STOPPED)
        task_halt(task, TASK_STOPPED);
    return true;
}

void thread_leave(struct task *task)
{
    LIST_REMOVE(task, sibling, sibling_back);
    task->process = NULL;
}

long sys_thread_configure(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = &((struct thread *)cap_object(cap))->task;
    struct process *process;
    struct slot *slot;

    TRY(cap_argument(caller, args, 0, 1u << OBJECT_PROCESS, RIGHT_WRITE, &slot));
    process = cap_object(slot);
    TRY(in_range(args, 5, 0, PRIORITY_COUNT - 1));
    if (task->process || task->hot.state != TASK_NEW)
        return E_IN_USE;
    /* A process has virtual CPUs or threads, not both. */
    if (!process->configured || process->stopped || process->cpu.hot.state != TASK_NEW ||
        process->cpu_count)
        return blame(1, E_STATE);
    task->process = process;
    task->number = ++process->thread_count;
    LIST_PUSH(&process->threads, task, sibling, sibling_back);
    if (!task->sibling)
        (void)hart_quiesce(); /* light calls that have seen no threads end before one can wait */
    task->context.x[REG_PC] = args[1];
    task->context.x[REG_SP] = args[2];
    task->context.x[REG_TP] = args[3];
    task->context.x[REG_A0] = args[4];
    task->hot.enter = ENTER_RESUME;
    task->careful = process->budget.amount ? CAREFUL_BUDGET : 0;
    task->base_priority = clamp(args[5], process->ceiling);
    thread_of(task)->own_priority = task->base_priority;
    args[1] = task->number;
    return E_OK;
}

long sys_thread_start(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = &((struct thread *)cap_object(cap))->task;

    if (!task->process || task->hot.state != TASK_NEW)
        return E_STATE;
    sched_start(task, task->base_priority);
    return E_OK;
}

long sys_thread_stop(struct process *caller, struct slot *cap, uint64_t *args)
{
    return thread_reap_step(cap_object(cap)) ? E_OK : KERNEL_RESTART;
}

long sys_thread_yield(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = hart_self()->current;

    if (!task->is_thread)
        return E_STATE;
    sched_ready(task, task->base_priority);
    return E_OK;
}

long sys_thread_deadline(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = hart_self()->current;

    if (!task->is_thread)
        return E_STATE;
    thread_of(task)->timeout = args[0];
    if (args[0] == DEADLINE_NEVER)
        task->careful &= (uint8_t)~CAREFUL_TIMEOUT;
    else
        task->careful |= CAREFUL_TIMEOUT;
    return E_OK;
}

long sys_thread_priority(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct thread *thread = cap_object(cap);
    struct task *task = &thread->task;

    TRY(in_range(args, 0, 0, PRIORITY_COUNT - 1));
    if (!task->process)
        return E_STATE;
    lending_settle(task);
    thread->own_priority = clamp(args[0], task->process->ceiling);
    lending_follow(thread);
    return E_OK;
}

long sys_thread_info(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = task_of(cap);

    args[1] = task_told_state(task);
    args[2] = task->is_thread ? task->base_priority : task->hot.priority;
    args[3] = task->is_thread ? thread_of(task)->own_priority : args[2];
    args[4] = task->number;
    args[5] = task->home;
    return E_OK;
}
