/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtual CPUs beyond the first of a coroutine process.
 *
 * Each has a line of the executor page. An idle one holds nothing but its memory: it is on no hart
 * and in no queue, so it is given back by yielding with nothing to do, and taken again by
 * virtual_cpu_wake. Endpoints wake the process's first one. */
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/virtual_cpu.h>

void virtual_cpu_init(void *object)
{
    task_init(&((struct virtual_cpu *)object)->task);
}

void virtual_cpu_destroy(void *object)
{
    struct task *task = &((struct virtual_cpu *)object)->task;
    struct process *process = task->process;

    task_halt(task, TASK_STOPPED);
    if (process) {
        process->more_cpus[task->number - 1] = NULL;
        process->cpu_count--;
    }
}

long sys_virtual_cpu_configure(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = &((struct virtual_cpu *)cap_object(cap))->task;
    struct process *process;
    struct slot *slot;

    TRY(cap_argument(caller, args, 0, 1u << OBJECT_PROCESS, RIGHT_WRITE, &slot));
    process = cap_object(slot);
    TRY(in_range(args, 1, 1, EXECUTOR_LINES - 1));
    /* Also of one whose process is gone. */
    if (task->process || task->hot.state != TASK_NEW)
        return blame(0, E_IN_USE);
    if (process->more_cpus[args[1] - 1])
        return blame(2, E_IN_USE);
    /* A process has virtual CPUs or threads, not both. */
    if (!process->configured || !process->executor_mapped || process->stopped || process->threads)
        return blame(1, E_STATE);
    task->process = process;
    task->number = (uint32_t)args[1];
    task->line = process_line(process, (unsigned)args[1]);
    task->line_vaddr = process->cpu.line_vaddr + args[1] * sizeof(struct executor_line);
    task->line->running = PRIORITY_NONE;
    task->quick = process->budget.amount ? NULL : task->line;
    task->careful = process->cpu.careful & CAREFUL_BUDGET;
    task->base_priority = PRIORITY_NONE;
    process->more_cpus[args[1] - 1] = task;
    process->cpu_count++;
    return E_OK;
}

long sys_virtual_cpu_start(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = &((struct virtual_cpu *)cap_object(cap))->task;

    TRY(in_range(args, 3, 0, PRIORITY_COUNT - 1));
    if (!task->process || task->hot.state != TASK_NEW)
        return E_STATE;
    task_start(task, args);
    return E_OK;
}

long sys_virtual_cpu_wake(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = &((struct virtual_cpu *)cap_object(cap))->task;

    TRY(in_range(args, 0, 0, PRIORITY_COUNT - 1));
    if (!task->process || task->hot.state == TASK_NEW || task->hot.state == TASK_STOPPED)
        return E_STATE;
    sched_wake(task, clamp(args[0], task->process->ceiling));
    return E_OK;
}
