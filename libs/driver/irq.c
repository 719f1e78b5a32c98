/* SPDX-License-Identifier: BSD-2-Clause */
#include <driver/irq.h>
#include <sys/syscall.h>

static void irq_wake(struct wake_slot *slot)
{
    struct irq *irq = slot->owner;

    co_event_set(&irq->event);
}

static struct co *irq_rung(struct wake_slot *slot)
{
    struct irq *irq = slot->owner;

    return co_event_claim(&irq->event);
}

enum error irq_init(struct irq *irq, const struct startup_device *device)
{
    struct wake_slot *slots = (struct wake_slot *)(uintptr_t)executor_line()->slots;

    if (device->irq == 0 || device->slot >= startup()->slot_count)
        return E_NO_DEVICE;
    *irq = (struct irq){.capability = device->irq};
    slots[device->slot].owner = irq;
    slots[device->slot].wake = irq_wake;
    slots[device->slot].rung = irq_rung;
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
