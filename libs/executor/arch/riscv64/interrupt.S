/* SPDX-License-Identifier: BSD-2-Clause */
/* The handlers of user interrupts, one for each way that the kernel has (abi.toml). gp is the line
 * as everywhere in a program; callee-saved registers are kept by C. */
#include <abi/abi.h>

#define URET .word 0x00200073           /* assemblers no longer know the N extension */
#define uscratch 0x040
#define uip      0x044

#define FRAME_BYTES 128

    .text
    .balign 4
    .globl executor_upcall
    .type executor_upcall, @function
executor_upcall:                        /* the kernel keeps all registers */
    call    executor_interrupted
    li      a7, SYS_UPCALL_RETURN
    ecall
    ebreak
    .size executor_upcall, . - executor_upcall

    .macro each_unsaved op
    \op     ra, 0(sp)
    \op     t0, 8(sp)
    \op     t1, 16(sp)
    \op     t2, 24(sp)
    \op     a0, 32(sp)
    \op     a1, 40(sp)
    \op     a2, 48(sp)
    \op     a3, 56(sp)
    \op     a4, 64(sp)
    \op     a5, 72(sp)
    \op     a6, 80(sp)
    \op     a7, 88(sp)
    \op     t3, 96(sp)
    \op     t4, 104(sp)
    \op     t5, 112(sp)
    \op     t6, 120(sp)
    .endm

    .balign 4
    .globl executor_uret
    .type executor_uret, @function
executor_uret:
    csrrw   sp, uscratch, sp
    addi    sp, sp, -FRAME_BYTES
    each_unsaved sd
1:  call    executor_interrupted
    csrci   uip, 1                      /* USIP; a wake that came before is seen here */
    ld      t0, EXECUTOR_LINE_WAKES(gp)
    bnez    t0, 1b
    each_unsaved ld
    addi    sp, sp, FRAME_BYTES
    csrrw   sp, uscratch, sp
    URET
    .size executor_uret, . - executor_uret
