/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers with a seed that is printed: HEDDLE_SEED repeats a run. */
#pragma once
#include <stdint.h>

void seed_start(void);
uint32_t seed_below(uint32_t n);
