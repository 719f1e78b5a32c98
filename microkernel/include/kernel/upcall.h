/* SPDX-License-Identifier: BSD-2-Clause */
/* User interrupts: a wake reaches a virtual CPU in the midst of a coroutine.
 *
 * A virtual CPU registers a handler (system call user_interrupt). Whenever the kernel would let it
 * go on where it was stopped, wakes are pending, and its interruptible word is not zero, the
 * handler is entered first. There are two ways to enter it:
 *
 *     N extension   the probe found it: the kernel raises the user software interrupt, and the
 *                   processor enters utvec; `uret` ends the handler
 *     upcall        else: the kernel keeps the whole context and enters the handler on its own
 *                   stack; the system call upcall_return restores all
 *
 * Either way the depth is one: wakes that come while the handler is active only set bits, and it is
 * entered anew when it returns.
 *
 * The CSRs of the N extension belong to hart->interrupted while it runs, and only from an interrupt
 * to the end of its handler; else they hold nothing and nothing is delegated. While they are loaded
 * nothing is decided at a glance (trap_entry_careful in entry.S): who is switched to would find
 * them.
 */
#pragma once
#include <kernel/hart.h>

/* This task is about to go on: where it was stopped (resume), or at its executor's entry. Needed
 * only if it has a handler, or somebody's CSRs are loaded. */
void upcall_switch(struct hart *hart, struct task *task, bool resume);

/* Take the CSRs of the N extension away from hart->interrupted. */
void upcall_leave(struct hart *hart);
/* The same, before somebody else runs or the task is given to another hart; mostly there is none.
 */
static inline void upcall_forget(struct hart *hart)
{
    if (hart->interrupted)
        upcall_leave(hart);
}
