/* SPDX-License-Identifier: BSD-2-Clause */
/* Code that runs in children: it must not touch the suite's variables, which they do not have. */
#pragma once
#include "suite.h"

#define STACK_END(n) (STACKS + 4096ull * ((n) + 1))

/* Makes the system calls of SHARED->request[n], woken by slot n. */
void thread_invoker(uint64_t n);
/* From registers_entry. */
void registers_entered(const uint64_t *x);
/* Forget the wakes of this process. */
void child_clear_wakes(void);
/* Yield, to be entered at an entry with a fresh stack. Does not return. A wake that comes while the
 * child still works is lost: a child that is rung at any time looks for them itself. */
void child_wait(void (*entry)(uint64_t)) __attribute__((noreturn));
/* A thread that has done what it is for. */
void thread_rest(void) __attribute__((noreturn));

/* Its own executor line. */
static inline struct executor_line *line(void)
{
    return (struct executor_line *)EXECUTOR_BASE;
}

/* Counts also where several do at once, or one after another that was stopped in the middle. */
static inline void tally(uint64_t word)
{
    __atomic_fetch_add(&SHARED->word[word], 1, __ATOMIC_RELAXED);
}

static inline void log_number(uint64_t number)
{
    SHARED->log[__atomic_fetch_add(&SHARED->logged, 1, __ATOMIC_RELAXED) % 64] = number;
}
