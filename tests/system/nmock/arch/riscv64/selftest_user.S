/* SPDX-License-Identifier: BSD-2-Clause */
/* User mode of the self-test, and the ways into it and back; see selftest.h. */

#define ustatus  0x000
#define uie      0x004
#define utvec    0x005
#define uscratch 0x040
#define uepc     0x041
#define ucause   0x042
#define utval    0x043
#define uip      0x044
#define sideleg  0x103
#define URET     .word 0x00200073

    .section .text.start, "ax"
    .globl _start
_start:
    la      sp, stack_top
    call    selftest_main
1:  j       1b

    .macro each_register op
    \op     x1, 8(a0)
    \op     x3, 24(a0)
    \op     x4, 32(a0)
    \op     x5, 40(a0)
    \op     x6, 48(a0)
    \op     x7, 56(a0)
    \op     x8, 64(a0)
    \op     x9, 72(a0)
    \op     x11, 88(a0)
    \op     x12, 96(a0)
    \op     x13, 104(a0)
    \op     x14, 112(a0)
    \op     x15, 120(a0)
    \op     x16, 128(a0)
    \op     x17, 136(a0)
    \op     x18, 144(a0)
    \op     x19, 152(a0)
    \op     x20, 160(a0)
    \op     x21, 168(a0)
    \op     x22, 176(a0)
    \op     x23, 184(a0)
    \op     x24, 192(a0)
    \op     x25, 200(a0)
    \op     x26, 208(a0)
    \op     x27, 216(a0)
    \op     x28, 224(a0)
    \op     x29, 232(a0)
    \op     x30, 240(a0)
    \op     x31, 248(a0)
    .endm

    .macro each_saved op
    \op     ra, 0(sp)
    \op     gp, 8(sp)
    \op     tp, 16(sp)
    \op     s0, 24(sp)
    \op     s1, 32(sp)
    \op     s2, 40(sp)
    \op     s3, 48(sp)
    \op     s4, 56(sp)
    \op     s5, 64(sp)
    \op     s6, 72(sp)
    \op     s7, 80(sp)
    \op     s8, 88(sp)
    \op     s9, 96(sp)
    \op     s10, 104(sp)
    \op     s11, 112(sp)
    .endm

    .text
    .globl user_run
user_run:
    addi    sp, sp, -144
    each_saved sd
    sd      a0, 120(sp)
    csrw    sscratch, sp
    la      t0, user_trap
    csrw    stvec, t0
    ld      t0, 0(a0)
    csrw    sepc, t0
    li      t0, 1 << 8                  /* SPP: to user mode */
    csrc    sstatus, t0
    ld      sp, 16(a0)
    each_register ld
    ld      a0, 80(a0)
    sret

    .balign 4
user_trap:
    csrrw   sp, sscratch, sp
    sd      a0, 128(sp)
    ld      a0, 120(sp)
    each_register sd
    csrr    t0, sscratch
    sd      t0, 16(a0)
    ld      t0, 128(sp)
    sd      t0, 80(a0)
    csrr    t0, sepc
    sd      t0, 0(a0)
    la      t0, unexpected_trap
    csrw    stvec, t0
    csrr    a0, scause
    each_saved ld
    addi    sp, sp, 144
    ret

    .globl supervisor_sret
supervisor_sret:
    li      t0, 1 << 8 | 1 << 5         /* SPP, SPIE */
    csrs    sstatus, t0
    la      t0, 1f
    csrw    sepc, t0
    sret
    ebreak
1:  csrr    a0, sstatus
    csrci   sstatus, 2
    ret

    .globl unexpected_trap
    .balign 4
unexpected_trap:
    la      sp, stack_top
    call    trapped

    .globl supervisor_illegal
supervisor_illegal:
    la      t0, 2f
    csrw    stvec, t0
1:  .word   0xffffffff
    li      a0, 0
    ret
    .balign 4
2:  la      t0, unexpected_trap
    csrw    stvec, t0
    la      t0, 1b
    csrr    t1, sepc
    li      a0, 0
    bne     t0, t1, 3f
    csrr    a0, stval
3:  ret

    .option norvc
/* User code. */
    .globl user_plain, user_plain_end, user_enable, user_enable_next, user_raise, user_raise_next
user_plain:
    addi    s0, s0, 1
    addi    s0, s0, 1
user_plain_end:
    ecall

user_enable:
    csrsi   ustatus, 1
user_enable_next:
    addi    s0, s0, 1
    ecall

user_raise:
    csrsi   uip, 1
user_raise_next:
    addi    s0, s0, 1
    ecall

    .globl user_forms, user_immediates
user_forms:
    li      t1, 0xf0
    li      t2, 0xff
    csrrw   a0, uscratch, t1            /* a0: what was there; now f0 */
    li      t1, 0x0f
    csrrs   a1, uscratch, t1            /* f0; now ff */
    li      t1, 0x3c
    csrrc   a2, uscratch, t1            /* ff; now c3 */
    csrrs   a3, uscratch, zero          /* c3 */
    csrrc   a4, uscratch, zero          /* c3 */
    csrrw   zero, uscratch, t2
    csrr    a5, uscratch                /* ff */
    csrrw   t2, uscratch, t2            /* source and target are the same register */
    mv      a6, t2                      /* ff */
    csrrw   a7, uscratch, zero          /* ff; now 0 */
    ecall

user_immediates:
    csrrwi  a0, uscratch, 21            /* a0: what was there; now 15 */
    csrrsi  a1, uscratch, 10            /* 15; now 1f */
    csrrci  a2, uscratch, 3             /* 1f; now 1c */
    csrrsi  a3, uscratch, 0             /* 1c */
    csrrwi  a4, uscratch, 0             /* 1c; now 0 */
    csrr    a5, uscratch                /* 0 */
    ecall

    .globl user_illegal, user_delegates, user_sret
user_illegal:
    .word   0xffffffff
    ecall
user_delegates:
    csrwi   sideleg, 0
    ecall
user_sret:
    sret
    ecall

    .macro begin                        /* an endless loop of interrupts ends as a wrong count */
    addi    s1, s1, 1
    li      s6, 9
    bgeu    s1, s6, too_many
    .endm

    .globl user_handler, user_handler_lazy, user_handler_raise
    .balign 4
user_handler:
    begin
    csrr    s2, uepc
    csrr    s3, ucause
    csrr    s4, utval
    csrr    s5, ustatus
    csrr    s6, uip
    csrci   uip, 1
    URET
too_many:
    ecall

    .balign 4
user_handler_lazy:
    begin
    li      s6, 2
    bltu    s1, s6, 1f
    csrci   uip, 1
1:  URET

    .balign 4
user_handler_raise:
    begin
    csrci   uip, 1
    li      s6, 2
    bgeu    s1, s6, 1f
    csrsi   uip, 1                      /* not taken before uret */
    li      s6, 9
    bltu    s7, s6, too_many            /* here again */
    mv      s7, s1
1:  URET

    .bss
    .balign 16
    .space  4096
stack_top:
