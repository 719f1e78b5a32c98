/* SPDX-License-Identifier: BSD-2-Clause */
/* What instructions cost in a Rocket core beside their memory accesses: rocket.h has the figures.
 */
#pragma once
#include "decode.h"
#include "rocket.h"

struct core {
    uint8_t late_register; /* 0: none */
    uint8_t late;          /* stall of an instruction that uses it next */
};

/* The instruction is about to run, after its fetch. */
void core_instruction(struct core *core, struct rocket *rocket, struct decoded instruction);
/* The kernel or the firmware is entered. ecall: by that instruction; else by an interrupt or fault.
 */
void core_trap(struct core *core, struct rocket *rocket, bool ecall);
