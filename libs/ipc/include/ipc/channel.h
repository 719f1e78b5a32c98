/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of a channel: what root makes, maps into both processes and may leave zeroed.
 *
 *     +-----------------+    0
 *     | calls           |  written by the client: how many calls it has put
 *     +-----------------+   64
 *     | call_reader     |  written by the server: how it waits for calls
 *     +-----------------+  128
 *     | replies         |  written by the server
 *     +-----------------+  192
 *     | reply_reader    |  written by the client
 *     +-----------------+  256
 *     | depth calls     |  written by the client
 *     +-----------------+  256 + 64 * depth
 *     | depth replies   |  written by the server
 *     +-----------------+
 *
 * Each line has one writer. No full flag is needed: a client has at most `depth` requests in
 * flight, so neither ring can overrun one that obeys; one that does not overwrites its own calls.
 */
#pragma once
#include <ipc/ipc.h>

/* Root writes this as `tail` of both rings and rings both ends to tear the channel down. */
#define IPC_TAIL_DEAD (~0ull)

struct ipc_producer {
    uint64_t tail;   /* messages put since the beginning; slot is tail % depth */
    uint64_t urgent; /* tail behind the newest message that overtook a worse one in the ring */
    uint64_t reserved[6];
};

/* The low byte of `wait` when the consumer waits for a doorbell; else that is the priority at which
 * it is awake. */
#define IPC_ASLEEP 0xffu
/* The rest of `wait` counts: no two values that a consumer writes are the same. */

struct ipc_consumer {
    uint64_t wait;
    uint64_t head; /* messages taken when it last looked: for debuggers, nobody relies on it */
    uint64_t reserved[6];
};

struct ipc_channel {
    struct ipc_producer calls;
    struct ipc_consumer call_reader;
    struct ipc_producer replies;
    struct ipc_consumer reply_reader;
    struct ipc_message messages[];
};
_Static_assert(sizeof(struct ipc_producer) == 64 && sizeof(struct ipc_consumer) == 64,
               "one cache line for each writer");

/* Bytes of a channel whose rings hold depth messages each. */
static inline uint64_t ipc_channel_bytes(uint32_t depth)
{
    return sizeof(struct ipc_channel) + 2 * (uint64_t)depth * sizeof(struct ipc_message);
}
