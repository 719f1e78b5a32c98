/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts and faults. The kernel itself runs with interrupts masked; while idle it polls. */
#include <kernel/arch.h>
#include <kernel/irq.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/trace.h>
#include <kernel/trap.h>

/* Take one of the interrupts that wait. False: none does. Where it is called is where interrupts
 * would come if they were not masked (tools/stretch). */
__attribute__((noinline)) static bool take_interrupt(void)
{
    uint64_t pending = arch_interrupts_pending();

    if (!pending)
        return false;
    trace(TRACE_INTERRUPT, hart_self()->current, 0, pending);
    if (pending & SIP_SSIP)
        hart_interrupt();
    else if (pending & SIP_STIP)
        sched_tick();
    else
        irq_interrupt();
    return true;
}

void trap_poll(void)
{
    while (take_interrupt())
        continue;
}

/* The right that a page fault missed, by cause: RISC-V Privileged 1.12 table 4.2. */
static const uint8_t missed_right[] = {[CAUSE_FETCH_PAGE_FAULT] = RIGHT_EXECUTE,
                                       [CAUSE_LOAD_PAGE_FAULT] = RIGHT_READ,
                                       [CAUSE_STORE_PAGE_FAULT] = RIGHT_WRITE};

static void fault(struct task *task, uint64_t cause, uint64_t value)
{
    unsigned right = cause < sizeof missed_right ? missed_right[cause] : 0;

    kernel_lock();
    /* Unless another hart stopped it meanwhile. */
    if (hart_self()->current == task) {
        struct vspace *vspace = &task->process->vspace;

        /* It was mapped by another hart, and this one remembered that it was not. */
        if (right && vspace_allows(vspace, (vaddr_t){value}, right))
            arch_tlb_flush_asid(vspace->asid);
        else
            task_fault(task, cause, value);
    }
    kernel_unlock();
}

void trap_handle(uint64_t cause, uint64_t value)
{
    struct task *task = hart_self()->current;

    task->hot.enter = ENTER_RESUME;
    if (cause & CAUSE_INTERRUPT) {
        if ((uint8_t)cause == CAUSE_DEVICE && !hart_self()->trace)
            irq_interrupt(); /* at once, for it may enter the driver */
        trap_poll();
    } else {
        fault(task, cause, value);
    }
    sched_leave();
}

void trap_in_kernel(uint64_t cause, uint64_t value, uint64_t pc, uint64_t sp)
{
    kernel_panic("trap in the kernel: cause %x, value %x, pc %x, sp %x", cause, value, pc, sp);
}
