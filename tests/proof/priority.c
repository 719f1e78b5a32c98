/* SPDX-License-Identifier: BSD-2-Clause */
/* The best priority of a bitmap, for all of its 2^64 values. */
#include "proof.h"
#include <kernel/sched.h>
#include <libs/executor/internal.h>

#include <libs/executor/executor.c>

/* No lower bit is set, and this one is. */
static bool is_lowest(uint64_t bitmap, unsigned number)
{
    return number < 64 && (bitmap >> number & 1) && (bitmap & ((1ull << number) - 1)) == 0;
}

void proof_priority_first(void)
{
    uint64_t bitmap = nondet_u64();
    unsigned best = priority_first(bitmap);

    CHECK(bitmap == 0 ? best == PRIORITY_NONE : is_lowest(bitmap, best));
    COVER(best == 63);
    COVER(bitmap == 0);
}

void proof_first_bit(void)
{
    uint64_t bits = nondet_u64();

    ASSUME(bits != 0);
    CHECK(is_lowest(bits, first_bit(bits)));
    COVER(first_bit(bits) == 63);
}
