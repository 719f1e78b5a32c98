/* SPDX-License-Identifier: BSD-2-Clause */
/* The processor, inline: CSRs, fences, the context that traps save.
 * Source: RISC-V Privileged Architecture 1.12, chapters 4 (supervisor) and 5 (Sstc: its own
 * extension document). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define CAUSE_INTERRUPT        (1ull << 63)
#define CAUSE_DEVICE           9 /* with CAUSE_INTERRUPT */
#define CAUSE_USER_CALL        8
#define CAUSE_FETCH_PAGE_FAULT 12ull
#define CAUSE_LOAD_PAGE_FAULT  13ull
#define CAUSE_STORE_PAGE_FAULT 15ull
#define SIP_SSIP               (1ull << 1)
#define SIP_STIP               (1ull << 5)
#define SIP_SEIP               (1ull << 9)
#define SSTATUS_SIE            (1ull << 1)
#define SSTATUS_SPP            (1ull << 8)
#define SSTATUS_VS             (3ull << 9)
#define SSTATUS_FS             (3ull << 13)
#define SSTATUS_SUM            (1ull << 18)
#define SSTATUS_MXR            (1ull << 19)
#define SATP_SV39              (8ull << 60)
#define SATP_ASID_SHIFT        44

/* All user registers: x[0] holds the program counter. */
struct arch_context {
    uint64_t x[32];
};
/* The CSRs of the N extension that belong to whoever is interrupted. */
struct arch_user_interrupt {
    uint64_t tvec, scratch, epc, cause, tval, status, ie, ip;
};
enum arch_register { REG_PC, REG_RA, REG_SP, REG_GP, REG_TP, REG_A0 = 10, REG_T3 = 28 };

#define csr_read(name)                                                                             \
    ({                                                                                             \
        uint64_t value_;                                                                           \
        __asm__ volatile("csrr %0, " #name : "=r"(value_));                                        \
        value_;                                                                                    \
    })
#define csr_write(name, value)                                                                     \
    __asm__ volatile("csrw " #name ", %0" ::"r"((uint64_t)(value)) : "memory")

/* The hart that runs this code. */
#define hart_self()                                                                                \
    ({                                                                                             \
        register struct hart *hart_ __asm__("tp");                                                 \
        __asm__("" : "=r"(hart_));                                                                 \
        hart_;                                                                                     \
    })

static inline uint64_t arch_time(void)
{
    return csr_read(time);
}
static inline uint64_t arch_cycles(void)
{
    return csr_read(cycle);
}
static inline uint64_t arch_instructions(void)
{
    return csr_read(instret);
}
static inline uint64_t arch_interrupts_pending(void)
{
    return csr_read(sip) & csr_read(sie);
}
/* Sleep until an interrupt is pending (they stay masked in S-mode). */
static inline void arch_wait_for_interrupt(void)
{
    __asm__ volatile("wfi" ::: "memory");
}
/* The word that selects an address space: its root table and ASID. */
static inline uint64_t arch_space_word(uint64_t root_table, uint16_t asid)
{
    return SATP_SV39 | (uint64_t)asid << SATP_ASID_SHIFT | root_table >> 12;
}
static inline uint64_t arch_space_current(void)
{
    return csr_read(satp);
}
/* Switch address spaces. Those without an ASID of their own share ASID 0, and its translations are
 * dropped (shared), but not the global ones: a fence with rs2 = x0 would drop those too, so rs2 is
 * a register that holds 0. */
static inline void arch_switch_space(uint64_t space, bool shared)
{
    csr_write(satp, space);
    if (shared)
        __asm__ volatile("sfence.vma x0, %0" ::"r"(0ull) : "memory");
}
/* Boot: this hart's structure to tp and sscratch, the kernel executor's line to gp. */
static inline void arch_hart_set(void *hart, void *line)
{
    __asm__ volatile("mv tp, %0\n csrw sscratch, %0\n mv gp, %1" ::"r"(hart), "r"(line) : "memory");
}
/* Where traps enter the kernel: the plain entry, or the one where nothing is decided at a glance. */
static inline void arch_trap_entry(bool careful)
{
    extern const char trap_entry[], trap_entry_careful[];

    csr_write(stvec, (uintptr_t)(careful ? trap_entry_careful : trap_entry));
}
/* What user mode finds: interrupts of S-mode reach this hart, time and counters can be read.
 * Floating point and vectors are off, whatever the firmware left on: nobody switches their
 * registers, so they would carry words from one process to the next. */
static inline void arch_user_mode_setup(void)
{
    csr_write(sie, SIP_SSIP | SIP_STIP | SIP_SEIP);
    csr_write(scounteren, 7);
    __asm__ volatile("csrc sstatus, %0" ::"r"(SSTATUS_SPP | SSTATUS_SIE | SSTATUS_FS | SSTATUS_VS |
                                              SSTATUS_SUM | SSTATUS_MXR));
}
