/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of the N extension, user-level interrupts: RISC-V Privileged Architecture, draft 1.10,
 * chapter "N" Standard Extension for User-Level Interrupts, and §3.1.13 (delegation: a bit of uip
 * or uie that is not delegated reads as zero).
 *
 * What an implementation may leave out is left out: of the interrupts only the software interrupt
 * can be delegated, and no exception (sedeleg is zero). uip, uie and ustatus are no views of sip,
 * sie and sstatus, because accesses to those do not trap: S-mode uses the user CSRs instead.
 *
 * Each `#ifdef PLANT_...` is a mistake that could be made; selftest.c must notice it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum mode { MODE_U = 0, MODE_S = 1, MODE_M = 3 };

#define CSR_USTATUS  0x000
#define CSR_UIE      0x004
#define CSR_UTVEC    0x005
#define CSR_USCRATCH 0x040
#define CSR_UEPC     0x041
#define CSR_UCAUSE   0x042
#define CSR_UTVAL    0x043
#define CSR_UIP      0x044
#define CSR_SEDELEG  0x102
#define CSR_SIDELEG  0x103

#define USTATUS_UIE  (1ull << 0)
#define USTATUS_UPIE (1ull << 4)
#define USI          (1ull << 0) /* user software interrupt, in uip, uie and sideleg */
#define INTERRUPT    (1ull << 63)
#define URET         0x00200073u

/* One hart's. ie and ip are whole; what is not delegated is hidden when they are read. */
struct n {
    uint64_t status, ie, tvec, scratch, epc, cause, tval, ip, ideleg;
};

/* Whether a CSR belongs to the extension and may be accessed from the mode. */
bool n_has(unsigned csr, enum mode mode);
uint64_t n_read(const struct n *n, unsigned csr);
void n_write(struct n *n, unsigned csr, uint64_t value);

/* The hart is about to execute at pc in the mode: where it does execute. Takes the interrupt if it
 * is due. */
uint64_t n_enter(struct n *n, enum mode mode, uint64_t pc);
/* uret. Value: where it goes on, in U-mode. */
uint64_t n_uret(struct n *n);
