/* SPDX-License-Identifier: BSD-2-Clause */
/* Handlers of user interrupts in children, one for each way to be entered, and user code to
 * interrupt. */
#include <abi/abi.h>
#include "../../interrupts.h"

/* Entered by the kernel: store all registers as they come, call interrupted(summary). */
    .text
    .balign 4
    .globl upcall_handler
upcall_handler:
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    sd      x\n, (INTERRUPT_REGISTERS + 8 * \n)(gp)
    .endr
    call    interrupted
    li      a7, SYS_UPCALL_RETURN
    ecall
    ebreak                              /* does not return */

    .macro each_unsaved op
    \op     ra, 0(sp)
    \op     gp, 8(sp)
    \op     tp, 16(sp)
    \op     t0, 24(sp)
    \op     t1, 32(sp)
    \op     t2, 40(sp)
    \op     a0, 48(sp)
    \op     a1, 56(sp)
    \op     a2, 64(sp)
    \op     a3, 72(sp)
    \op     a4, 80(sp)
    \op     a5, 88(sp)
    \op     a6, 96(sp)
    \op     a7, 104(sp)
    \op     t3, 112(sp)
    \op     t4, 120(sp)
    \op     t5, 128(sp)
    \op     t6, 136(sp)
    .endm

/* Entered by the N extension: registers are as they were, uscratch (0x040) is the stack. */
    .balign 4
    .globl n_handler
n_handler:
    csrrw   sp, 0x040, sp
    addi    sp, sp, -144
    each_unsaved sd
    li      gp, EXECUTOR_BASE
    csrr    t0, 0x041                   /* uepc, uscratch: kept where interrupted() finds them */
    sd      t0, (INTERRUPT_REGISTERS + 0)(gp)
    csrr    t0, 0x040
    sd      t0, (INTERRUPT_REGISTERS + 16)(gp)
1:  ld      a0, EXECUTOR_LINE_WAKES(gp)
    call    interrupted
    csrci   0x044, 1                    /* uip.USIP; a wake that came before is seen here */
    li      gp, EXECUTOR_BASE
    ld      a0, EXECUTOR_LINE_WAKES(gp)
    bnez    a0, 1b
    each_unsaved ld
    addi    sp, sp, 144
    csrrw   sp, 0x040, sp
    .word   0x00200073                  /* uret */

/* Handlers that a process had better not have. */
    .balign 4
    .globl faulty_handler
faulty_handler:
    li      a0, 8
    ld      a0, 0(a0)
    .balign 4
    .globl endless_handler
endless_handler:
    j       endless_handler
/* These use the stack that they were registered with. */
    .balign 4
    .globl pushing_handler_n
pushing_handler_n:
    csrrw   sp, 0x040, sp
    .balign 4
    .globl pushing_handler_upcall
pushing_handler_upcall:
    sd      zero, -8(sp)
    ebreak

/* uint64_t n_read_csrs(void): all that somebody else could have left in the CSRs. */
    .globl n_read_csrs
n_read_csrs:
    csrr    a0, 0x005                   /* utvec */
    csrr    t0, 0x040                   /* uscratch */
    or      a0, a0, t0
    csrr    t0, 0x041                   /* uepc */
    or      a0, a0, t0
    csrr    t0, 0x042                   /* ucause */
    or      a0, a0, t0
    csrr    t0, 0x000                   /* ustatus */
    or      a0, a0, t0
    csrr    t0, 0x044                   /* uip */
    or      a0, a0, t0
    ret

/* uint64_t stir(uint64_t seed, uint64_t rounds): a value that depends on every register that it
 * uses, which are all but zero, sp and a1; any that changes on the way changes it. */
    .globl stir
stir:
    addi    sp, sp, -128
    sd      ra, 0(sp)
    sd      gp, 8(sp)
    sd      tp, 16(sp)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    sd      s\n, (24 + 8 * \n)(sp)
    .endr
    .irp r, ra, gp, tp, t0, t1, t2, s0, s1, a2, a3, a4, a5, a6, a7, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6
    slli    \r, a0, 3
    xor     a0, a0, \r
    addi    a0, a0, 77
    .endr
1:  add     ra, ra, gp
    xor     gp, gp, tp
    add     tp, tp, t0
    xor     t0, t0, t1
    add     t1, t1, t2
    xor     t2, t2, s0
    add     s0, s0, s1
    xor     s1, s1, a2
    add     a2, a2, a3
    xor     a3, a3, a4
    add     a4, a4, a5
    xor     a5, a5, a6
    add     a6, a6, a7
    xor     a7, a7, s2
    add     s2, s2, s3
    xor     s3, s3, s4
    add     s4, s4, s5
    xor     s5, s5, s6
    add     s6, s6, s7
    xor     s7, s7, s8
    add     s8, s8, s9
    xor     s9, s9, s10
    add     s10, s10, s11
    xor     s11, s11, t3
    add     t3, t3, t4
    xor     t4, t4, t5
    add     t5, t5, t6
    xor     t6, t6, a0
    slli    a0, a0, 1
    add     a0, a0, ra
    addi    a1, a1, -1
    bnez    a1, 1b
    .irp r, gp, tp, t0, t1, t2, s0, s1, a2, a3, a4, a5, a6, a7, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6
    xor     a0, a0, \r
    slli    a0, a0, 1
    .endr
    ld      ra, 0(sp)
    ld      gp, 8(sp)
    ld      tp, 16(sp)
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    ld      s\n, (24 + 8 * \n)(sp)
    .endr
    addi    sp, sp, 128
    ret
