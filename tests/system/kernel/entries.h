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
