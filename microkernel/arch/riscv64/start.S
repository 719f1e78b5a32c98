/* SPDX-License-Identifier: BSD-2-Clause */
/* Reset of the kernel: entered by OpenSBI in S-mode at the load address, translation off.
 * a0: hart id, a1: physical address of the device tree. Any hart may be the one: the first that comes.
 *
 * A hart that comes here later was started at start_hart: OpenSBI before 1.3 marks a hart as started
 * before it stores where, and if it looks in between it goes where the first one went. */

#include <asm_offsets.h>

    .section .text.start, "ax"
    .globl _start
_start:
    csrw    sie, zero
    lla     t0, first_hart
    li      t1, 1
    amoswap.w.aqrl t1, t1, (t0)
    bnez    t1, late_hart
    mv      s0, a0
    mv      s1, a1
    lla     sp, boot_stack_top
    call    boot_page_tables            /* a0 = satp; runs at physical addresses */

    /* Translation on: the next fetch faults, because nothing is mapped here, and lands at stvec. */
    lla     t0, .Lhigh
    li      t1, 0xffffffff00000000      /* KERNEL_IMAGE_GAP */
    add     t0, t0, t1
    csrw    stvec, t0
    sfence.vma
    csrw    satp, a0
    .balign 4
.Lhigh:
    lla     t0, trap_entry
    csrw    stvec, t0
    lla     sp, boot_stack_top
    /* The stack by its address in the direct map: physical + 0xffffffc000000000. */
    li      t1, 0xffffffff00000000
    sub     sp, sp, t1
    li      t1, 0xffffffc000000000
    add     sp, sp, t1
    mv      a0, s0
    mv      a1, s1
    mv      a2, sp
    call    boot_main                   /* does not return */

/* Its struct hart has its id: the table was complete before the first was started. One that the
 * kernel has not started waits for ever. */
late_hart:
    lla     a1, harts
    li      t0, HART_BYTES
    lw      t2, boot_hart_count
1:  beqz    t2, 2f
    ld      t1, HART_ID(a1)
    beq     t1, a0, start_hart
    add     a1, a1, t0
    addi    t2, t2, -1
    j       1b
2:  wfi
    j       2b

/* Another hart, started through the firmware's HSM extension (SBI 1.0 chapter 9): translation off, a0: hart
 * id, a1: physical address of its struct hart. */
    .globl start_hart
start_hart:
    csrw    sie, zero
    mv      s1, a1
    lla     t0, kernel_space
    ld      a0, 0(t0)
    lla     t0, .Lhart_high
    li      t1, 0xffffffff00000000      /* KERNEL_IMAGE_GAP */
    add     t0, t0, t1
    csrw    stvec, t0
    sfence.vma
    csrw    satp, a0
    .balign 4
.Lhart_high:
    lla     t0, trap_entry
    csrw    stvec, t0
    li      t1, 0xffffffc000000000      /* DIRECT_MAP_BASE */
    add     tp, s1, t1
    csrw    sscratch, tp
    ld      sp, HART_STACK_TOP(tp)
    addi    gp, tp, HART_LINE
    call    hart_main

    .section .data
    .balign 4
first_hart:
    .word   0

    .section .bss.stack, "aw", @nobits
    .balign 4096
boot_stack:
    .space  16384
    .globl boot_stack_top
boot_stack_top:
