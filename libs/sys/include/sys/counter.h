/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters of the hart, for measuring. They count everything that runs on the hart. */
#pragma once
#include <sys/counter_arch.h>

static inline uint64_t counter_instructions(void)
{
    return counter_arch_instructions();
}
static inline uint64_t counter_cycles(void)
{
    return counter_arch_cycles();
}
