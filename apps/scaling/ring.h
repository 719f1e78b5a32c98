/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of coroutines, each of which wakes the next and parks. */
#pragma once
#include <executor/co.h>
#include "table.h"

/* Measure with so many members, and report the row coroutines_N. Value 0, or E_NO_MEMORY. A child
 * coroutine. */
struct ring {
    struct co co;
    unsigned members;
    unsigned sample;
    uint64_t steps; /* in each sample */
    struct stamp start;
};
CO_BODY enum co_state ring_body(struct co *co);
