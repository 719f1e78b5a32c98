/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries that do one thing with the address in a0 (arch/), and then are child_idle. */
#pragma once
#include <stdint.h>

void fault_load(uint64_t address);
void fault_store(uint64_t address);
void fault_jump(uint64_t address);
void fault_atomic(uint64_t address);
void fault_reserve(uint64_t address);
void fault_illegal(uint64_t unused);
void fault_zero(uint64_t unused);
void fault_break(uint64_t unused);
void fault_float(uint64_t unused);
void fault_csr_read(uint64_t unused);
void fault_csr_write(uint64_t unused);
void fault_sret(uint64_t unused);
void fault_sfence(uint64_t unused);

/* scause, RISC-V Privileged 1.12 table 4.2 */
enum {
    CAUSE_FETCH_ACCESS = 1,
    CAUSE_ILLEGAL = 2,
    CAUSE_BREAKPOINT = 3,
    CAUSE_LOAD_MISALIGNED = 4,
    CAUSE_LOAD_ACCESS = 5,
    CAUSE_STORE_MISALIGNED = 6,
    CAUSE_STORE_ACCESS = 7,
    CAUSE_CALL = 8,
    CAUSE_FETCH = 12,
    CAUSE_LOAD = 13,
    CAUSE_STORE = 15,
};
