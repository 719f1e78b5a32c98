/* SPDX-License-Identifier: BSD-2-Clause */
/* Scenarios of a client and a server: calls by the rings and in registers against yields, doorbells
 * and looks. Usage: explore_ring [--long] [SCENARIO]. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "peers.h"

/* As many calls of each caller, over the rings or not, with copies or without. */
#define SCENARIO(name, rings, without_copies, first, second)                                       \
    static void name(void)                                                                         \
    {                                                                                              \
        by_rings = rings;                                                                          \
        in_place = without_copies;                                                                 \
        begin(first, second);                                                                      \
    }
SCENARIO(one_call, false, false, 1, 0)
SCENARIO(two_callers, false, false, 1, 1)
SCENARIO(three_calls, false, false, 2, 1)
SCENARIO(two_callers_by_the_ring, true, false, 1, 1)
SCENARIO(three_calls_by_the_ring, true, false, 2, 1)
SCENARIO(one_call_in_place, false, true, 1, 0)
SCENARIO(two_callers_in_place, false, true, 1, 1)
SCENARIO(three_calls_in_place, false, true, 2, 1)
SCENARIO(three_calls_in_place_by_the_ring, true, true, 2, 1)

static const struct scenario scenarios[] = {
    {"one_call", one_call, end},
    {"two_callers", two_callers, end},
    {"three_calls", three_calls, end},
    {"two_callers_by_the_ring", two_callers_by_the_ring, end},
    {"three_calls_by_the_ring", three_calls_by_the_ring, end},
    {"one_call_in_place", one_call_in_place, end},
    {"two_callers_in_place", two_callers_in_place, end},
    {"three_calls_in_place", three_calls_in_place, end},
    {"three_calls_in_place_by_the_ring", three_calls_in_place_by_the_ring, end},
};

/* With a cancellation; and with the server's death before each of its accesses in turn. */
static const struct scenario failing[] = {
    {"cancelled", two_callers, end_failed},
    {"cancelled_by_the_ring", two_callers_by_the_ring, end_failed},
    {"cancelled_in_place", two_callers_in_place, end_failed},
};
static const struct scenario deaths[] = {
    {"death", two_callers, end_failed},
    {"death_by_the_ring", two_callers_by_the_ring, end_failed},
    {"death_in_place", two_callers_in_place, end_failed},
};

/* Value: whether all was right; with a mistake planted, whether it was found. */
static bool explore_deaths(const struct scenario *scenario, uint64_t limit, bool planted)
{
    bool right = true;

    for (dies_at = 1, ever_died = true; ever_died; dies_at++) {
        ever_died = false;
        printf("before access %u: ", dies_at);
        if (planted && explore_twin(scenario, limit))
            break;
        right &= planted || explore(scenario, limit);
    }
    right &= !planted || ever_died;
    dies_at = 0;
    return right;
}

/* What tells that the search finds anything. */
static const struct scenario broken = {"doorbell_in_vain", two_callers_by_the_ring, end};

static bool explore_all_deaths(const char *name, uint64_t limit)
{
    bool right = true;

    for (unsigned i = 0; i < 2 * sizeof deaths / sizeof deaths[0]; i++) {
        const struct scenario *scenario = &deaths[i / 2];

        cancels = i % 2;
        if (explore_is_wanted(scenario, name))
            right &= explore_deaths(scenario, limit, false);
    }
    cancels = false;
    return right;
}

static bool find_mistakes(uint64_t limit)
{
    bool found;

    printf("a mistake of root's is planted, and is to be found:\n");
    ring_first = true;
    found = explore_deaths(&deaths[1], limit / 200, true);
    ring_first = false;
    printf("mistakes of the kernel are planted, and are to be found:\n");
    forgets_slot = true;
    found &= explore_twin(&broken, limit);
    forgets_slot = false;
    rings_in_vain = true;
    return explore_twin(&broken, limit) && found;
}

int main(int argc, char **argv)
{
    uint64_t limit = argc > 1 && strcmp(argv[1], "--long") == 0 ? 1ull << 40 : 20000;
    const char *name = argc > 1 && argv[argc - 1][0] != '-' ? argv[argc - 1] : NULL;
    bool right = true;

    for (unsigned i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        if (explore_is_wanted(&scenarios[i], name))
            right &= explore(&scenarios[i], limit);
    }
    cancels = true;
    for (unsigned i = 0; i < sizeof failing / sizeof failing[0]; i++) {
        if (explore_is_wanted(&failing[i], name))
            right &= explore(&failing[i], limit);
    }
    right &= explore_all_deaths(name, limit / 200);
    if (!name && !getenv("HEDDLE_SCHEDULE"))
        right &= find_mistakes(limit);
    return explore_result(right);
}
