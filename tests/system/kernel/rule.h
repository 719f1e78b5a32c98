/* SPDX-License-Identifier: BSD-2-Clause */
/* The register rule: calls preserve s0..s11, sp, gp and tp; of the others only results are left. */
#pragma once
#include "suite.h"

/* What register i holds before a call; another seed, other values. */
uint64_t rule_pattern(unsigned i, uint64_t seed);
void rule_fill(struct registers *r, uint64_t seed);
/* The same, with the call in a7. */
void rule_fill_call(struct registers *r, uint64_t seed, unsigned number, uint32_t cptr);
/* The rule holds after a call; a0.. a[results - 1] are for the caller to check. */
void rule_check(const struct registers *r, uint64_t seed, unsigned results);
