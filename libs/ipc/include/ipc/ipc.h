/* SPDX-License-Identifier: BSD-2-Clause */
/* Channels: asynchronous calls between processes.
 *
 * A channel joins a client (side 0) and a server (side 1). Root makes its memory, maps it into
 * both and gives each an endpoint that wakes a slot of the other. It holds two single-producer
 * rings of 64-byte messages (calls one way, replies the other) and, behind them, a region of
 * buffers that messages name by offset and length, never by pointer.
 *
 * A client awaits ipc_call(): the message is sent, the coroutine blocks, and the reply resumes
 * exactly that coroutine, found by the request id that this library issued (index and
 * generation): nothing that the peer writes is used as a pointer or as a cid.
 * A server awaits ipc_receive(), works (perhaps in another coroutine) and sends ipc_reply().
 *
 * When both executors are otherwise idle the message travels in registers with the doorbell, and
 * no ring is touched.
 */
#pragma once
#include <executor/executor.h>

/* 64 bytes, one cache line. In a ring, in a frame, or (all but `header`) in a0..a5. */
struct ipc_message {
    uint64_t header; /* see MESSAGE_* in the ABI; set by the library but for label and priority */
    uint64_t reserved;
    uint64_t word[6]; /* of a reply: word[0] is the result, negative for an error */
};
_Static_assert(sizeof(struct ipc_message) == 64, "one cache line");

static inline unsigned ipc_label(const struct ipc_message *message)
{
    return (uint16_t)(message->header >> MESSAGE_LABEL_SHIFT);
}
static inline uint32_t ipc_request(const struct ipc_message *message)
{
    return (uint32_t)message->header;
}
static inline unsigned ipc_priority(const struct ipc_message *message)
{
    return (uint8_t)(message->header >> MESSAGE_PRIORITY_SHIFT);
}

struct ipc_end;
struct startup_channel;

/* The end of the channel whose name is given in the system file; NULL if there is none. */
struct ipc_end *ipc_find(const char *name);
/* The i-th channel of this process of the given protocol on the server side; NULL past the last. */
struct ipc_end *ipc_server_end(const char *protocol, unsigned i);

/* Send message (label by ipc_call's argument, priority the coroutine's own; words set by the
 * caller) and await the reply, which replaces the words. Value: word[0] of the reply, or
 * E_PEER_DEAD, E_CANCELLED. Awaits a free request when `depth` calls are in flight. */
enum co_state ipc_call(struct co *co, struct ipc_end *end, struct ipc_message *message,
                       unsigned label);

/* Await the next call. One receiver at a time for each end. The coroutine takes the message's
 * priority (clamped by the channel's ceiling) until its reply. Value 0, or E_PEER_DEAD. */
enum co_state ipc_receive(struct co *co, struct ipc_end *end, struct ipc_message *message);

/* Answer the request that message->header names with message->word. Any coroutine, at any time,
 * in any order. Never suspends: the ring holds as many replies as there can be requests.
 * E_PEER_DEAD, E_STALE (the request is not open). */
enum error ipc_reply(struct ipc_end *end, const struct ipc_message *message);

/* ipc_reply, then ipc_receive into the same message; one system call where both sides are idle. */
enum co_state ipc_reply_receive(struct co *co, struct ipc_end *end, struct ipc_message *message);

/* The bytes at offset of the shared region, or NULL if they do not lie in it whole. */
void *ipc_bytes(struct ipc_end *end, uint64_t offset, uint64_t bytes);
/* The region's length in bytes. */
uint64_t ipc_region_bytes(const struct ipc_end *end);
/* Physical address of the region's first byte, for a driver that was given it; else 0. */
uint64_t ipc_region_paddr(const struct ipc_end *end);

/* Buffers: the client's end divides the region into equal buffers. Set up once. */
enum error ipc_buffers_init(struct ipc_end *end, uint32_t buffer_bytes);
/* Await a free buffer. Value: its offset in the region. */
enum co_state ipc_buffer_take(struct co *co, struct ipc_end *end);
void ipc_buffer_give(struct ipc_end *end, uint64_t offset);

/* Ring an endpoint at the coroutine's priority, as sys_doorbell, then await the event: one system
 * call if there is nothing else to do here. For two programs that signal each other without
 * messages; the event is what the wake slot of the answer sets (wake_slot.wake, and wake_slot.rung
 * by co_event_claim). Value: 0; E_CANCELLED, after it has rung; or what the doorbell said, and then
 * nothing was awaited. */
enum co_state ipc_signal_wait(struct co *co, uint32_t endpoint, struct co_event *event);

/* Mark the end dead: every pending and further await on it ends with E_PEER_DEAD. */
void ipc_end_kill(struct ipc_end *end);

/* Requests in flight (client) or open (server), for statistics. */
unsigned ipc_in_flight(const struct ipc_end *end);

/* Called by crt0: open all channels of the startup page. */
enum error ipc_init(void);
/* Called before this virtual CPU becomes one of several. */
void ipc_share(void);
