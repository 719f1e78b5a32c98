/* SPDX-License-Identifier: BSD-2-Clause */
/* The ecall instruction, in the shapes that system calls need.
 *
 * a7: number | capability address << 8. Arguments in a0..a6, results in a0.. . All voluntary calls
 * preserve s0-s11, sp, gp and tp; every other register is lost. Synchronous messages have four more
 * words, in t3..t6.
 */
#pragma once
#include <stdint.h>

#define SYSCALL_TEMPORARIES_ "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "memory"

#define SYSCALL_MESSAGE_WORDS 12

/* a0..a7, from an array and back. */
#define SYSCALL_LOAD_(x, invoked)                                                                  \
    register uint64_t a0 __asm__("a0") = x[0];                                                     \
    register uint64_t a1 __asm__("a1") = x[1];                                                     \
    register uint64_t a2 __asm__("a2") = x[2];                                                     \
    register uint64_t a3 __asm__("a3") = x[3];                                                     \
    register uint64_t a4 __asm__("a4") = x[4];                                                     \
    register uint64_t a5 __asm__("a5") = x[5];                                                     \
    register uint64_t a6 __asm__("a6") = x[6];                                                     \
    register uint64_t a7 __asm__("a7") = invoked
#define SYSCALL_STORE_(x)                                                                          \
    x[0] = a0;                                                                                     \
    x[1] = a1;                                                                                     \
    x[2] = a2;                                                                                     \
    x[3] = a3;                                                                                     \
    x[4] = a4;                                                                                     \
    x[5] = a5;                                                                                     \
    x[6] = a6;                                                                                     \
    x[7] = a7
#define SYSCALL_ARGUMENTS_                                                                         \
    "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6), "+r"(a7)

/* One argument at most, one result. */
static inline long syscall_arch_short(uint64_t invoked, uint64_t argument)
{
    register uint64_t a0 __asm__("a0") = argument;
    register uint64_t a7 __asm__("a7") = invoked;

    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a7)
                     :
                     : "a1", "a2", "a3", "a4", "a5", "a6", SYSCALL_TEMPORARIES_);
    return (long)a0;
}

/* Seven arguments; all eight argument registers come back in x. */
static inline void syscall_arch(uint64_t invoked, uint64_t x[8])
{
    SYSCALL_LOAD_(x, invoked);

    __asm__ volatile("ecall" : SYSCALL_ARGUMENTS_ : : SYSCALL_TEMPORARIES_);
    SYSCALL_STORE_(x);
}

/* A synchronous message, out and back: x[0..7] are a0..a7, but for what is invoked, and x[8..11]
 * t3..t6. Inlined with constants, so that a word that is not wanted costs what clearing a register
 * costs. */
static inline __attribute__((always_inline)) void
syscall_arch_message(uint64_t invoked, uint64_t x[SYSCALL_MESSAGE_WORDS])
{
    SYSCALL_LOAD_(x, invoked);
    register uint64_t t3 __asm__("t3") = x[8];
    register uint64_t t4 __asm__("t4") = x[9];
    register uint64_t t5 __asm__("t5") = x[10];
    register uint64_t t6 __asm__("t6") = x[11];

    __asm__ volatile("ecall"
                     : SYSCALL_ARGUMENTS_, "+r"(t3), "+r"(t4), "+r"(t5), "+r"(t6)
                     :
                     : "ra", "t0", "t1", "t2", "memory");
    SYSCALL_STORE_(x);
    x[8] = t3;
    x[9] = t4;
    x[10] = t5;
    x[11] = t6;
}

/* Seven arguments, one result: the array stays in registers. */
static inline long syscall_arch_long(uint64_t invoked, uint64_t w0, uint64_t w1, uint64_t w2,
                                     uint64_t w3, uint64_t w4, uint64_t w5, uint64_t w6)
{
    uint64_t x[8] = {w0, w1, w2, w3, w4, w5, w6, 0};

    syscall_arch(invoked, x);
    return (long)x[0];
}

/* Stop this virtual CPU with a breakpoint exception, which its supervisor sees as a fault. */
static inline void trap_arch(void)
{
    __asm__ volatile("ebreak" ::: "memory");
}
