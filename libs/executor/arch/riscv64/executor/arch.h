/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V: gp holds the address of this virtual CPU's line, in user space and in the kernel. */
#pragma once
#include <abi/abi.h>

register struct executor_line *executor_gp __asm__("gp");

static inline struct executor_line *executor_line(void)
{
    return executor_gp;
}

/* Store a word that another virtual CPU may read, in no order with others. (The compiler makes an
 * amo of an atomic store.) */
static inline void executor_publish(uint64_t *word, uint64_t value)
{
    *(volatile uint64_t *)word = value;
}
