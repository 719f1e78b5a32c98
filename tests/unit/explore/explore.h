/* SPDX-License-Identifier: BSD-2-Clause */
/* The search over all interleavings of a scenario; see README.md. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "atomics.h"

#define AGENTS 4

struct scenario {
    const char *name;
    void (*begin)(void); /* makes everything new, and calls explore_agent for each agent */
    void (*end)(void);   /* looks at the outcome */
};

/* Another agent: body(argument) on a stack of its own. The execution is over when the first agent
 * has returned and no other can go on. */
void explore_agent(void (*body)(void *argument), void *argument);
/* Called whenever an agent goes on: what else belongs to it than its stack. */
extern void (*explore_enter)(void *argument);
/* Called by the running agent, on its stack, before each access of a shipped source. */
extern void (*explore_step)(void);

/* A step of the kernel follows, which reads one word and writes another (either may be NULL). */
void explore_kernel(const volatile void *reads, const volatile void *writes);

/* The running agent cannot go on until *until is not 0. */
void explore_block(const uint64_t *until);

/* Something must hold; if it does not, the schedule is printed and the scenario has failed. */
#define explore_check(condition) explore_require(condition, #condition, __FILE__, __LINE__)
void explore_require(bool holds, const char *what, const char *file, int line);

/* Run all interleavings; if there are more than `limit`, all with so many preemptions as the limit
 * allows (a preemption: another agent goes on though this one could). Value: whether all were
 * right. Prints what was run. */
bool explore(const struct scenario *scenario, uint64_t limit);

/* The same for a scenario with a mistake planted. Value: whether it was found, and found again by
 * the schedule that was printed. */
bool explore_twin(const struct scenario *scenario, uint64_t limit);

/* Whether it is to be run: name is the one that was asked for, or NULL. */
bool explore_is_wanted(const struct scenario *scenario, const char *name);
/* What main returns: success, if all was right and some scenario was wanted. */
int explore_result(bool right);
