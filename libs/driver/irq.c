/* SPDX-License-Identifier: BSD-2-Clause */
#include <driver/irq.h>
#include <sys/syscall.h>

/* Of this process: a driver has one or two. A wake slot is only two pointers to functions, so its
 * place in the executor's table tells which irq is meant. */
static struct irq *irqs;

static struct wake_slot *slot_table(void)
{
    return (struct wake_slot *)(uintptr_t)executor_line()->slots;
}

static void irq_wake(struct wake_slot *slot)
{
    struct irq *irq = irqs;

    while (irq != NULL && &slot_table()[irq->slot] != slot)
        irq = irq->next;
    if (irq != NULL)
        co_event_set(&irq->event);
}

enum error irq_init(struct irq *irq, const struct startup_device *device)
{
    if (device->irq == 0 || device->slot >= startup()->slot_count)
        return E_NO_DEVICE;
    *irq = (struct irq){.capability = device->irq, .slot = device->slot, .next = irqs};
    irqs = irq;
    slot_table()[device->slot].wake = irq_wake;
    return irq_ack(irq);
}

enum co_state irq_wait(struct co *co, struct irq *irq)
{
    return co_event_wait(co, &irq->event);
}

enum error irq_ack(struct irq *irq)
{
    return (enum error)sys_irq_ack(irq->capability);
}
