/* SPDX-License-Identifier: BSD-2-Clause */
/* User interrupts of a program; in a file of its own, so that only who asks for them has the stack.
 */
#include <program/process.h>
#include <sys/log.h>
#include <sys/syscall.h>

#define STACK_BYTES 8192

static uint8_t stack[STACK_BYTES] __attribute__((aligned(16)));

void process_user_interrupts(bool on)
{
    long way = sys_user_interrupt(0, 0);

    executor_self()->interruptible = NULL;
    if (on && way >= 0) {
        void (*handler)(void) = way == USER_INTERRUPT_N ? executor_uret : executor_upcall;

        executor_self()->interruptible = (uint64_t *)(EXECUTOR_BASE + EXECUTOR_INTERRUPTIBLE);
        way = sys_user_interrupt((uintptr_t)handler, (uintptr_t)(stack + STACK_BYTES));
    }
    if (way < 0)
        die("cannot set user interrupts: %s", error_text(way));
}
