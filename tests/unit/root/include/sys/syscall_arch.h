/* SPDX-License-Identifier: BSD-2-Clause */
/* In the tests a system call is a function of fake_kernel.c. */
#pragma once
#include <stdint.h>

#define SYSCALL_MESSAGE_WORDS 12

void syscall_arch(uint64_t invoked, uint64_t x[8]);
/* Nobody has threads here: it has the eight registers only. */
static inline void syscall_arch_message(uint64_t invoked, uint64_t x[SYSCALL_MESSAGE_WORDS])
{
    syscall_arch(invoked, x);
}

static inline long syscall_arch_long(uint64_t invoked, uint64_t w0, uint64_t w1, uint64_t w2,
                                     uint64_t w3, uint64_t w4, uint64_t w5, uint64_t w6)
{
    uint64_t x[8] = {w0, w1, w2, w3, w4, w5, w6, 0};

    syscall_arch(invoked, x);
    return (long)x[0];
}
static inline long syscall_arch_short(uint64_t invoked, uint64_t argument)
{
    return syscall_arch_long(invoked, argument, 0, 0, 0, 0, 0, 0);
}
static inline void trap_arch(void)
{
    __builtin_trap();
}
