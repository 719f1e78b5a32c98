/* SPDX-License-Identifier: BSD-2-Clause */
/* The generator behind net_random() and net_initial_sequence(). */
#pragma once
#include <stdint.h>

/* Mix something unpredictable into the generator: arrival times, addresses. At any time. */
void random_stir(uint64_t value);
