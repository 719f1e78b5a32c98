/* SPDX-License-Identifier: BSD-2-Clause */
#include "seed.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t state;

void seed_start(void)
{
    const char *given = getenv("HEDDLE_SEED");

    state = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 0x9e3779b9u;
    printf("seed: HEDDLE_SEED=%llu\n", (unsigned long long)state);
}

uint32_t seed_below(uint32_t n)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u; /* splitmix64 */

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ z >> 31) % n);
}
