/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts: one Irq object for each line, through the PLIC. */
#pragma once
#include <fdt/machine.h>
#include <kernel/endpoint.h>
#include <kernel/memory.h>

struct hart;

struct irq {
    struct endpoint binding; /* first */
    uint32_t line;           /* 0: none yet */
    uint32_t context;        /* for which it is enabled */
    bool claimed;            /* came, and not yet acknowledged */
};

#define IRQ_LINES 1024
extern struct irq *irqs[IRQ_LINES]; /* NULL: nobody has the line */

/* Set up the interrupt controller: its registers and its lines (1..lines). Called once, at boot. */
void plic_setup(paddr_t registers, uint32_t lines);
/* Set up the context of this hart: no line is enabled. When the hart starts, for the firmware
 * closes a context before. */
void plic_context_setup(void);
/* Claim one and deliver it. The current task, if one runs, is saved, and ENTER_RESUME. Does not
 * return if its driver could be entered at once. */
void irq_interrupt(void);
/* ipc/interrupt.c: the current task, which is saved, gives way to a better driver that idles here.
 * Returns if it is not so simple; nothing has changed then. With the kernel lock held. */
void light_interrupt(struct hart *hart, const struct endpoint *endpoint);
