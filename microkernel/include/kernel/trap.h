/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's entries, called by entry.S. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Interrupts and faults from user mode; the current task's context is saved. */
void trap_handle(uint64_t cause, uint64_t value) __attribute__((noreturn));
/* The light system calls, where they are not decided at a glance; the same is saved. */
void light_handle(void) __attribute__((noreturn));
/* Every system call but the light ones; what a call keeps and a0..a7 are saved. */
void syscall_handle(void) __attribute__((noreturn));
/* Execute the system call that the task's registers hold, or the next part of it. Value: whether it
 * has ended; its results are in the registers then. With the kernel lock held. */
struct task;
bool syscall_execute(struct task *task);
/* Execute a submitted call, or the next part of it; args[1..5]: its further results. */
struct process;
long syscall_submitted(struct process *process, uint64_t invoked, uint64_t *args);
/* End a task's call with an error. */
void syscall_finish(struct task *task, long result);
/* A trap inside the kernel: a bug of the kernel. */
void trap_in_kernel(uint64_t cause, uint64_t value, uint64_t pc, uint64_t sp)
    __attribute__((noreturn));
/* Take the interrupts that are pending, without trapping. */
void trap_poll(void);
