/* SPDX-License-Identifier: BSD-2-Clause */
/* Included before a shipped source of libs/ipc: at each atomic access the peer may do something,
 * and again when a value has just been read. (A macro is not expanded again within itself.) */
#pragma once

void point_before(const volatile void *address);
void point_read(const volatile void *address);

#define __atomic_load_n(p, order)                                                                  \
    __extension__({                                                                                \
        point_before(p);                                                                           \
        __auto_type point_value = __atomic_load_n(p, order);                                       \
        point_read(p);                                                                             \
        point_value;                                                                               \
    })
#define __atomic_store_n(p, value, order) (point_before(p), __atomic_store_n(p, value, order))
