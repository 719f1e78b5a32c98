/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions as the assembler makes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "decode.h"

enum { RA = 1, SP = 2, T0 = 5, S0 = 8, S1 = 9, A0 = 10, A1 = 11, A2 = 12 };

static const struct {
    uint32_t bits;
    enum decode_kind kind;
    uint8_t rd, rs1, rs2;
} cases[] = {
    {0x0085b503, KIND_LOAD_DOUBLE, A0, A1, 0}, /* ld a0, 8(a1) */
    {0x0085a503, KIND_LOAD, A0, A1, 0},        /* lw a0, 8(a1) */
    {0x00a5b423, KIND_PLAIN, 0, A1, A0},       /* sd a0, 8(a1) */
    {0x00c58533, KIND_PLAIN, A0, A1, A2},      /* add a0, a1, a2 */
    {0x00358513, KIND_PLAIN, A0, A1, 0},       /* addi a0, a1, 3 */
    {0x00001537, KIND_PLAIN, A0, 0, 0},        /* lui a0, 1 */
    {0x000000ef, KIND_PLAIN, RA, 0, 0},        /* jal ra, . */
    {0x000500e7, KIND_PLAIN, RA, A0, 0},       /* jalr ra, a0 */
    {0x00b50063, KIND_PLAIN, 0, A0, A1},       /* beq a0, a1, . */
    {0x02c58533, KIND_MUL, A0, A1, A2},        /* mul a0, a1, a2 */
    {0x02c5c533, KIND_DIV, A0, A1, A2},        /* div a0, a1, a2 */
    {0x02c5f53b, KIND_DIV, A0, A1, A2},        /* remuw a0, a1, a2 */
    {0x00c5b52f, KIND_AMO, A0, A1, A2},        /* amoadd.d a0, a2, (a1) */
    {0x1005b52f, KIND_RESERVED, A0, A1, 0},    /* lr.d a0, (a1) */
    {0x18c5b52f, KIND_RESERVED, A0, A1, A2},   /* sc.d a0, a2, (a1) */
    {0x0ff0000f, KIND_PLAIN, 0, 0, 0},         /* fence */
    {0x0000100f, KIND_FENCE_CODE, 0, 0, 0},    /* fence.i */
    {0x18051073, KIND_SATP, 0, A0, 0},         /* csrw satp, a0 */
    {0x18002573, KIND_CSR_READ, A0, 0, 0},     /* csrr a0, satp */
    {0xc0202573, KIND_CSR_READ, A0, 0, 0},     /* rdinstret a0 */
    {0x14151073, KIND_PLAIN, 0, A0, 0},        /* csrw sepc, a0 */
    {0x10017073, KIND_CSR_SLOW, 0, 0, 0},      /* csrci sstatus, 2 */
    {0x10002573, KIND_CSR_READ, A0, 0, 0},     /* csrr a0, sstatus */
    {0x12000073, KIND_FENCE_ALL, 0, 0, 0},     /* sfence.vma */
    {0x12a00073, KIND_FENCE_SOME, 0, 0, A0},   /* sfence.vma x0, a0 */
    {0x12058073, KIND_FENCE_ALL, 0, A1, 0},    /* sfence.vma a1 */
    {0x00000073, KIND_ECALL, 0, 0, 0},
    {0x10200073, KIND_RETURN, 0, 0, 0},    /* sret */
    {0x30200073, KIND_RETURN, 0, 0, 0},    /* mret */
    {0x10500073, KIND_PLAIN, 0, 0, 0},     /* wfi */
    {0x1028, KIND_PLAIN, A0, SP, 0},       /* c.addi4spn a0, 40 */
    {0x6588, KIND_LOAD_DOUBLE, A0, A1, 0}, /* c.ld a0, 8(a1) */
    {0x4588, KIND_LOAD, A0, A1, 0},        /* c.lw a0, 8(a1) */
    {0xe588, KIND_PLAIN, 0, A1, A0},       /* c.sd a0, 8(a1) */
    {0x0505, KIND_PLAIN, A0, A0, 0},       /* c.addi a0, 1 */
    {0x4505, KIND_PLAIN, A0, 0, 0},        /* c.li a0, 1 */
    {0x7179, KIND_PLAIN, SP, SP, 0},       /* c.addi16sp -48 */
    {0x8d6d, KIND_PLAIN, A0, A0, A1},      /* c.and a0, a1 */
    {0x8905, KIND_PLAIN, A0, A0, 0},       /* c.andi a0, 1 */
    {0xc119, KIND_PLAIN, 0, A0, 0},        /* c.beqz a0 */
    {0x0506, KIND_PLAIN, A0, A0, 0},       /* c.slli a0, 1 */
    {0x60a2, KIND_LOAD_DOUBLE, RA, SP, 0}, /* c.ldsp ra, 8(sp) */
    {0xe406, KIND_PLAIN, 0, SP, RA},       /* c.sdsp ra, 8(sp) */
    {0x852e, KIND_PLAIN, A0, 0, A1},       /* c.mv a0, a1 */
    {0x952e, KIND_PLAIN, A0, A0, A1},      /* c.add a0, a1 */
    {0x8082, KIND_PLAIN, 0, RA, 0},        /* c.jr ra */
    {0x9502, KIND_PLAIN, RA, A0, 0},       /* c.jalr a0 */
    {0x0000, KIND_PLAIN, S0, SP, 0},       /* no instruction: harmless */
    {0xffffffff, KIND_PLAIN, 0, 0, 0},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decoded d = decode(cases[i].bits);

        if (d.kind != cases[i].kind || d.rd != cases[i].rd || d.rs1 != cases[i].rs1 ||
            (d.rs2 != cases[i].rs2))
            fail_msg("%#x: kind %u rd %u rs1 %u rs2 %u", cases[i].bits, d.kind, d.rd, d.rs1, d.rs2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
