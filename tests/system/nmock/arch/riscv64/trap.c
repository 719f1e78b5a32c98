/* SPDX-License-Identifier: BSD-2-Clause */
/* Traps to M-mode: sret, uret and the CSRs of the N extension are emulated, all other illegal
 * instructions go to S-mode. */
#include "csr.h"
#include "firmware.h"

#define MSTATUS_SIE  (1ull << 1)
#define MSTATUS_SPIE (1ull << 5)
#define MSTATUS_SPP  (1ull << 8)
#define MSTATUS_MPP  (3ull << 11)
#define MPP_SHIFT    11
#define MIP_STIP     (1ull << 5)

#define CAUSE_ILLEGAL_INSTRUCTION 2
#define CAUSE_SUPERVISOR_ECALL    9
#define CAUSE_SOFTWARE_INTERRUPT  (INTERRUPT | 3)
#define CAUSE_TIMER_INTERRUPT     (INTERRUPT | 7)
#define MIE_MTIE                  (1ull << 7)

#define SRET          0x10200073u
#define OPCODE_SYSTEM 0x73u

static struct n *n_of_hart(void)
{
    return &harts[csr_read(mhartid)].n;
}

static enum mode interrupted_mode(void)
{
    return (enum mode)((csr_read(mstatus) & MSTATUS_MPP) >> MPP_SHIFT);
}

/* Go on at pc in the mode, or in the user's interrupt handler. An interrupt of S-mode that is
 * pending comes first; the sret that ends it looks again. */
static void go_on(enum mode mode, uint64_t pc)
{
    csr_clear(mstatus, MSTATUS_MPP);
    csr_set(mstatus, (uint64_t)mode << MPP_SHIFT);
    if (!(csr_read(sip) & csr_read(sie)))
        pc = n_enter(n_of_hart(), mode, pc);
    csr_write(mepc, pc);
}

/* RISC-V Privileged 1.12 §3.1.6.1: what a trap to S-mode does. */
static void reflect(void)
{
    uint64_t status = csr_read(mstatus);

#ifdef PLANT_SKIP_ILLEGAL
    csr_write(mepc, csr_read(mepc) + 4);
    return;
#endif
    csr_write(sepc, csr_read(mepc));
    csr_write(scause, csr_read(mcause));
    csr_write(stval, csr_read(mtval));
    csr_clear(mstatus, MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP);
    csr_set(mstatus, status & MSTATUS_SIE ? MSTATUS_SPIE : 0);
    csr_set(mstatus, interrupted_mode() == MODE_S ? MSTATUS_SPP : 0);
    go_on(MODE_S, csr_read(stvec) & ~3ull);
}

static void emulate_sret(void)
{
    uint64_t status = csr_read(mstatus);

    csr_clear(mstatus, MSTATUS_SIE | MSTATUS_SPP);
    csr_set(mstatus, MSTATUS_SPIE | (status & MSTATUS_SPIE ? MSTATUS_SIE : 0));
    go_on(status & MSTATUS_SPP ? MODE_S : MODE_U, csr_read(sepc));
}

/* csrrw, csrrs, csrrc and their immediate forms (RISC-V Unprivileged, chapter Zicsr). */
static void emulate_csr(struct frame *frame, uint32_t instruction)
{
    unsigned csr = instruction >> 20, function = instruction >> 12 & 7;
    unsigned source = instruction >> 15 & 31, target = instruction >> 7 & 31;
    struct n *n = n_of_hart();
    uint64_t old = n_read(n, csr);
    uint64_t operand = function & 4 ? source : source ? frame->x[source] : 0;

    switch (function & 3) {
    case 1:
        n_write(n, csr, operand);
        break;
    case 2:
#ifdef PLANT_SET_WRITES
        n_write(n, csr, operand);
        break;
#endif
        if (source)
            n_write(n, csr, old | operand);
        break;
    default:
        if (source)
            n_write(n, csr, old & ~operand);
    }
    if (target)
        frame->x[target] = old;
    go_on(interrupted_mode(), csr_read(mepc) + 4);
}

static void illegal_instruction(struct frame *frame)
{
    uint32_t instruction = (uint32_t)csr_read(mtval);
    enum mode mode = interrupted_mode();

    if (instruction == SRET && mode == MODE_S)
        emulate_sret();
    else if (instruction == URET)
        go_on(MODE_U, n_uret(n_of_hart()));
    else if ((instruction & 0x7f) == OPCODE_SYSTEM && (instruction >> 12 & 3) != 0 &&
             n_has(instruction >> 20, mode))
        emulate_csr(frame, instruction);
    else
        reflect();
}

void firmware_trap(struct frame *frame)
{
    uint64_t cause = csr_read(mcause);

    if (interrupted_mode() == MODE_M)
        firmware_panic("trap in the firmware", cause);
    switch (cause) {
    case CAUSE_ILLEGAL_INSTRUCTION:
        illegal_instruction(frame);
        break;
    case CAUSE_SUPERVISOR_ECALL:
        csr_write(mepc, csr_read(mepc) + 4);
        sbi_call(frame);
        break;
    case CAUSE_SOFTWARE_INTERRUPT:
        hart_requests();
        break;
    case CAUSE_TIMER_INTERRUPT:
        csr_clear(mie, MIE_MTIE); /* until the next set_timer */
        csr_set(mip, MIP_STIP);
        break;
    default:
        firmware_panic("unexpected trap", cause);
    }
}
