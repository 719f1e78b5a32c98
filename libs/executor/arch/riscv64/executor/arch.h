/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V: gp holds the address of this virtual CPU's line, in user space and in the kernel. */
#pragma once
#include <abi/abi.h>

register struct executor_line *executor_gp __asm__("gp");

static inline struct executor_line *executor_line(void)
{
    return executor_gp;
}
