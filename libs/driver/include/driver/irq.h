/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of a device, awaited.
 *
 *     for (;;) {
 *         co_await(n, irq_wait(co, &irq));
 *         acknowledge the device;   so that it takes its line back
 *         irq_ack(&irq);            so that the line may interrupt again
 *         look at the device;       what came until now is seen here, what comes later interrupts
 *     }
 *
 * Interrupts may be spurious: the first look at the device may find nothing.
 */
#pragma once
#include <executor/executor.h>
#include <sys/startup.h>

struct irq {
    struct co_event event;
    uint32_t capability;
};

/* Bind irq, which lives for ever, to the device's wake slot. E_NO_DEVICE: root gave no interrupt
 * with this device. Enables the line. */
enum error irq_init(struct irq *irq, const struct startup_device *device);

/* Await an interrupt. Value 0. One waiter at a time. */
enum co_state irq_wait(struct co *co, struct irq *irq);

/* Let the line interrupt again. */
enum error irq_ack(struct irq *irq);
