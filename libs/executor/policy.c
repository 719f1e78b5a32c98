/* SPDX-License-Identifier: BSD-2-Clause */
/* Strict and relaxed executors, and the floor. Both want a look before each coroutine, so while
 * either is on no priority is hot; a relaxed executor without a floor pays nothing for them. */
#include "home.h"

enum error co_policy(bool strict, uint32_t floor)
{
    struct executor *executor = executor_self();
    bool careful = strict || floor;

    if (strict && (!executor->global || !executor->yield))
        return E_UNSUPPORTED;
    executor_cool(executor);
    executor->no_heat += careful;
    executor->no_heat -= executor->strict || executor->floor;
    executor->strict = strict;
    executor->floor = floor;
    executor->takes = 0;
    return E_OK;
}

/* Several virtual CPUs: a movable coroutine that is better than what is ready here, or, every other
 * time, as good, comes here and is the next. Value: its level; PRIORITY_NONE: there is none. */
static unsigned shared_level(struct executor *executor, uint64_t levels)
{
    uint64_t best = levels & -levels;

    executor->turn = !executor->turn;
    return group_take(executor, (best - 1) | (executor->turn ? best : 0));
}

/* The level to take from, of those that are not empty. */
static unsigned level(struct executor *executor, uint64_t levels)
{
    if (executor->floor && ++executor->takes % executor->floor == 0) {
        while (levels & (levels - 1))
            levels &= levels - 1;
    }
    return first_bit(levels);
}

static void let_better_run(struct executor *executor, uint64_t better)
{
    uint64_t waiting = 0;

    for (unsigned hart = 0; hart < EXECUTOR_LINES; hart++)
        waiting |= __atomic_load_n(&executor->global[hart], __ATOMIC_RELAXED);
    if (waiting & better)
        executor->yield(
            executor); /* may not return: the kernel then enters anew, and it looks anew */
}

unsigned executor_choose(struct executor *executor, const struct executor_line *line)
{
    unsigned best = level(executor, line->bitmap);
    unsigned shared = PRIORITY_NONE;

    if (executor->strict)
        let_better_run(executor, (1ull << first_bit(line->bitmap)) - 1);
    if (executor_group(executor) && executor->sharing)
        shared = shared_level(executor, line->bitmap);
    return shared != PRIORITY_NONE ? shared : best;
}
