/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries of children that fault with their first instruction, or else wait. */
    .text

    .macro faulty name, instruction:vararg
    .globl \name
    .balign 4
\name:
    \instruction
    j       child_idle
    .endm

    .option norvc
    faulty fault_load, ld a0, 0(a0)
    faulty fault_store, sd a0, 0(a0)
    faulty fault_jump, jr a0
    faulty fault_atomic, amoor.d a1, a1, (a0)
    faulty fault_reserve, lr.d a1, (a0)
    faulty fault_illegal, .word 0xffffffff
    faulty fault_zero, .word 0
    faulty fault_break, ebreak
    faulty fault_float, .word 0x02a57553        /* fadd.d fa0, fa0, fa0 */
    faulty fault_csr_read, csrr a0, sstatus
    faulty fault_csr_write, csrw satp, a0
    faulty fault_sret, sret
    faulty fault_sfence, sfence.vma
