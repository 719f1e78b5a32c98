/* SPDX-License-Identifier: BSD-2-Clause */
/* What the server's files share. */
#pragma once
#include "internal.h"

/* The rarer ways of taking a call. The receiver runs and has opened the request of the call that
 * stood at this position of the ring; let it go on at the call's priority, or at that of a better
 * one behind it. */
enum co_state ipc_adopt(struct co *co, struct ipc_end *end, struct ipc_message *message,
                        uint64_t position);
/* The client has named a request that is open: the end is dead. Value: E_PEER_DEAD. */
enum co_state ipc_refuse(struct co *co, struct ipc_end *end);

/* Look how many calls there are; sets end->seen and the window. False: the client has broken the
 * protocol, and the end is dead. */
bool ipc_look(struct ipc_end *end);

/* Let co wait for the next call: publish that it sleeps, then look again. False: a call has come
 * (or the client is mad), and ipc_disarm must follow. Where the end may be quiet: behind
 * ipc_quick_end. */
void ipc_receive_cancel(struct co *co);
static inline void ipc_await_call(struct co *co, struct ipc_end *end, struct ipc_message *message)
{
    end->receiver = co;
    co->value = (intptr_t)message;
    co->cancel = ipc_receive_cancel;
}
static inline bool ipc_arm(struct co *co, struct ipc_end *end, struct ipc_message *message)
{
    struct ipc_channel *channel = end->channel;
    uint64_t head = ipc_head(end);

    ipc_await_call(co, end, message);
    ipc_write(&channel->call_reader.head, head);
    ipc_put_wait(end, &channel->call_reader, IPC_ASLEEP);
    ipc_fence();
    return ipc_read(&channel->calls.tail) == head;
}
void ipc_disarm(struct co *co, struct ipc_end *end);

/* ipc_receive when no call is known to be in the ring. */
enum co_state ipc_receive_more(struct co *co, struct ipc_end *end, struct ipc_message *message);

/* Open the request that the header of a call names. False: it is open already. */
static inline bool ipc_admit(struct ipc_end *end, uint64_t header)
{
    uint64_t *open = &end->open[header & end->mask];

    if (__builtin_expect(((*open ^ header) & end->mask) == 0, 0))
        return false;
    *open = header;
    return true;
}

/* Take the call that is next in the window. */
static inline enum co_state ipc_take(struct co *co, struct ipc_end *end,
                                     struct ipc_message *message)
{
    uint64_t header = ipc_read(end->next);
    unsigned priority = ipc_header_priority(header);

    message->header = header;
    ipc_copy_words(message->word, end->words[header & end->mask]);
    end->next++;
    if (!ipc_admit(end, header))
        return ipc_refuse(co, end);
    if (__builtin_expect(priority != co->priority || priority < end->ceiling, 0))
        return ipc_adopt(co, end, message, ipc_head(end) - 1);
    co_return(E_OK);
}

/* A client's priority as it counts here. */
static inline unsigned ipc_clamped(const struct ipc_end *end, uint64_t header)
{
    unsigned priority = ipc_header_priority(header);

    if (priority < end->ceiling)
        return end->ceiling;
    return priority < PRIORITY_COUNT ? priority : PRIORITY_COUNT - 1;
}

/* The header with the priority as it counts here. One that was clamped is marked: its answer rings
 * at the client's own, which the table of open requests knows. */
#define IPC_FLAG_CLAMPED 1ull
static inline uint64_t ipc_clamped_header(uint64_t header, unsigned priority)
{
    if (ipc_header_priority(header) == priority)
        return header;
    return (header & ~(0xffull << MESSAGE_PRIORITY_SHIFT)) |
           (uint64_t)priority << MESSAGE_PRIORITY_SHIFT | IPC_FLAG_CLAMPED << MESSAGE_FLAGS_SHIFT;
}

/* Whether a better call may stand behind the one at this position. */
static inline bool ipc_is_mixed(const struct ipc_end *end, uint64_t position)
{
    return end->mixed_until - position - 1 <= end->mask;
}

/* Look at the headers from head up to `until`, at most the tail: the best of them counts for all.
 */
void ipc_mix(struct ipc_end *end, uint64_t until);

/* Let the receiver (running or blocked) have this priority, and say so to the client. */
void ipc_level(struct ipc_end *end, struct co *co, unsigned priority);

/* Whether a reply may leave in registers, with the CPU. */
static inline bool ipc_may_leave(const struct co *co, const struct ipc_end *end)
{
    return end->receiver == NULL && executor_is_alone(co);
}

/* Carry the reply in registers into the idle client. The receiver waits for the next call already,
 * and the words are in its message too: if the kernel refuses, the reply goes by the ring. */
enum co_state ipc_reply_refused(long error) IPC_COLD;
static inline enum co_state ipc_reply_leave(struct ipc_end *end, uint64_t header, uint64_t w0,
                                            uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                                            uint64_t w5)
{
    executor_leave();
    return ipc_reply_refused(ipc_sys_deliver(end->deliver, w0, w1, w2, w3, w4, w5, header));
}
