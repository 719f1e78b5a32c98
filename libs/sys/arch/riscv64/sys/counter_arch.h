/* SPDX-License-Identifier: BSD-2-Clause */
/* The counters that user mode may read (RISC-V Unprivileged, "Zicntr"). */
#pragma once
#include <stdint.h>

static inline uint64_t counter_arch_time(void)
{
    uint64_t value;

    __asm__ volatile("rdtime %0" : "=r"(value));
    return value;
}

static inline uint64_t counter_arch_cycles(void)
{
    uint64_t value;

    __asm__ volatile("rdcycle %0" : "=r"(value)::"memory");
    return value;
}

static inline uint64_t counter_arch_instructions(void)
{
    uint64_t value;

    __asm__ volatile("rdinstret %0" : "=r"(value)::"memory");
    return value;
}
