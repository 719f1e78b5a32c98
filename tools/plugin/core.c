/* SPDX-License-Identifier: BSD-2-Clause */
#include "core.h"

/* Beyond the instruction's own cycle. */
#define LOAD_LATE  1u
#define CSR_LATE   2u
#define MUL        8u
#define DIV        62u
#define AMO        4u
#define RESERVED   7u
#define SSTATUS    4u
#define SATP       4u
#define FENCE      14u
#define FENCE_CODE 54u
#define TRAP       5u
#define ECALL      4u
#define RETURN     4u

static void stall(struct core *core, struct rocket *rocket, struct decoded instruction)
{
    if (core->late_register &&
        (instruction.rs1 == core->late_register || instruction.rs2 == core->late_register))
        rocket_charge(rocket, COST_STALL, core->late);
    core->late_register = 0;
}

static void result_is_late(struct core *core, uint8_t rd, uint8_t late)
{
    core->late_register = rd;
    core->late = late;
}

static void fence(struct rocket *rocket, bool all)
{
    rocket_charge(rocket, COST_SWITCH, FENCE);
    rocket_fence(rocket, all);
}

void core_instruction(struct core *core, struct rocket *rocket, struct decoded instruction)
{
    stall(core, rocket, instruction);
    rocket_charge(rocket, COST_BASE, 1);
    switch ((enum decode_kind)instruction.kind) {
    case KIND_PLAIN:
    case KIND_ECALL: /* core_trap */
        break;
    case KIND_LOAD:
    case KIND_LOAD_DOUBLE:
        result_is_late(core, instruction.rd, LOAD_LATE);
        break;
    case KIND_CSR_READ:
        result_is_late(core, instruction.rd, CSR_LATE);
        break;
    case KIND_MUL:
        rocket_charge(rocket, COST_STALL, MUL);
        break;
    case KIND_DIV:
        rocket_charge(rocket, COST_STALL, DIV);
        break;
    case KIND_AMO:
        rocket_charge(rocket, COST_STALL, AMO);
        break;
    case KIND_RESERVED:
        rocket_charge(rocket, COST_STALL, RESERVED);
        break;
    case KIND_CSR_SLOW:
        rocket_charge(rocket, COST_STALL, SSTATUS);
        break;
    case KIND_SATP:
        rocket_charge(rocket, COST_SWITCH, SATP);
        break;
    case KIND_FENCE_SOME:
    case KIND_FENCE_ALL:
        fence(rocket, instruction.kind == KIND_FENCE_ALL);
        break;
    case KIND_FENCE_CODE:
        rocket_charge(rocket, COST_STALL, FENCE_CODE);
        rocket_fence_code(rocket);
        break;
    case KIND_RETURN:
        rocket_charge(rocket, COST_SWITCH, RETURN);
        break;
    }
}

void core_trap(struct core *core, struct rocket *rocket, bool ecall)
{
    core->late_register = 0;
    rocket_charge(rocket, COST_SWITCH, ecall ? ECALL : TRAP);
}
