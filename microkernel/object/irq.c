/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts through the PLIC (RISC-V Platform-Level Interrupt Controller 1.0.0).
 *
 * An interrupt is claimed, its slot is woken, and it stays claimed, which masks the line, until the
 * driver acknowledges it with irq_ack: only then is it completed. A level that is still high then
 * interrupts again, so nothing is lost. A line is enabled for one hart at a time. An Irq's claimed
 * state and the registers are guarded by the kernel lock.
 */
#include <kernel/boot.h>
#include <kernel/irq.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>

#define LINES                 IRQ_LINES
#define PRIORITY(line)        (4ull * (line))
#define ENABLE(context, line) (0x2000 + 0x80ull * (context) + 4ull * ((line) / 32))
#define THRESHOLD(context)    (0x200000 + 0x1000ull * (context))
#define CLAIM(context)        (0x200004 + 0x1000ull * (context))

static volatile uint8_t *plic; /* registers; NULL: no controller found */
static uint32_t plic_lines;
struct irq *irqs[LINES];

static volatile uint32_t *plic_register(uint64_t offset)
{
    return (volatile uint32_t *)(plic + offset);
}

static void line_enable(uint32_t context, uint32_t line, bool on)
{
    volatile uint32_t *word = plic_register(ENABLE(context, line));

    *word = on ? *word | 1u << line % 32 : *word & ~(1u << line % 32);
}

void plic_setup(paddr_t registers, uint32_t lines)
{
    plic = paddr_to_ptr(registers);
    plic_lines = lines < LINES ? lines : LINES - 1;
    for (uint32_t line = 1; line <= plic_lines; line++)
        *plic_register(PRIORITY(line)) = 1;
}

void plic_context_setup(void)
{
    uint32_t context = hart_self()->plic_context;

    if (context == MACHINE_NO_CONTEXT)
        return;
    for (uint32_t line = 1; line <= plic_lines; line++)
        line_enable(context, line, false);
    *plic_register(THRESHOLD(context)) = 0;
    hart_self()->plic_claim = plic_register(CLAIM(context));
}

void irq_interrupt(void)
{
    struct hart *hart = hart_self();
    struct irq *irq;
    uint64_t line;

    if (!hart->plic_claim)
        return;
    kernel_lock();
    /* One at a time: while another line waits the interrupt does too. */
    line = *hart->plic_claim;
    irq = line < LINES ? irqs[line] : NULL;
    if (irq) {
        irq->claimed = true;
        light_interrupt(hart, &irq->binding);
        endpoint_ring(&irq->binding, irq->binding.ceiling);
    } else if (line) {
        /* In this order: a completion of a line that is off is ignored. */
        *hart->plic_claim = (uint32_t)line;
        line_enable(hart->plic_context, (uint32_t)line, false);
    }
    kernel_unlock();
}

static void irq_complete(struct irq *irq)
{
    if (!irq->claimed)
        return;
    irq->claimed = false;
    *plic_register(CLAIM(irq->context)) = irq->line;
}

void irq_destroy(void *object)
{
    struct irq *irq = object;

    if (irq->line) {
        irq_complete(irq);
        line_enable(irq->context, irq->line, false);
        irqs[irq->line] = NULL;
    }
    endpoint_unbind(&irq->binding);
}

/* This hart's context, or the first that there is. */
static uint32_t any_context(void)
{
    uint32_t context = hart_self()->plic_context;

    for (unsigned i = 0; context == MACHINE_NO_CONTEXT && i < boot_hart_count; i++)
        context = harts[i].plic_context;
    return context;
}

/* The line interrupts the hart from now on where its driver runs. */
static void follow_driver(struct irq *irq)
{
    uint32_t context = hart_self()->plic_context;

    if (context == irq->context || context == MACHINE_NO_CONTEXT)
        return;
    line_enable(irq->context, irq->line, false);
    irq->context = context;
    line_enable(context, irq->line, true);
}

long sys_irq_get(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct slot *slot;
    struct irq *irq;

    TRY(cap_argument(caller, args, 0, 1u << OBJECT_IRQ, 0, &slot));
    irq = cap_object(slot);
    if (args[1] == 0 || args[1] > plic_lines || any_context() == MACHINE_NO_CONTEXT)
        return out_of_range(2, plic_lines);
    if (irq->line || irqs[args[1]])
        return blame(irq->line ? 1 : 2, E_IN_USE);
    irq->line = (uint32_t)args[1];
    irqs[irq->line] = irq;
    irq->context = any_context();
    line_enable(irq->context, irq->line, true);
    return E_OK;
}

long sys_irq_ack(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct irq *irq = cap_object(cap);

    if (!irq->line)
        return E_STATE;
    irq_complete(irq);
    follow_driver(irq);
    return E_OK;
}
