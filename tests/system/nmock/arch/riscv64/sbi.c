/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls that a kernel makes to its firmware (RISC-V SBI 1.0; DBCN of 2.0), on QEMU's virt. */
#include <stddef.h>
#include "csr.h"
#include "firmware.h"

#define CLINT_MSIP(hart)  ((volatile uint32_t *)(0x2000000ull + 4 * (hart)))
#define CLINT_TIMER(hart) ((volatile uint64_t *)(0x2004000ull + 8 * (hart)))
#define UART_DATA         ((volatile uint8_t *)0x10000000ull)
#define UART_STATUS       ((volatile uint8_t *)0x10000005ull)
#define UART_EMPTY        0x20
#define FINISHER          ((volatile uint32_t *)0x100000ull)
#define FINISHER_FAIL     0x13333
#define FINISHER_PASS     0x5555
#define FINISHER_RESET    0x7777

#define SBI_OK                0
#define SBI_NOT_SUPPORTED     (-2)
#define SBI_INVALID           (-3)
#define SBI_ALREADY_AVAILABLE (-6)

#define MIP_SSIP (1ull << 1)
#define MIP_STIP (1ull << 5)
#define MIE_MTIE (1ull << 7)

enum extension {
    LEGACY_TIMER = 0,
    LEGACY_PUT = 1,
    LEGACY_SHUTDOWN = 8,
    BASE = 0x10,
    TIME = 0x54494d45,
    IPI = 0x735049,
    FENCES = 0x52464e43,
    HSM = 0x48534d,
    RESET = 0x53525354,
    CONSOLE = 0x4442434e,
};

/* ---------------------------------------------------------------- console, end */

static void put(char c)
{
    while (!(*UART_STATUS & UART_EMPTY))
        ;
    *UART_DATA = (uint8_t)c;
}

void firmware_panic(const char *why, uint64_t value)
{
    for (const char *c = "\r\nnmock: "; *c; c++)
        put(*c);
    for (; *why; why++)
        put(*why);
    put(' ');
    for (int shift = 60; shift >= 0; shift -= 4)
        put("0123456789abcdef"[value >> shift & 15]);
    put('\r');
    put('\n');
    *FINISHER = FINISHER_FAIL;
    for (;;)
        ;
}

static long reset(uint64_t type)
{
    if (type > 2)
        return SBI_INVALID;
    *FINISHER = type == 0 ? FINISHER_PASS : FINISHER_RESET;
    for (;;)
        ;
}

/* ---------------------------------------------------------------- time */

static void set_timer(uint64_t hart, uint64_t deadline)
{
    if (has_sstc) {
        csr_write(0x14d, deadline);
        return;
    }
    *CLINT_TIMER(hart) = deadline;
    csr_clear(mip, MIP_STIP);
    csr_set(mie, MIE_MTIE);
}

/* ---------------------------------------------------------------- other harts */

void hart_requests(void)
{
    uint64_t self = csr_read(mhartid);
    struct hart *hart = &harts[self];
    uint32_t wanted;

    *CLINT_MSIP(self) = 0;
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* before the look: a later request interrupts again */
    if (__atomic_exchange_n(&hart->interrupt, 0, __ATOMIC_ACQUIRE))
        csr_set(mip, MIP_SSIP);
    wanted = __atomic_load_n(&hart->fences_wanted, __ATOMIC_ACQUIRE);
    __asm__ volatile("sfence.vma\n fence.i" ::: "memory");
    __atomic_store_n(&hart->fences_done, wanted, __ATOMIC_RELEASE);
}

/* The harts that an SBI call names; ~0 as base: all. */
static uint64_t named(uint64_t mask, uint64_t base)
{
    if (base == ~0ull)
        return (1 << HARTS) - 1;
    return base < HARTS ? mask << base & ((1 << HARTS) - 1) : 0;
}

/* The harts of the mask that are in S-mode. */
static uint64_t running(uint64_t mask)
{
    for (uint64_t i = 0; i < HARTS; i++) {
        if (__atomic_load_n(&harts[i].state, __ATOMIC_ACQUIRE) != HART_STARTED)
            mask &= ~(1ull << i);
    }
    return mask;
}

static long interrupt(uint64_t mask)
{
    mask = running(mask);
    for (uint64_t i = 0; i < HARTS; i++) {
        if (!(mask & 1ull << i))
            continue;
        __atomic_store_n(&harts[i].interrupt, 1, __ATOMIC_RELEASE);
        *CLINT_MSIP(i) = 1;
    }
    return SBI_OK;
}

/* Each hart that waits here serves the others meanwhile. */
static long fences(uint64_t mask)
{
    uint32_t ticket[HARTS];

    mask = running(mask);
    for (uint64_t i = 0; i < HARTS; i++) {
        if (!(mask & 1ull << i))
            continue;
        ticket[i] = __atomic_add_fetch(&harts[i].fences_wanted, 1, __ATOMIC_ACQ_REL);
        *CLINT_MSIP(i) = 1;
    }
    for (uint64_t i = 0; i < HARTS; i++) {
        while (mask & 1ull << i &&
               (int32_t)(__atomic_load_n(&harts[i].fences_done, __ATOMIC_ACQUIRE) - ticket[i]) < 0)
            hart_requests();
    }
    return SBI_OK;
}

static long hart_start(uint64_t hart, uint64_t start, uint64_t argument)
{
    if (hart >= HARTS)
        return SBI_INVALID;
    if (harts[hart].state != HART_STOPPED)
        return SBI_ALREADY_AVAILABLE;
    harts[hart].start = start;
    harts[hart].argument = argument;
    __atomic_store_n(&harts[hart].state, HART_START_PENDING, __ATOMIC_RELEASE);
    *CLINT_MSIP(hart) = 1;
    return SBI_OK;
}

static long hsm(struct frame *frame, uint64_t function)
{
    uint64_t hart = frame->x[10];

    switch (function) {
    case 0:
        return hart_start(hart, frame->x[11], frame->x[12]);
    case 1:
        harts[csr_read(mhartid)].state = HART_STOPPED;
        hart_wait();
    case 2:
        frame->x[11] = hart < HARTS ? harts[hart].state : 0;
        return hart < HARTS ? SBI_OK : SBI_INVALID;
    default:
        return SBI_NOT_SUPPORTED;
    }
}

/* ---------------------------------------------------------------- dispatch */

static bool has(uint64_t extension)
{
    static const uint32_t known[] = {BASE, TIME, IPI, FENCES, HSM, RESET, CONSOLE, LEGACY_PUT};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (extension == known[i])
            return true;
    }
    return false;
}

static long base(struct frame *frame, uint64_t function)
{
    uint64_t argument = frame->x[10];

    frame->x[11] = function == 0 ? 1 << 24 : function == 3 ? has(argument) : 0;
    return function <= 6 ? SBI_OK : SBI_NOT_SUPPORTED;
}

void sbi_call(struct frame *frame)
{
    uint64_t extension = frame->x[17], function = frame->x[16];
    uint64_t a0 = frame->x[10], a1 = frame->x[11];
    long result = SBI_NOT_SUPPORTED;

    if (extension != BASE && extension != HSM && extension >= BASE)
        frame->x[11] = 0;
    switch (extension) {
    case LEGACY_TIMER:
        set_timer(csr_read(mhartid), a0);
        result = SBI_OK;
        break;
    case LEGACY_PUT:
        put((char)a0);
        result = SBI_OK;
        break;
    case LEGACY_SHUTDOWN:
        result = reset(0);
        break;
    case BASE:
        result = base(frame, function);
        break;
    case TIME:
        set_timer(csr_read(mhartid), a0);
        result = SBI_OK;
        break;
    case IPI:
        result = interrupt(named(a0, a1));
        break;
    case FENCES:
        result = fences(named(a0, a1));
        break;
    case HSM:
        result = hsm(frame, function);
        break;
    case RESET:
        result = reset(a0);
        break;
    case CONSOLE:
        if (function == 2) {
            put((char)a0);
            result = SBI_OK;
        }
        break;
    default:
        break;
    }
    frame->x[10] = (uint64_t)result;
}
