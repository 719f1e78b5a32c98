/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V Unprivileged 20191213 §24 and §16.8, Privileged 1.12 §3.3, §4.2. */
#include "decode.h"

#define CSR_SSTATUS 0x100u
#define CSR_SATP    0x180u

static uint32_t field(uint32_t bits, unsigned from, unsigned count)
{
    return bits >> from & ((1u << count) - 1);
}

static struct decoded made(enum decode_kind kind, uint32_t rd, uint32_t rs1, uint32_t rs2)
{
    return (struct decoded){(uint8_t)kind, (uint8_t)rd, (uint8_t)rs1, (uint8_t)rs2};
}

/* ---------------------------------------------------------------- 16 bits */

static struct decoded quadrant0(uint32_t bits)
{
    uint32_t low = 8 + field(bits, 2, 3), high = 8 + field(bits, 7, 3);

    switch (field(bits, 13, 3)) {
    case 0:
        return made(KIND_PLAIN, low, 2, 0);
    case 2:
        return made(KIND_LOAD, low, high, 0);
    case 3:
        return made(KIND_LOAD_DOUBLE, low, high, 0);
    case 6:
    case 7:
        return made(KIND_PLAIN, 0, high, low);
    default:
        return made(KIND_PLAIN, 0, 0, 0);
    }
}

static struct decoded quadrant1(uint32_t bits)
{
    uint32_t rd = field(bits, 7, 5), high = 8 + field(bits, 7, 3), low = 8 + field(bits, 2, 3);

    switch (field(bits, 13, 3)) {
    case 0:
    case 1:
        return made(KIND_PLAIN, rd, rd, 0);
    case 2:
        return made(KIND_PLAIN, rd, 0, 0);
    case 3:
        return made(KIND_PLAIN, rd, rd == 2 ? 2 : 0, 0);
    case 4:
        return made(KIND_PLAIN, high, high, field(bits, 10, 2) == 3 ? low : 0);
    case 6:
    case 7:
        return made(KIND_PLAIN, 0, high, 0);
    default:
        return made(KIND_PLAIN, 0, 0, 0);
    }
}

static struct decoded quadrant2(uint32_t bits)
{
    uint32_t rd = field(bits, 7, 5), rs2 = field(bits, 2, 5), link = field(bits, 12, 1);

    switch (field(bits, 13, 3)) {
    case 0:
        return made(KIND_PLAIN, rd, rd, 0);
    case 2:
        return made(KIND_LOAD, rd, 2, 0);
    case 3:
        return made(KIND_LOAD_DOUBLE, rd, 2, 0);
    case 4:
        if (rs2 == 0)
            return made(KIND_PLAIN, link, rd, 0);
        return made(KIND_PLAIN, rd, link ? rd : 0, rs2);
    case 6:
    case 7:
        return made(KIND_PLAIN, 0, 2, rs2);
    default:
        return made(KIND_PLAIN, 0, 0, 0);
    }
}

/* ---------------------------------------------------------------- 32 bits */

static struct decoded atomic(uint32_t bits)
{
    uint32_t operation = field(bits, 27, 5);

    return made(operation == 2 || operation == 3 ? KIND_RESERVED : KIND_AMO, field(bits, 7, 5),
                field(bits, 15, 5), field(bits, 20, 5));
}

static struct decoded csr(uint32_t bits)
{
    uint32_t which = field(bits, 20, 12), rd = field(bits, 7, 5), rs1 = field(bits, 15, 5);
    uint32_t function = field(bits, 12, 3);
    uint32_t source = function < 4 ? rs1 : 0;
    int writes = (function & 3) == 1 || rs1 != 0;

    if (writes && which == CSR_SATP)
        return made(KIND_SATP, rd, source, 0);
    if (writes && which == CSR_SSTATUS)
        return made(KIND_CSR_SLOW, rd, source, 0);
    return made(rd ? KIND_CSR_READ : KIND_PLAIN, rd, source, 0);
}

static struct decoded privileged(uint32_t bits)
{
    if (field(bits, 12, 3) != 0)
        return csr(bits);
    if (field(bits, 25, 7) == 9)
        return made(field(bits, 20, 5) ? KIND_FENCE_SOME : KIND_FENCE_ALL, 0, field(bits, 15, 5),
                    field(bits, 20, 5));
    if (bits == 0x73)
        return made(KIND_ECALL, 0, 0, 0);
    if (bits == 0x10200073 || bits == 0x30200073)
        return made(KIND_RETURN, 0, 0, 0);
    return made(KIND_PLAIN, 0, 0, 0);
}

static enum decode_kind arithmetic(uint32_t bits)
{
    if (field(bits, 25, 7) != 1)
        return KIND_PLAIN;
    return field(bits, 14, 1) ? KIND_DIV : KIND_MUL;
}

static struct decoded wide(uint32_t bits)
{
    uint32_t rd = field(bits, 7, 5), rs1 = field(bits, 15, 5), rs2 = field(bits, 20, 5);

    switch (field(bits, 0, 7)) {
    case 0x03:
        return made(field(bits, 12, 3) == 3 ? KIND_LOAD_DOUBLE : KIND_LOAD, rd, rs1, 0);
    case 0x0f:
        return made(field(bits, 12, 3) == 1 ? KIND_FENCE_CODE : KIND_PLAIN, 0, 0, 0);
    case 0x13:
    case 0x1b:
    case 0x67:
        return made(KIND_PLAIN, rd, rs1, 0);
    case 0x17:
    case 0x37:
    case 0x6f:
        return made(KIND_PLAIN, rd, 0, 0);
    case 0x23:
    case 0x63:
        return made(KIND_PLAIN, 0, rs1, rs2);
    case 0x2f:
        return atomic(bits);
    case 0x33:
    case 0x3b:
        return made(arithmetic(bits), rd, rs1, rs2);
    case 0x73:
        return privileged(bits);
    default:
        return made(KIND_PLAIN, 0, 0, 0);
    }
}

struct decoded decode(uint32_t bits)
{
    switch (bits & 3) {
    case 0:
        return quadrant0(bits);
    case 1:
        return quadrant1(bits);
    case 2:
        return quadrant2(bits);
    default:
        return wide(bits);
    }
}
