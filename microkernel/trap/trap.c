/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts and faults. The kernel itself runs with interrupts masked; while idle it polls. */
#include <kernel/arch.h>
#include <kernel/irq.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/trap.h>

void trap_poll(void)
{
    uint64_t pending = arch_interrupts_pending();

    if (pending & SIP_STIP)
        sched_tick();
    if (pending & SIP_SEIP)
        irq_interrupt();
}

void trap_handle(uint64_t cause, uint64_t value)
{
    struct task *task = hart_self()->current;

    task->hot.enter = ENTER_RESUME;
    if (cause == CAUSE_TIMER_INTERRUPT)
        sched_tick();
    else if (cause == CAUSE_EXTERNAL_INTERRUPT)
        irq_interrupt();
    else if (!(cause & CAUSE_INTERRUPT))
        process_fault(task, cause, value);
    sched_leave();
}

void trap_in_kernel(uint64_t cause, uint64_t value, uint64_t pc, uint64_t sp)
{
    kernel_panic("trap in the kernel: cause %x, value %x, pc %x, sp %x", cause, value, pc, sp);
}
