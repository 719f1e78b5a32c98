/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of co_run that each architecture gives (arch/riscv64/run.S, arch/host/run.c). */
#pragma once

/* Save the callee-saved registers, record the stack pointer in the line (and keep the one before),
 * and run the loop. Returns when the loop does, be it this one or one that executor_entry began
 * on the recorded stack. */
void executor_run(void);

/* The loop, after the body of the coroutine that is current has returned `state`. Called by
 * executor_entry, which begins with a coroutine whose message came in registers. */
void executor_loop_on(enum co_state state) __attribute__((visibility("hidden")));
