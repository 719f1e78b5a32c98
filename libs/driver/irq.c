/* SPDX-License-Identifier: BSD-2-Clause */
#include <driver/irq.h>
#include <sys/syscall.h>

static void irq_wake(struct wake_slot *slot)
{
    struct irq *irq = (struct irq *)(void *)slot; /* its first member */

    co_event_set(&irq->event);
}

enum error irq_init(struct irq *irq, const struct startup_device *device)
{
    if (device->irq == 0)
        return E_NO_DEVICE;
    *irq = (struct irq){.slot = {.wake = irq_wake}, .capability = device->irq};
    wake_slot_set(device->slot, &irq->slot);
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
