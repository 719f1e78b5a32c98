/* SPDX-License-Identifier: BSD-2-Clause */
/* User interrupts of children: what a child does and what its handler does is written into
 * SHARED->interrupts[n]; n is in the private part of its executor page. What the handler found in
 * its registers comes to SHARED->registers[2]. */
#pragma once
#include <abi/abi.h>

#define INTERRUPT_NUMBER EXECUTOR_PRIVATE /* offset from the line */
#define INTERRUPT_REGISTERS                                                                        \
    (EXECUTOR_PRIVATE + 64) /* as the handler found them; N: pc and sp only */

#define INTERRUPT_TP 0x7777 /* in the line */

#ifndef __ASSEMBLER__
#include <stdint.h>

struct interrupts {
    /* What the child does. Zero is the usual. */
    uint64_t handler; /* to register; 0: upcall_handler or n_handler */
    uint64_t stack;   /* to register; 0: STACK_END(1) */
    uint64_t masked;  /* starts with its interruptible word 0 */
    uint32_t timer;   /* child's address of a timer of its own: set before it spins */
    uint32_t bell;    /* child's address of its own endpoint */
    uint32_t partner; /* child's address of an endpoint: doorbell_yield as soon as it is done */
    uint64_t rounds;  /* of stir instead of registers_spin */

    /* What the handler does. */
    volatile uint64_t hold;   /* waits while it is not zero */
    volatile uint64_t keep;   /* leaves the wakes alone as many times */
    volatile uint64_t ring;   /* rings its own bell as many times */
    volatile uint64_t rearm;  /* sets the timer again as many times, and then sets stop */
    volatile uint64_t yields; /* gives up the CPU and never returns */
    uint32_t offer;           /* child's address of an endpoint: rings it with no priority */

    /* What became of it. */
    long way;                /* result of user_interrupt */
    volatile uint64_t ready; /* it spins, or is about to */
    volatile long again;     /* result of user_interrupt in the handler */
    volatile long offered;   /* result of the offer */
    volatile uint64_t count; /* entries of the handler */
    volatile uint64_t depth; /* handlers that have not returned, and the most of them */
    volatile uint64_t deepest;
    volatile uint64_t hint;  /* a0 of the handler */
    volatile uint64_t stop;  /* ends the spinning */
    volatile uint64_t value; /* of stir: as it must be, then as the child had it last */
    volatile uint64_t done;  /* the child has ended it */
};

/* Called by the handlers. */
void interrupted(uint64_t summary);
/* Entry: registers a handler and spins with SHARED->registers[n], or stirs. */
void child_interruptible(uint64_t n);

/* Entry: word[0] = n_read_csrs(), word[1] = 1, at each event, and at once if now. */
void child_reads_csrs(uint64_t now);

uint64_t stir(uint64_t seed, uint64_t rounds);
uint64_t n_read_csrs(void);
extern char upcall_handler[], n_handler[], faulty_handler[], endless_handler[];
extern char pushing_handler_n[], pushing_handler_upcall[];
#endif
