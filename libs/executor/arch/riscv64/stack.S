/* SPDX-License-Identifier: BSD-2-Clause */
/* Switching stacks: see stack.h. What a call must keep is on the stack that is left: ra, s0 .. s11.
 * gp and tp belong to the virtual CPU, not to the stack. */

#define FRAME_BYTES 112

    .text
    .balign 4
    .globl executor_stack_switch
    .type executor_stack_switch, @function
executor_stack_switch:                  /* a0: from, a1: to */
    addi    sp, sp, -FRAME_BYTES
    sd      ra, 0(sp)
    sd      s0, 8(sp)
    sd      s1, 16(sp)
    sd      s2, 24(sp)
    sd      s3, 32(sp)
    sd      s4, 40(sp)
    sd      s5, 48(sp)
    sd      s6, 56(sp)
    sd      s7, 64(sp)
    sd      s8, 72(sp)
    sd      s9, 80(sp)
    sd      s10, 88(sp)
    sd      s11, 96(sp)
    sd      sp, 0(a0)
    mv      sp, a1
    ld      ra, 0(sp)
    ld      s0, 8(sp)
    ld      s1, 16(sp)
    ld      s2, 24(sp)
    ld      s3, 32(sp)
    ld      s4, 40(sp)
    ld      s5, 48(sp)
    ld      s6, 56(sp)
    ld      s7, 64(sp)
    ld      s8, 72(sp)
    ld      s9, 80(sp)
    ld      s10, 88(sp)
    ld      s11, 96(sp)
    addi    sp, sp, FRAME_BYTES
    ret
    .size executor_stack_switch, . - executor_stack_switch

    .balign 4
    .globl executor_stack_prepare
    .type executor_stack_prepare, @function
executor_stack_prepare:                 /* a0: low, a1: bytes, a2: entry, a3: argument */
    add     a0, a0, a1
    andi    a0, a0, -16
    addi    a0, a0, -FRAME_BYTES
    lla     t0, first
    sd      t0, 0(a0)
    sd      zero, 8(a0)                 /* s0: the end of the chain of frames */
    sd      a2, 16(a0)                  /* s1 */
    sd      a3, 24(a0)                  /* s2 */
    ret
    .size executor_stack_prepare, . - executor_stack_prepare

first:
    mv      a0, s2
    jalr    s1
    ebreak
