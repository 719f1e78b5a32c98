/* SPDX-License-Identifier: BSD-2-Clause */
/* Reset and traps of the firmware. mscratch: the top of this hart's stack. */
    .section .text.start, "ax"
    .globl _start
_start:                                 /* a0: hart, a1: device tree */
    csrw    mie, zero
    li      t0, 8                       /* HARTS */
    bgeu    a0, t0, .
    la      sp, stacks
    addi    t0, a0, 1
    slli    t0, t0, 12
    add     sp, sp, t0
    csrw    mscratch, sp
    la      t0, trap_entry
    csrw    mtvec, t0
    call    firmware_main

    .macro each_register op
    \op     x1, 8(sp)
    \op     x3, 24(sp)
    \op     x4, 32(sp)
    \op     x5, 40(sp)
    \op     x6, 48(sp)
    \op     x7, 56(sp)
    \op     x8, 64(sp)
    \op     x9, 72(sp)
    \op     x10, 80(sp)
    \op     x11, 88(sp)
    \op     x12, 96(sp)
    \op     x13, 104(sp)
    \op     x14, 112(sp)
    \op     x15, 120(sp)
    \op     x16, 128(sp)
    \op     x17, 136(sp)
    \op     x18, 144(sp)
    \op     x19, 152(sp)
    \op     x20, 160(sp)
    \op     x21, 168(sp)
    \op     x22, 176(sp)
    \op     x23, 184(sp)
    \op     x24, 192(sp)
    \op     x25, 200(sp)
    \op     x26, 208(sp)
    \op     x27, 216(sp)
    \op     x28, 224(sp)
    \op     x29, 232(sp)
    \op     x30, 240(sp)
    \op     x31, 248(sp)
    .endm

    .text
    .balign 4
    .globl trap_entry
trap_entry:
    csrrw   sp, mscratch, sp
    addi    sp, sp, -256
    each_register sd
    csrr    t0, mscratch
    sd      t0, 16(sp)
    addi    t0, sp, 256
    csrw    mscratch, t0
    mv      a0, sp
    call    firmware_trap
    ld      t0, 16(sp)
    csrw    mscratch, t0
    each_register ld
    addi    sp, sp, 256
    csrrw   sp, mscratch, sp
    mret

    .globl enter_supervisor
enter_supervisor:                       /* a0, a1, a2: pc; the stack is empty again */
    csrw    mepc, a2
    li      t0, 3 << 11                 /* MPP */
    csrc    mstatus, t0
    li      t0, 1 << 11                 /* S */
    csrs    mstatus, t0
    la      sp, stacks
    csrr    t0, mhartid
    addi    t0, t0, 1
    slli    t0, t0, 12
    add     sp, sp, t0
    csrw    mscratch, sp
    mret

    .section .data.stacks, "aw"
    .balign 16
stacks:
    .space  8 * 4096
