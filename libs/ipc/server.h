/* SPDX-License-Identifier: BSD-2-Clause */
/* What the server's files share. */
#pragma once
#include "internal.h"

/* Look how many calls there are; sets end->seen and end->limit. False: the client has broken the
 * protocol, and the end is dead. */
bool ipc_look(struct ipc_end *end);

/* Let co wait for the next call. False: there is one already, and co does not wait. */
bool ipc_sleep(struct co *co, struct ipc_end *end, struct ipc_message *message);

/* ipc_receive when no call is known to be in the ring. */
enum co_state ipc_receive_more(struct co *co, struct ipc_end *end, struct ipc_message *message);

/* Open the request that the header of a call names. False: the client has broken the protocol, and
 * the end is dead. */
static inline bool ipc_admit(struct ipc_end *end, uint64_t header)
{
    uint64_t *open = &end->open[header & end->mask];

    if (__builtin_expect(((*open ^ header) & end->mask) == 0, 0)) {
        ipc_end_broken(end, "a request id that is still open");
        return false;
    }
    *open = header | (uint64_t)MESSAGE_FLAG_REPLY << MESSAGE_FLAGS_SHIFT;
    return true;
}

/* A client's priority as it counts here. */
static inline unsigned ipc_clamped(const struct ipc_end *end, uint64_t header)
{
    unsigned priority = ipc_header_priority(header);

    if (priority < end->ceiling)
        return end->ceiling;
    return priority < PRIORITY_COUNT ? priority : PRIORITY_COUNT - 1;
}

/* Whether a better call may stand behind the one at this position. */
static inline bool ipc_is_mixed(const struct ipc_end *end, uint64_t position)
{
    return end->mixed_until - position - 1 <= end->mask;
}

/* Look at the headers from head up to `until`, at most the tail: the best of them counts for all. */
void ipc_mix(struct ipc_end *end, uint64_t until);

/* Let the receiver (running or blocked) have this priority, and say so to the client. */
void ipc_level(struct ipc_end *end, struct co *co, unsigned priority);
