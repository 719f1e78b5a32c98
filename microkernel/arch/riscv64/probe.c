/* SPDX-License-Identifier: BSD-2-Clause */
/* What this processor has: probed, never assumed. */
#include <kernel/arch.h>
#include <arch/cpu.h>

struct arch_features arch_features;

/* Execute an instruction with -1 in t0; false if it traps as illegal. */
#define works(instruction)                                                                         \
    ({                                                                                             \
        uint64_t ok_ = 1, old_ = csr_read(stvec);                                                  \
        __asm__ volatile("lla t0, 1f\n csrw stvec, t0\n li t0, -1\n" instruction                   \
                         "\n j 2f\n .balign 4\n 1: li %0, 0\n 2:"                                  \
                         : "+r"(ok_)::"t0", "memory");                                             \
        csr_write(stvec, old_);                                                                    \
        /* A trap left SPP set: user mode is entered with sret, which reads it. */                 \
        __asm__ volatile("csrc sstatus, %0" ::"r"(SSTATUS_SPP));                                   \
        ok_ != 0;                                                                                  \
    })

/* The ASID bits that satp keeps (RISC-V Privileged 1.12 §4.1.11). */
static uint16_t probe_asid(void)
{
    uint64_t old = csr_read(satp), seen;

    csr_write(satp, old | 0xffffull << SATP_ASID_SHIFT);
    seen = csr_read(satp);
    csr_write(satp, old);
    __asm__ volatile("sfence.vma" ::: "memory");
    return (uint16_t)(seen >> SATP_ASID_SHIFT);
}

void arch_probe(bool asid)
{
    arch_features.sstc = works("csrw 0x14d, t0");            /* stimecmp: Sstc 1.0.0 §2 */
    arch_features.user_interrupts = works("csrw 0x103, t0"); /* sideleg: the N extension */
    arch_features.asid_max = asid ? probe_asid() : 0;
}

void arch_timer_set(uint64_t deadline)
{
    if (arch_features.sstc)
        csr_write(0x14d, deadline);
    else
        sbi_timer_set(deadline);
}

void arch_interrupt_clear(void)
{
    __asm__ volatile("csrc sip, %0\n fence" ::"r"(SIP_SSIP) : "memory");
}

void arch_spin(void)
{
    /* A wfi with an interrupt pending goes on at once (RISC-V Privileged 1.12 §3.3.3), but lets an
     * emulator that runs all harts in turn go to the next. The interrupt that stays pending only
     * makes this hart look at its inbox. */
    __asm__ volatile("csrs sip, %0\n wfi" ::"r"(SIP_SSIP) : "memory");
}

void arch_instruction_fence(uint64_t unused)
{
    __asm__ volatile("fence.i" ::: "memory");
}

void arch_tlb_flush_asid(uint64_t asid)
{
    __asm__ volatile("sfence.vma x0, %0" ::"r"((uint64_t)asid) : "memory");
}
