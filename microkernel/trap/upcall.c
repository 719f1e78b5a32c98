/* SPDX-License-Identifier: BSD-2-Clause */
/* User interrupts (kernel/upcall.h). */
#include <kernel/arch.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/upcall.h>

static bool due(const struct task *task)
{
    const char *page = (const char *)process_line(task->process, 0);
    const uint64_t *interruptible = (const uint64_t *)(page + EXECUTOR_INTERRUPTIBLE);

    return __atomic_load_n(&task->line->wakes, __ATOMIC_RELAXED) &&
           __atomic_load_n(&interruptible[task->number], __ATOMIC_RELAXED);
}

/* ---- upcall ---- */

static void enter(struct task *task)
{
    struct arch_context *context = &task->context;

    task_whole(task);
    task->upcall.interrupted = *context;
    task->upcall.active = true;
    *context = (struct arch_context){0};
    context->x[REG_PC] = task->upcall.pc;
    context->x[REG_SP] = task->upcall.sp;
    context->x[REG_GP] = task->line_vaddr;
    context->x[REG_TP] = __atomic_load_n(&task->line->tp, __ATOMIC_RELAXED);
    context->x[REG_A0] = __atomic_load_n(&task->line->wakes, __ATOMIC_RELAXED);
}

long sys_upcall_return(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = hart_self()->current;

    if (arch_features.user_interrupts || !task->upcall.active)
        return E_STATE;
    task->upcall.active = false;
    task->context = task->upcall.interrupted;
    return KERNEL_REGISTERS;
}

/* ---- N extension ---- */

void upcall_leave(struct hart *hart)
{
    struct upcall *upcall = &hart->interrupted->upcall;

    upcall->active = !arch_user_interrupt_over();
    arch_user_interrupt_unload(&upcall->state);
    hart->interrupted = NULL;
    arch_trap_entry(hart->trace);
}

static void load(struct hart *hart, struct task *task)
{
    if (!task->upcall.active)
        arch_user_interrupt_fresh(&task->upcall.state, task->upcall.pc, task->upcall.sp);
    arch_user_interrupt_load(&task->upcall.state);
    hart->interrupted = task;
    arch_trap_entry(true);
}

/* ---- both ---- */

void upcall_switch(struct hart *hart, struct task *task, bool resume)
{
    bool raise = task->upcall.pc && resume && due(task);

    if (hart->interrupted && (hart->interrupted != task || arch_user_interrupt_over()))
        upcall_leave(hart);
    if (!arch_features.user_interrupts) {
        if (raise && !task->upcall.active)
            enter(task);
        return;
    }
    if (!hart->interrupted && (raise || task->upcall.active))
        load(hart, task);
    if (raise)
        arch_user_interrupt_raise();
}

long sys_user_interrupt(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct hart *hart = hart_self();
    struct task *task = hart->current;

    upcall_forget(hart); /* and so see whether the handler is active */
    if (task->is_thread || task->upcall.active)
        return E_STATE;
    if (args[0] % 4 != 0)
        return blame(1, needs(4, E_ALIGNMENT));
    if (args[1] % 16 != 0)
        return blame(2, needs(16, E_ALIGNMENT));
    task->upcall.pc = args[0];
    task->upcall.sp = args[1];
    task->careful |= CAREFUL_UPCALL;
    return arch_features.user_interrupts ? USER_INTERRUPT_N : USER_INTERRUPT_UPCALL;
}
