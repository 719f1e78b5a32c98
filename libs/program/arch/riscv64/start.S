/* SPDX-License-Identifier: BSD-2-Clause */
/* The first instructions of a program: the kernel enters with a0 = argument, sp, and gp = the
 * address of this virtual CPU's executor line; a thread has no line, and gp is 0. Memory is zeroed
 * already. */
#include <abi/abi.h>

    .section .text.start, "ax"
    .globl _start
_start:
    lla     tp, __tls_base
    beqz    gp, 1f
    sd      tp, EXECUTOR_LINE_TP(gp)    /* tp at every later entry */
1:
    li      ra, 0                       /* ends a debugger's stack walk */
    li      s0, 0
    call    process_main
    ebreak                              /* process_main does not return */
