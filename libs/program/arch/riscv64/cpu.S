/* SPDX-License-Identifier: BSD-2-Clause */
/* The first instructions of a further virtual CPU: sp is its stack, gp its line, where tp stands. */
#include <abi/abi.h>

    .text
    .globl program_cpu_start
    .type program_cpu_start, @function
program_cpu_start:
    ld      tp, EXECUTOR_LINE_TP(gp)
    li      ra, 0
    li      s0, 0
    call    program_cpu_main
    ebreak
    .size program_cpu_start, . - program_cpu_start
