/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls that may take long or block: one handler each.
 *
 * A handler decodes (checks everything, changes nothing) and then performs (cannot fail). cap is
 * the invoked capability, of the type that the table in trap/syscall.c demands. args holds a0..a6;
 * a handler with further results stores them in args[1..5].
 */
#pragma once
#include <kernel/cap.h>

struct process;
typedef long (*syscall_handler_t)(struct process *caller, struct slot *cap, uint64_t *args);

/* Linked into kernel-check.elf only (check/). */
long sys_check(void) __attribute__((weak));

/* The prototypes of all handlers, sys_ and the name of the call, and the rows of the table. */
#include <abi/syscalls.h>
