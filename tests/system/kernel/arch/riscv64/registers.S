/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers before and after; see registers.h. The stack:
 *
 *     sp + 0    x0 .. x31 as they come back
 *     sp + 256  the caller's ra, gp, tp, s0..s11
 *     sp + 376  struct registers *
 */
#include <abi/abi.h>
#include "../../registers.h"

#define FRAME    400
#define SAVED(n) (256 + 8 * (n))

    .macro each_saved op
    \op     ra, SAVED(0)(sp)
    \op     gp, SAVED(1)(sp)
    \op     tp, SAVED(2)(sp)
    \op     s0, SAVED(3)(sp)
    \op     s1, SAVED(4)(sp)
    \op     s2, SAVED(5)(sp)
    \op     s3, SAVED(6)(sp)
    \op     s4, SAVED(7)(sp)
    \op     s5, SAVED(8)(sp)
    \op     s6, SAVED(9)(sp)
    \op     s7, SAVED(10)(sp)
    \op     s8, SAVED(11)(sp)
    \op     s9, SAVED(12)(sp)
    \op     s10, SAVED(13)(sp)
    \op     s11, SAVED(14)(sp)
    .endm

    .macro each_register op, base, shift=0  /* but x0, sp, a0 */
    \op     x1, (\shift + 8 * 1)(\base)
    \op     x3, (\shift + 8 * 3)(\base)
    \op     x4, (\shift + 8 * 4)(\base)
    \op     x5, (\shift + 8 * 5)(\base)
    \op     x6, (\shift + 8 * 6)(\base)
    \op     x7, (\shift + 8 * 7)(\base)
    \op     x8, (\shift + 8 * 8)(\base)
    \op     x9, (\shift + 8 * 9)(\base)
    \op     x11, (\shift + 8 * 11)(\base)
    \op     x12, (\shift + 8 * 12)(\base)
    \op     x13, (\shift + 8 * 13)(\base)
    \op     x14, (\shift + 8 * 14)(\base)
    \op     x15, (\shift + 8 * 15)(\base)
    \op     x16, (\shift + 8 * 16)(\base)
    \op     x17, (\shift + 8 * 17)(\base)
    \op     x18, (\shift + 8 * 18)(\base)
    \op     x19, (\shift + 8 * 19)(\base)
    \op     x20, (\shift + 8 * 20)(\base)
    \op     x21, (\shift + 8 * 21)(\base)
    \op     x22, (\shift + 8 * 22)(\base)
    \op     x23, (\shift + 8 * 23)(\base)
    \op     x24, (\shift + 8 * 24)(\base)
    \op     x25, (\shift + 8 * 25)(\base)
    \op     x26, (\shift + 8 * 26)(\base)
    \op     x27, (\shift + 8 * 27)(\base)
    \op     x28, (\shift + 8 * 28)(\base)
    \op     x29, (\shift + 8 * 29)(\base)
    \op     x30, (\shift + 8 * 30)(\base)
    \op     x31, (\shift + 8 * 31)(\base)
    .endm

    .macro load_all
    addi    sp, sp, -FRAME
    each_saved sd
    sd      a0, 376(sp)
    sd      sp, 384(sp)
    beqz    a1, 1f
    sd      sp, EXECUTOR_LINE_SP(a1)
    lla     t0, came_by_event
    sd      t0, EXECUTOR_LINE_PC(a1)
1:
    each_register ld, a0
    ld      a0, 80(a0)
    .endm

    .text
    .globl registers_ecall
registers_ecall:
    load_all
    ecall
came_back:
    each_register sd, sp
    sd      a0, 80(sp)
    sd      zero, REGISTERS_EVENT(sp)
store_all:
    ld      t0, 384(sp)
    sub     t0, sp, t0
    sd      t0, 16(sp)
    ld      a0, 376(sp)
    mv      t0, sp
    addi    t1, sp, REGISTERS_BYTES
1:  ld      t2, 0(t0)
    sd      t2, 0(a0)
    addi    t0, t0, 8
    addi    a0, a0, 8
    bne     t0, t1, 1b
    each_saved ld
    addi    sp, sp, FRAME
    ret

came_by_event:
    each_register sd, sp
    sd      a0, 80(sp)
    li      t0, 1
    sd      t0, REGISTERS_EVENT(sp)
    j       store_all

    .globl registers_spin
registers_spin:
    load_all
1:  ld      x31, 0(x30)
    beqz    x31, 1b
    j       came_back

    .globl registers_load
registers_load:
    load_all
    .globl registers_load_pc
registers_load_pc:
    ld      x31, 0(x30)
    j       came_back

    .globl registers_entry
registers_entry:
    beqz    gp, 1f
    each_register sd, gp, EXECUTOR_PRIVATE
    sd      a0, (EXECUTOR_PRIVATE + 80)(gp)
    sd      sp, (EXECUTOR_PRIVATE + 16)(gp)
    addi    a0, gp, EXECUTOR_PRIVATE
    j       registers_entered
1:  sd      sp, (16 - REGISTERS_BYTES)(sp)      /* a thread */
    each_register sd, sp, -REGISTERS_BYTES
    sd      a0, (80 - REGISTERS_BYTES)(sp)
    addi    a0, sp, -REGISTERS_BYTES
    addi    sp, sp, -2 * REGISTERS_BYTES
    j       registers_entered

    .globl registers_gp
registers_gp:
    mv      a0, gp
    ret
