/* SPDX-License-Identifier: BSD-2-Clause */
/* What every harness uses.
 *
 * A harness is a function proof_NAME without arguments: it takes arbitrary values (any local
 * variable that is not initialised is one, and so is the value of a nondet_ function), assumes what
 * the function under proof may rely on, calls it, and checks what it promises.
 *
 * The same harness is run a second time (PROOF_COVER) with nothing checked but that each COVER can
 * be true.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ASSUME(condition) __CPROVER_assume(condition)
#ifdef PROOF_COVER
#define CHECK(condition) ((void)(condition))
#define COVER(condition) __CPROVER_assert(!(condition), "cover: " #condition)
#else
#define CHECK(condition) __CPROVER_assert(condition, #condition)
#define COVER(condition) ((void)(condition))
#endif

#define __builtin_memcpy memcpy /* the name by which the checker knows it */

bool nondet_bool(void);
uint8_t nondet_u8(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);

static inline uint64_t below(uint64_t limit)
{
    uint64_t value = nondet_u64();

    ASSUME(value < limit);
    return value;
}
