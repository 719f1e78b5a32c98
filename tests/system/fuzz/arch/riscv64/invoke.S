/* SPDX-License-Identifier: BSD-2-Clause */
/* One system call, and what it must leave alone. The stack:
 *
 *     sp + 0    ra, s0..s11
 *     sp + 104  gp, tp, x
 */
    .text

    .macro saved op
    \op     ra, 0(sp)
    \op     s0, 8(sp)
    \op     s1, 16(sp)
    \op     s2, 24(sp)
    \op     s3, 32(sp)
    \op     s4, 40(sp)
    \op     s5, 48(sp)
    \op     s6, 56(sp)
    \op     s7, 64(sp)
    \op     s8, 72(sp)
    \op     s9, 80(sp)
    \op     s10, 88(sp)
    \op     s11, 96(sp)
    .endm

    .macro differs reg, offset          /* t0 |= reg ^ (sp + offset) */
    addi    t1, sp, \offset
    xor     t1, t1, \reg
    or      t0, t0, t1
    .endm

    .globl fuzz_invoke
fuzz_invoke:
    addi    sp, sp, -128
    saved   sd
    sd      gp, 104(sp)
    sd      tp, 112(sp)
    sd      a0, 120(sp)
    mv      a7, a1
    mv      t0, a0
    ld      a0, 0(t0)
    ld      a1, 8(t0)
    ld      a2, 16(t0)
    ld      a3, 24(t0)
    ld      a4, 32(t0)
    ld      a5, 40(t0)
    ld      a6, 48(t0)
    ld      t3, 64(t0)
    ld      t4, 72(t0)
    ld      t5, 80(t0)
    ld      t6, 88(t0)
    addi    s0, sp, 1
    addi    s1, sp, 2
    addi    s2, sp, 3
    addi    s3, sp, 4
    addi    s4, sp, 5
    addi    s5, sp, 6
    addi    s6, sp, 7
    addi    s7, sp, 8
    addi    s8, sp, 9
    addi    s9, sp, 10
    addi    s10, sp, 11
    addi    s11, sp, 12
    ecall
    or      t0, t0, t1
    or      t0, t0, t2
    or      t0, t0, ra
    differs s0, 1
    differs s1, 2
    differs s2, 3
    differs s3, 4
    differs s4, 5
    differs s5, 6
    differs s6, 7
    differs s7, 8
    differs s8, 9
    differs s9, 10
    differs s10, 11
    differs s11, 12
    ld      t1, 104(sp)
    xor     t1, t1, gp
    or      t0, t0, t1
    ld      t1, 112(sp)
    xor     t1, t1, tp
    or      t0, t0, t1
    ld      t1, 120(sp)
    sd      a0, 0(t1)
    sd      a1, 8(t1)
    sd      a2, 16(t1)
    sd      a3, 24(t1)
    sd      a4, 32(t1)
    sd      a5, 40(t1)
    sd      a6, 48(t1)
    sd      a7, 56(t1)
    sd      t3, 64(t1)
    sd      t4, 72(t1)
    sd      t5, 80(t1)
    sd      t6, 88(t1)
    mv      a0, t0
    saved   ld
    addi    sp, sp, 128
    ret

    .globl fuzz_illegal
fuzz_illegal:
    andi    a0, a0, 3
    beqz    a0, 1f
    addi    a0, a0, -1
    beqz    a0, 2f
    addi    a0, a0, -1
    beqz    a0, 3f
    csrr    a0, sstatus
    ret
1:  .word   0xffffffff
    ret
2:  ebreak
    ret
3:  lw      a0, 1(sp)                   /* misaligned: a fault, or slow */
    ret
