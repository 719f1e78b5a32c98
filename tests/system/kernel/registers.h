/* SPDX-License-Identifier: BSD-2-Clause */
/* All registers of the processor, before and after an instruction (arch/). */
#pragma once

#define REGISTERS_EVENT (8 * 0)
#define REGISTERS_BYTES (8 * 32)

#ifndef __ASSEMBLER__
#include <stdint.h>

enum {
    REG_RA = 1,
    REG_SP = 2,
    REG_GP = 3,
    REG_TP = 4,
    REG_T0 = 5,
    REG_A0 = 10,
    REG_A7 = 17,
    REG_T3 = 28,
    REG_T5 = 30,
    REG_T6 = 31,
};

/* x[0]: 1 if the kernel came back through executor_line.pc, 0 if to the next instruction.
 * x[2]: not loaded; afterwards the stack pointer minus what it should be. */
struct registers {
    uint64_t x[32];
};

/* Load all registers, system call, store all registers. line: the executor line of this process,
 * whose pc and sp are set so that an event comes back here; 0 in a thread. */
void registers_ecall(struct registers *registers, uint64_t line);
/* The same around a loop that ends when the word at x[30] is not zero (it ends up in x[31]). */
void registers_spin(struct registers *registers, uint64_t line);
/* The same around `ld x31, 0(x30)`, which is FAULT_BYTES long. */
void registers_load(struct registers *registers, uint64_t line);
extern const char registers_load_pc[];
#define FAULT_BYTES 4
/* An entry for processes and threads: stores all registers as they come to SHARED->registers[0]
 * (of sp its value) and then is child_idle. A process's executor page is used on the way, a
 * thread's stack. */
void registers_entry(uint64_t argument);
/* gp as it is: the address of the executor line. */
uint64_t registers_gp(void);
#endif
