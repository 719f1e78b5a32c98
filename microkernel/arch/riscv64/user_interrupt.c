/* SPDX-License-Identifier: BSD-2-Clause */
/* The N extension (RISC-V Privileged Architecture, draft 1.10, chapter N): its CSRs by number,
 * because assemblers no longer know their names. Only the software interrupt is used. */
#include <arch/cpu.h>
#include <kernel/arch.h>

#define ustatus  0x000
#define uie      0x004
#define utvec    0x005
#define uscratch 0x040
#define uepc     0x041
#define ucause   0x042
#define utval    0x043
#define uip      0x044
#define sideleg  0x103

/* A macro's argument is expanded before it becomes text. */
#define get(csr)        csr_read(csr)
#define set(csr, value) csr_write(csr, value)

#define USI         1ull
#define USTATUS_UIE 1ull

void arch_user_interrupt_fresh(struct arch_user_interrupt *state, uint64_t pc, uint64_t sp)
{
    *state =
        (struct arch_user_interrupt){.tvec = pc, .scratch = sp, .status = USTATUS_UIE, .ie = USI};
}

void arch_user_interrupt_load(const struct arch_user_interrupt *state)
{
    set(sideleg, USI);
    set(utvec, state->tvec);
    set(uscratch, state->scratch);
    set(uepc, state->epc);
    set(ucause, state->cause);
    set(utval, state->tval);
    set(ustatus, state->status);
    set(uie, state->ie);
    set(uip, state->ip);
}

void arch_user_interrupt_off(void)
{
    static const struct arch_user_interrupt nothing;

    arch_user_interrupt_load(&nothing);
    set(sideleg, 0);
}

void arch_user_interrupt_unload(struct arch_user_interrupt *state)
{
    *state = (struct arch_user_interrupt){get(utvec), get(uscratch), get(uepc), get(ucause),
                                          get(utval), get(ustatus),  get(uie),  get(uip)};
    arch_user_interrupt_off();
}

void arch_user_interrupt_raise(void)
{
    __asm__ volatile("csrsi 0x044, 1" /* uip */);
}

bool arch_user_interrupt_over(void)
{
    return (get(ustatus) & USTATUS_UIE) != 0;
}
