/* SPDX-License-Identifier: BSD-2-Clause */
/* Several virtual CPUs, each a thread of the host; their kernel is a condition variable for each.
 * A wake that is lost leaves everybody asleep, and the alarm ends the test. */
#pragma once
#include <executor/cpus.h>
#include "fixture.h"

#define ROWS 128
#define CPUS 4

extern struct co_group group;
extern unsigned effort; /* how many times more: 20 with --long, or in the long form of all tests */

/* Before and after each test, which runs on virtual CPU 0. */
int cpus_begin(void **state);
int cpus_end(void **state);
#define CPUS_TEST(name) cmocka_unit_test_setup_teardown(test_##name, cpus_begin, cpus_end)

/* All rows are free, all sets empty, and nobody counts anything. */
void check_empty(void);
/* Times that a virtual CPU went to sleep. */
unsigned cpu_entries(unsigned cpu);
/* What main was called with. */
void cpus_options(int argc, char **argv);
