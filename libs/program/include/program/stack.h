/* SPDX-License-Identifier: BSD-2-Clause */
/* Stacks for coroutines that need one (co_spawn_stackful). */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define PROCESS_STACKS          8
#define PROCESS_STACK_BYTES_MAX 61440 /* and a guard page */

struct process_stack {
    char *low; /* what co_spawn_stackful wants to know */
    size_t bytes;
    bool guarded; /* the page below is not mapped: an overflow is a fault that root reports */
};

/* Have a stack of so many bytes at least (up to PROCESS_STACK_BYTES_MAX). It is made of the untyped
 * memory that the system file grants the process, of whole pages, with a guard page; where it
 * grants none, or too little of memory or of capability slots, of the heap, without. Virtual CPU 0
 * only. E_BAD_ARGUMENT, E_NO_MEMORY: the heap has none either. */
long process_stack_make(size_t bytes, struct process_stack *stack);

/* It is not used any more, by anybody. Its pages are kept for the next stack. */
void process_stack_free(struct process_stack *stack);
