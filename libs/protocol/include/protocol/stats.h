/* SPDX-License-Identifier: BSD-2-Clause */
/* Statistics protocol ("stats"). Client: root; server: a coroutine that libs/program starts in
 * every coroutine process on the channel named "supervisor". */
#pragma once
#include <ipc/ipc.h>

enum stats_label {
    STATS_GAUGE = 1, /* index -> 0, name (8 bytes, byte 0 lowest), value; E_NOT_FOUND past the last.
                      * 0 is "cids" (coroutines alive), 1 is "heap" (bytes), then the program's */
};

static inline enum co_state stats_read(struct co *co, struct ipc_end *end, struct ipc_message *m,
                                       uint64_t index)
{
    m->word[0] = index;
    return ipc_call(co, end, m, STATS_GAUGE);
}
