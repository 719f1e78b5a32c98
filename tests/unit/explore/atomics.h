/* SPDX-License-Identifier: BSD-2-Clause */
/* Included before a shipped source: before each atomic access another agent may go on. (A macro is
 * not expanded again within itself.) */
#pragma once
#include <stdbool.h>

/* An access follows. */
void explore_point(const volatile void *address, bool writes);

#define __atomic_load_n(p, order) (explore_point(p, false), __atomic_load_n(p, order))
#define __atomic_store_n(p, value, order)                                                          \
    (explore_point(p, true), __atomic_store_n(p, value, order))
#define __atomic_exchange_n(p, value, order)                                                       \
    (explore_point(p, true), __atomic_exchange_n(p, value, order))
#define __atomic_fetch_or(p, value, order)                                                         \
    (explore_point(p, true), __atomic_fetch_or(p, value, order))
#define __atomic_fetch_and(p, value, order)                                                        \
    (explore_point(p, true), __atomic_fetch_and(p, value, order))
#define __atomic_fetch_add(p, value, order)                                                        \
    (explore_point(p, true), __atomic_fetch_add(p, value, order))
#define __atomic_fetch_sub(p, value, order)                                                        \
    (explore_point(p, true), __atomic_fetch_sub(p, value, order))
#define __atomic_compare_exchange_n(p, old, new, weak, done, failed)                               \
    (explore_point(p, true), __atomic_compare_exchange_n(p, old, new, weak, done, failed))
