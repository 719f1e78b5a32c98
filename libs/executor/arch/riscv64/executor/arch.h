/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V: gp holds the address of this virtual CPU's line, in user space and in the kernel. */
#pragma once
#include <abi/abi.h>
#include <executor/co.h>

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

/* Load a word that others may change at any time, once, in no order with others. (The compiler takes
 * an atomic load for one that may change what lies elsewhere.) */
static inline uint64_t executor_peek(const uint64_t *word)
{
    return *(const volatile uint64_t *)word;
}

/* co_wake_slow and co_park_slow for the inline functions: called in a way that keeps ra and
 * a0..a4, so that a body that calls nothing else needs no frame of its own on the usual way. */
static inline enum error executor_wake_slow(cid_t cid)
{
    register uint64_t a5 __asm__("a5") = cid.raw;

    __asm__ volatile("call t0, co_wake_keeping"
                     : "+r"(a5)
                     :
                     : "a6", "a7", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "memory");
    return (enum error)a5;
}

static inline enum co_state executor_park_slow(struct co *co)
{
    register uint64_t a5 __asm__("a5") = (uintptr_t)co;

    __asm__ volatile("call t0, co_park_keeping"
                     : "+r"(a5)
                     :
                     : "a6", "a7", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "memory");
    return (enum co_state)a5;
}
