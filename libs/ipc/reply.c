/* SPDX-License-Identifier: BSD-2-Clause */
/* The server: answering. */
#include "server.h"

/* The row of an open request, or NULL if the header names none. */
static inline uint64_t *find_open(struct ipc_end *end, const struct ipc_message *message)
{
    uint64_t *open = &end->open[ipc_request(message) & end->mask];

    return (uint32_t)*open == ipc_request(message) ? open : NULL;
}

/* Close the request and put its reply into the ring; the doorbell is put off. */
static inline void put(struct ipc_end *end, uint64_t *open, const struct ipc_message *message)
{
    struct ipc_message *slot = &end->replies[end->tail & end->mask];
    uint64_t header = *open;

    *open = ~header;
    slot->header = header;
    for (unsigned i = 0; i < 6; i++)
        slot->word[i] = message->word[i];
    end->tail++;
    /* Release: who sees the tail sees the message. */
    __atomic_store_n(&end->channel->replies.tail, end->tail, __ATOMIC_RELEASE);
    if (ipc_header_priority(header) != end->last)
        ipc_defer(end, ipc_header_priority(header));
}

enum error ipc_reply(struct ipc_end *end, const struct ipc_message *message)
{
    uint64_t *open = find_open(end, message);

    if (open == NULL)
        return end->dead ? E_PEER_DEAD : E_STALE;
    put(end, open, message);
    return E_OK;
}

/* Nothing else to do here: wait for the next call first, and carry the reply in registers into the
 * idle client. If the client is not idle, the reply goes by the ring. */
static __attribute__((noinline)) enum co_state
reply_leave(struct co *co, struct ipc_end *end, struct ipc_message *message, uint64_t *open)
{
    uint64_t header = *open;
    long error;

    if (end->inbox_full || end->receiver != NULL || !ipc_sleep(co, end, message)) {
        put(end, open, message);
        return ipc_receive_more(co, end, message);
    }
    if (end->dead)
        return CO_PENDING;
    *open = ~header;
    co_block(co);
    error = ipc_sys_deliver(end->endpoint, message->word, header);
    if (error == E_AGAIN) {
        *open = header;
        put(end, open, message);
    } else {
        ipc_rung(end, error);
    }
    return CO_PENDING;
}

enum co_state ipc_reply_receive(struct co *co, struct ipc_end *end, struct ipc_message *message)
{
    uint64_t *open = find_open(end, message);

    if (__builtin_expect(open == NULL, 0))
        return ipc_receive(co, end, message);
    if (end->head == end->limit && ipc_may_leave(co) &&
        ipc_is_asleep(ipc_read(&end->channel->reply_reader.wait)))
        return reply_leave(co, end, message, open);
    put(end, open, message);
    return ipc_receive(co, end, message);
}
