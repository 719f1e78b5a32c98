/* SPDX-License-Identifier: BSD-2-Clause */
#include "rule.h"

uint64_t rule_pattern(unsigned i, uint64_t seed)
{
    return seed * 0x9e3779b97f4a7c15ull + i * 0x0101010101010101ull;
}

void rule_fill(struct registers *r, uint64_t seed)
{
    for (unsigned i = 1; i < 32; i++)
        r->x[i] = rule_pattern(i, seed);
}

void rule_fill_call(struct registers *r, uint64_t seed, unsigned number, uint32_t cptr)
{
    rule_fill(r, seed);
    r->x[REG_A7] = SYS_INVOKED_(number, cptr);
}

static bool is_saved(unsigned i)
{
    return i == REG_GP || i == REG_TP || i == 8 || i == 9 || (i >= 18 && i <= 27);
}

void rule_check(const struct registers *r, uint64_t seed, unsigned results)
{
    CHECK_EQ(r->x[0], 0);
    CHECK_EQ(r->x[REG_SP], 0);
    for (unsigned i = 1; i < 32; i++) {
        if (is_saved(i))
            CHECK_EQ(r->x[i] ^ rule_pattern(i, seed), 0);
        else if (i != REG_SP && (i < REG_A0 || i >= REG_A0 + results))
            CHECK_EQ(r->x[i] + 1000000ull * i, 1000000ull * i);
    }
}
