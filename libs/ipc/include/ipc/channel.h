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
 *     | depth headers   |  ring of replies, written by the server
 *     |     ... depth   |  its overhang
 *     +-----------------+  256 + 16 * depth
 *     | depth headers   |  ring of calls, written by the client
 *     |     ... depth   |  its overhang
 *     +-----------------+  256 + 32 * depth
 *     | depth messages  |  words; message i belongs to the requests whose id is i modulo depth
 *     +-----------------+  256 + 96 * depth
 *
 * A request has one message: the client writes the words of its call there before it puts the
 * header into the ring, and the server those of the reply before it puts the same header into the
 * other ring. In between it is the server's, outside of that the client's. So a call and its reply
 * share a cache line, eight headers share another, and whoever knows a header knows where the words
 * are.
 *
 * No full flag is needed: a client has at most `depth` requests in flight, so neither ring can
 * overrun one that obeys; one that does not overwrites its own calls.
 *
 * A producer puts one batch behind the other, and into the overhang if its ring ends; before it
 * stores the tail, it moves what stands there to the ring's start. So putting needs no look at the
 * ring's end, and no consumer knows of the overhang.
 */
#pragma once
#include <ipc/ipc.h>

/* Root writes this as `tail` of both rings and rings both ends to tear the channel down. */
#define IPC_TAIL_DEAD (~0ull)

struct ipc_producer {
    uint64_t tail;   /* headers put since the beginning; slot is tail % depth */
    uint64_t urgent; /* tail behind the newest call that overtook a worse one in the ring */
    uint64_t reserved[6];
};

/* The low byte of `wait` when the consumer waits for a doorbell; else that is the priority at which
 * it is awake. */
#define IPC_ASLEEP 0xffu
/* The rest of `wait` counts: no two values that a consumer writes are the same. */

struct ipc_consumer {
    uint64_t wait;
    uint64_t head; /* headers taken when it last looked: for debuggers, nobody relies on it */
    uint64_t reserved[6];
};

struct ipc_channel {
    struct ipc_producer calls;
    struct ipc_consumer call_reader;
    struct ipc_producer replies;
    struct ipc_consumer reply_reader;
    uint64_t headers[]; /* see ipc_ring */
};
_Static_assert(sizeof(struct ipc_producer) == 64 && sizeof(struct ipc_consumer) == 64,
               "one cache line for each writer");

/* The ring of replies, or of calls. */
static inline uint64_t *ipc_ring(struct ipc_channel *channel, uint64_t depth, bool of_calls)
{
    return channel->headers + (of_calls ? 2 * depth : 0);
}
/* The first message. */
static inline struct ipc_message *ipc_lines(struct ipc_channel *channel, uint64_t depth)
{
    return (struct ipc_message *)(void *)(channel->headers + 4 * depth);
}

/* Bytes of a channel whose rings hold depth headers each; depth is a multiple of 4. */
#define IPC_CHANNEL_BYTES(depth)                                                                   \
    (sizeof(struct ipc_channel) + (depth) * (4 * sizeof(uint64_t) + sizeof(struct ipc_message)))
static inline uint64_t ipc_channel_bytes(uint32_t depth)
{
    return IPC_CHANNEL_BYTES((uint64_t)depth);
}
