/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: register contexts that block in the kernel. */
#include <kernel/process.h>
#include <kernel/rendezvous.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>

void thread_init(void *object)
{
    struct thread *thread = object;

    thread->task.is_thread = true;
    thread->task.hot.pending = PRIORITY_NONE;
    thread->task.hot.state = TASK_NEW;
    thread->task.home = hart_self()->number;
}

void thread_destroy(void *object)
{
    struct task *task = &((struct thread *)object)->task;
    struct process *process = task->process;

    task_halt(task, TASK_STOPPED);
    for (struct task **link = process ? &process->threads : NULL; link && *link;
         link = &(*link)->sibling) {
        if (*link == task) {
            *link = task->sibling;
            break;
        }
    }
}

long sys_thread_configure(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = &((struct thread *)cap_object(cap))->task;
    struct process *process;
    struct slot *slot;
    enum error error = cap_argument(caller, args, 0, OBJECT_PROCESS, RIGHT_WRITE, &slot);

    if (error)
        return error;
    process = cap_object(slot);
    if (args[5] >= PRIORITY_COUNT)
        return out_of_range(6, PRIORITY_COUNT - 1);
    if (task->process || task->hot.state != TASK_NEW)
        return E_IN_USE;
    /* A process has virtual CPUs or threads, not both. */
    if (!process->configured || process->stopped || process->cpu.hot.state != TASK_NEW)
        return blame(1, E_STATE);
    task->process = process;
    task->number = ++process->thread_count;
    task->sibling = process->threads;
    process->threads = task;
    task->context.x[REG_PC] = args[1];
    task->context.x[REG_SP] = args[2];
    task->context.x[REG_TP] = args[3];
    task->context.x[REG_A0] = args[4];
    task->hot.enter = ENTER_RESUME;
    task->careful = process->budget.amount != 0;
    task->base_priority = args[5] < process->ceiling ? process->ceiling : (uint8_t)args[5];
    args[1] = task->number;
    return E_OK;
}

long sys_thread_start(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = &((struct thread *)cap_object(cap))->task;

    (void)caller, (void)args;
    if (!task->process || task->hot.state != TASK_NEW)
        return E_STATE;
    sched_start(task, task->base_priority);
    return E_OK;
}

long sys_thread_stop(struct process *caller, struct slot *cap, uint64_t *args)
{
    (void)caller, (void)args;
    task_halt(&((struct thread *)cap_object(cap))->task, TASK_STOPPED);
    return E_OK;
}

long sys_thread_yield(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = hart_self()->current;

    (void)caller, (void)cap, (void)args;
    if (!task->is_thread)
        return E_STATE;
    sched_put_current();
    return E_OK;
}

long sys_thread_wait(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = hart_self()->current;
    uint64_t *word, bit;

    (void)cap;
    if (!task->is_thread)
        return E_STATE;
    if (args[0] >= WAKE_SLOTS)
        return out_of_range(1, WAKE_SLOTS - 1);
    word = &caller->wake_words[args[0] / 64];
    bit = 1ull << args[0] % 64;
    if (__atomic_fetch_and(word, ~bit, __ATOMIC_ACQUIRE) & bit)
        return E_OK;
    task->hot.state = TASK_BLOCKED;
    task->blocked_on = BLOCK_WAIT;
    task->wait_slot = (uint16_t)args[0];
    return E_OK;
}
