/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults, and what a supervisor does with a task that does not run.
 *
 * A fault stops the task that faulted and nobody else; what becomes of the rest of its process is
 * the supervisor's policy. The record lies in the task, so several faults at once are no conflict,
 * and the process lists its faulted tasks, so none is overlooked when their wakes become one.
 */
#include <kernel/arch.h>
#include <kernel/process.h>
#include <kernel/rendezvous.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/trace.h>
#include <kernel/upcall.h>
#include <kernel/virtual_cpu.h>

#define REGISTERS_AT_ONCE 5

static long tell(const struct task *task, uint64_t last, uint64_t *args)
{
    args[1] = task->fault_cause;
    args[2] = task->fault_address;
    args[3] = task->context.x[REG_PC];
    args[4] = task->context.x[REG_SP];
    args[5] = last;
    return E_OK;
}

void task_fault(struct task *task, uint64_t cause, uint64_t address)
{
    struct process *process = task->process;

    task->fault_cause = cause;
    task->fault_address = address;
    trace(TRACE_FAULT, task, (unsigned)cause, address);
    upcall_forget(hart_self());
    task->hot.state = TASK_FAULTED;
    task_list_push(&process->faulted, task);
    if (process->fault_endpoint.type == OBJECT_ENDPOINT) {
        struct endpoint *endpoint = cap_object(&process->fault_endpoint);
        struct task *to = endpoint->task;
        struct task *supervisor = to ? thread_wake(to->process, endpoint->slot) : NULL;

        if (!supervisor) {
            endpoint_ring(endpoint, endpoint->ceiling);
            return;
        }
        tell(task, task->number, &supervisor->context.x[REG_A0]);
        light_fault(hart_self(), supervisor);
    } else if (process->vspace.id == VSPACE_ROOT) { /* nobody else can tell */
        kernel_print("kernel: root faulted: cause %x, address %x, pc %x\n", cause, address,
                     task->context.x[REG_PC]);
    }
}

void task_halt(struct task *task, enum task_state state)
{
    if (task->hot.state == TASK_FAULTED)
        task_list_remove(&task->process->faulted, task);
    job_cancel(task);
    rendezvous_detach(task);
    sched_withdraw(task, state);
}

void task_enter_at(struct task *task, uint64_t pc, uint64_t sp, uint64_t argument)
{
    if (task->is_thread) {
        task->context = (struct arch_context){.x = {[REG_PC] = pc,
                                                    [REG_SP] = sp,
                                                    [REG_TP] = task->context.x[REG_TP],
                                                    [REG_A0] = argument}};
        task->hot.enter = ENTER_RESUME;
        return;
    }
    task->upcall = (struct upcall){0}; /* it registers its handler anew */
    task->line->bitmap = 0;
    task->line->running = PRIORITY_NONE;
    task->line->pc = pc;
    task->line->sp = sp;
    task->careful |= CAREFUL_START;
    task->argument = argument;
    task->hot.enter = ENTER_EVENT;
}

struct task *task_of(const struct slot *cap)
{
    switch (cap->type) {
    case OBJECT_THREAD:
        return &((struct thread *)cap_object(cap))->task;
    case OBJECT_VIRTUAL_CPU:
        return &((struct virtual_cpu *)cap_object(cap))->task;
    default:
        return &((struct process *)cap_object(cap))->cpu;
    }
}

/* One that stands, faulted or suspended, goes on: at the priority at which it stopped, or that of a
 * better wake that came meanwhile. What it published is looked at when it runs. */
static long go_on(struct task *task)
{
    unsigned priority = task->is_thread ? task->base_priority : task_priority(task);

    if (task->hot.state == TASK_FAULTED)
        task_list_remove(&task->process->faulted, task);
    sched_ready(task, clamp(priority, task->process->ceiling));
    return E_OK;
}

long sys_fault_next(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct process *process = cap_object(cap);
    struct task *task = process->faulted.first;

    if (!task)
        return E_NOT_FOUND;
    task_list_remove(&process->faulted, task);
    task_list_push(&process->faulted, task);
    return tell(task, task->number, args);
}

long sys_fault_read(struct process *caller, struct slot *cap, uint64_t *args)
{
    const struct task *task = task_of(cap);

    if (task->hot.state != TASK_FAULTED)
        return E_STATE;
    return tell(task, task->context.x[REG_RA], args);
}

long sys_fault_resume(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = task_of(cap);

    if (task->hot.state != TASK_FAULTED)
        return E_STATE;
    TRY(args[1] ? (enum error)sys_thread_wait(caller, NULL, args) : E_OK);
    return go_on(task);
}

long sys_fault_restart(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = task_of(cap);

    if (task->hot.state != TASK_FAULTED && task->hot.state != TASK_SUSPENDED)
        return E_STATE;
    task_enter_at(task, args[0], args[1], args[2]);
    return go_on(task);
}

/* Whether its context is whole and stays as it is. */
static bool has_registers(const struct task *task)
{
    unsigned state = task->hot.state;

    return task->hot.enter == ENTER_RESUME &&
           (state == TASK_FAULTED || state == TASK_SUSPENDED || state == TASK_NEW);
}

long sys_registers_read(struct process *caller, struct slot *cap, uint64_t *args)
{
    const struct task *task = task_of(cap);
    uint64_t first = args[0];

    TRY(in_range(args, 0, 0, 31));
    if (!has_registers(task))
        return E_STATE;
    for (uint64_t i = 0; i < REGISTERS_AT_ONCE; i++)
        args[1 + i] = first + i < 32 ? task->context.x[first + i] : 0;
    return E_OK;
}

long sys_registers_write(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = task_of(cap);
    uint64_t first = args[0], count = args[1];

    TRY(in_range(args, 0, 0, 31));
    TRY(in_range(args, 1, 1, first > 32 - REGISTERS_AT_ONCE ? 32 - first : REGISTERS_AT_ONCE));
    if (!has_registers(task))
        return E_STATE;
    for (uint64_t i = 0; i < count; i++)
        task->context.x[first + i] = args[2 + i];
    return E_OK;
}

long sys_thread_suspend(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = task_of(cap);
    unsigned state = task->hot.state;

    if (state == TASK_NEW || state == TASK_STOPPED)
        return E_STATE;
    if (state == TASK_FAULTED)
        return E_OK;
    if (state == TASK_BLOCKED && !job_cancel(task) && task->blocked_on != BLOCK_BUDGET)
        rendezvous_cancel(task, E_CANCELLED);
    sched_withdraw(task, TASK_SUSPENDED);
    return E_OK;
}

long sys_thread_resume(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = task_of(cap);

    return task->hot.state == TASK_SUSPENDED ? go_on(task) : E_STATE;
}
