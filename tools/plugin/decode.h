/* SPDX-License-Identifier: BSD-2-Clause */
/* What the model must know of an instruction: registers, and what makes it slow (rv64imac). */
#pragma once
#include <stdint.h>

enum decode_kind {
    KIND_PLAIN,
    KIND_LOAD,        /* its result comes late */
    KIND_LOAD_DOUBLE, /* the same, of 8 bytes */
    KIND_MUL,
    KIND_DIV,
    KIND_AMO,
    KIND_RESERVED,   /* lr, sc */
    KIND_CSR_READ,   /* its result comes late */
    KIND_CSR_SLOW,   /* writes sstatus, which flushes the pipeline */
    KIND_SATP,       /* writes satp from rs1 */
    KIND_FENCE_SOME, /* sfence.vma, rs2 a register that is not x0 */
    KIND_FENCE_ALL,
    KIND_FENCE_CODE,
    KIND_ECALL,
    KIND_RETURN, /* sret, mret */
};

struct decoded {
    uint8_t kind;         /* enum decode_kind */
    uint8_t rd, rs1, rs2; /* 0: none */
};

/* bits: of 16 or 32. What is no rv64imac is PLAIN, without registers. */
struct decoded decode(uint32_t bits);
