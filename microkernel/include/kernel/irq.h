/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts: one Irq object for each line, through the PLIC. */
#pragma once
#include <kernel/endpoint.h>
#include <kernel/memory.h>

struct irq {
    struct endpoint binding; /* first */
    uint32_t line;           /* 0: none yet */
    bool claimed;            /* came, and not yet acknowledged */
};

#define IRQ_LINES 1024
extern struct irq *irqs[IRQ_LINES]; /* NULL: nobody has the line */

/* Set up the interrupt controller: its registers, its lines (1..lines), and the context number of
 * this hart's S-mode. Called once, at boot. */
void plic_setup(paddr_t registers, uint32_t lines, uint32_t context);
/* Claim and deliver until nothing is pending. */
void irq_interrupt(void);
