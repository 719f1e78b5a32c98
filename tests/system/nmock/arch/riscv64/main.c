/* SPDX-License-Identifier: BSD-2-Clause */
/* From reset to S-mode, as OpenSBI does it: one hart starts the program at 0x80200000 with its
 * number in a0 and the device tree in a1, the others wait until they are asked for. */
#include "csr.h"
#include "firmware.h"

#define PROGRAM      0x80200000ull
#define FIRMWARE     0x80000000ull
#define FIRMWARE_LEN 0x20000ull /* a power of two, at least what firmware.ld links */

/* Everything that a program in S-mode could handle is its own, but illegal instructions; OpenSBI
 * hands those on that it does not emulate. */
#define DELEGATED_EXCEPTIONS 0xb1fbull
#define DELEGATED_INTERRUPTS 0x222ull
#define MSTATUS_TSR          (1ull << 22) /* sret traps */
#define MIE_MSIE             (1ull << 3)
#define MIE_MTIE             (1ull << 7)
#define MENVCFG_STCE         (1ull << 63) /* menvcfg: S-mode may set its timer itself (Sstc) */

struct hart harts[HARTS] = {[0 ... HARTS - 1] = {.state = HART_STOPPED}};
static uint32_t lottery;

bool has_sstc;

/* QEMU takes STCE even where stimecmp (CSR 0x14d) is missing: try. Timers are off at reset. */
static bool probe_stimecmp(void)
{
    uint64_t found = 1, old = csr_read(mtvec);

    __asm__ volatile("la t0, 1f\n"
                     "csrw mtvec, t0\n"
                     "li t0, -1\n"
                     "csrw 0x14d, t0\n"
                     "j 2f\n"
                     ".balign 4\n"
                     "1: li %0, 0\n"
                     "2:\n"
                     : "+r"(found)::"t0", "memory");
    csr_write(mtvec, old);
    return found;
}

static void hart_setup(void)
{
    /* Physical memory: the firmware for itself, the rest for all. */
    csr_write(pmpaddr0, FIRMWARE >> 2 | (FIRMWARE_LEN / 8 - 1));
    csr_write(pmpaddr1, ~0ull >> 10);
    csr_write(pmpcfg0, 0x1f18);
    csr_write(medeleg, DELEGATED_EXCEPTIONS);
    csr_write(mideleg, DELEGATED_INTERRUPTS);
    csr_write(mcounteren, 7);
    csr_write(0x30a, MENVCFG_STCE);
    has_sstc = probe_stimecmp(); /* the same for all harts */
    csr_write(mstatus, MSTATUS_TSR);
    csr_write(satp, 0);
    csr_write(mie, MIE_MSIE | MIE_MTIE);
}

void hart_wait(void)
{
    uint64_t hartid = csr_read(mhartid);
    struct hart *hart = &harts[hartid];

    while (__atomic_load_n(&hart->state, __ATOMIC_ACQUIRE) != HART_START_PENDING) {
        __asm__ volatile("wfi");
        hart_requests();
    }
    hart->n = (struct n){0};
    csr_write(mstatus, MSTATUS_TSR);
    csr_write(satp, 0);
    __atomic_store_n(&hart->state, HART_STARTED, __ATOMIC_RELEASE);
    enter_supervisor(hartid, hart->argument, hart->start);
}

void firmware_main(uint64_t hartid, uint64_t fdt)
{
    hart_setup();
    if (__atomic_fetch_add(&lottery, 1, __ATOMIC_RELAXED) != 0)
        hart_wait();
    harts[hartid].state = HART_STARTED;
    enter_supervisor(hartid, fdt, PROGRAM);
}
