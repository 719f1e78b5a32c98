/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel needs of the processor. The inline half is <arch/cpu.h>; the rest is written in
 * arch/riscv64. No other code names a CSR. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <kernel/memory.h>

struct arch_user_interrupt;
struct hart;
struct task;

/* Found by probing at boot; the same for all harts. */
struct arch_features {
    bool sstc;            /* stimecmp may be written from S-mode */
    uint16_t asid_max;    /* largest ASID in use; 0: none */
    bool user_interrupts; /* the N extension */
};
extern struct arch_features arch_features;

/* Probe the optional parts of the processor. asid: whether ASIDs may be used if found. */
void arch_probe(bool asid);

/* Drop all translations of one address space; of asid 0: of all that share it. */
void arch_tlb_flush_asid(uint64_t asid);

/* Instructions that were written as data are fetched as written, on this hart. */
void arch_instruction_fence(uint64_t unused);

/* Have the timer interrupt come at this tick of rdtime; ~0: never. */
void arch_timer_set(uint64_t deadline);

/* The CSRs of the N extension, on this hart; only with arch_features.user_interrupts. */

/* Nothing in them, nothing delegated; once on each hart before it enters user mode. */
void arch_user_interrupt_off(void);
/* A handler at pc that has not been entered, and sp in uscratch. */
void arch_user_interrupt_fresh(struct arch_user_interrupt *state, uint64_t pc, uint64_t sp);
void arch_user_interrupt_load(const struct arch_user_interrupt *state);
/* Store them and leave nothing in them. */
void arch_user_interrupt_unload(struct arch_user_interrupt *state);
/* Have the handler entered in user mode, as soon as it is not active. */
void arch_user_interrupt_raise(void);
/* Whether the handler is not active. */
bool arch_user_interrupt_over(void);

/* Leave the kernel for user mode: enter at the executor's entry point with an event, or resume
 * exactly where the task was interrupted. hart->current is the task already. */
void arch_enter_event(uint64_t event, uint64_t argument) __attribute__((noreturn));
void arch_resume(void) __attribute__((noreturn));
void arch_return(void) __attribute__((noreturn)); /* behind its system call: ENTER_RETURN */

/* Forget this stack and run the kernel's executor from its top. */
void arch_kernel_loop(void) __attribute__((noreturn));

/* Interrupt another hart; forget an interrupt of this one (before looking what it was for). */
void arch_interrupt_hart(uint64_t hartid);
void arch_interrupt_clear(void);

/* Between two looks at a word that another hart will write. */
void arch_spin(void);

/* Have another hart enter start_hart with the physical address of its struct hart. Value: whether
 * the firmware did. */
bool arch_start_hart(uint64_t hartid, paddr_t hart);

/* Firmware. */
void sbi_console_put(char c);
long sbi_console_get(void); /* 0..255, or negative: nothing was typed */
void sbi_power(bool reset);
void sbi_timer_set(uint64_t deadline);

/* Print on the firmware's console; %s, %x and %u (both 64 bits wide) only. For boot and panic. */
void kernel_print(const char *format, ...);
void kernel_panic(const char *format, ...) __attribute__((noreturn));
