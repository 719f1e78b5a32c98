/* SPDX-License-Identifier: BSD-2-Clause */
/* The server: answering. */
#include "server.h"

/* The row of an open request, or NULL if the header names none. */
static inline uint64_t *find_open(struct ipc_end *end, const struct ipc_message *message)
{
    uint64_t *open = &end->open[ipc_request(message) & end->mask];

    return (uint32_t)*open == ipc_request(message) ? open : NULL;
}

/* Close the request and put its reply into the ring. The caller sees to the doorbell. Value: the
 * reply's priority. */
static inline unsigned put(struct ipc_end *end, uint64_t *open, const struct ipc_message *message)
{
    uint64_t tail = end->tail, header = *open;
    struct ipc_message *slot = &end->replies[tail & end->mask];

    *open = ~header;
    slot->header = header;
    ipc_copy_words(slot->word, message->word);
    end->tail = tail + 1;
    ipc_publish(&end->channel->replies.tail, tail + 1);
    return ipc_header_priority(header);
}

enum error ipc_reply(struct ipc_end *end, const struct ipc_message *message)
{
    uint64_t *open = find_open(end, message);
    unsigned priority;

    if (open == NULL)
        return end->dead ? E_PEER_DEAD : E_STALE;
    priority = put(end, open, message);
    if (priority != end->last)
        ipc_defer(end, priority);
    return E_OK;
}

/* ipc_reply, then ipc_receive, by the rings. */
static IPC_COLD enum co_state reply_then_receive(struct co *co, struct ipc_end *end,
                                                 struct ipc_message *message)
{
    (void)!ipc_reply(end, message);
    return ipc_receive(co, end, message);
}

/* The kernel did not take the reply: the receiver waits already, and the reply goes by the ring. */
static IPC_COLD enum co_state reply_refused(long error)
{
    struct ipc_end *end = ipc_process()->leaving_end;
    const struct ipc_message *message = end->into;
    uint64_t *open = &end->open[ipc_request(message) & end->mask];

    if (error == E_AGAIN) {
        *open = ~*open;
        ipc_defer(end, put(end, open, message));
    } else {
        ipc_rung(end, error);
    }
    return CO_PENDING;
}

/* A call came while the receiver lay down. */
static IPC_COLD enum co_state reply_stays(struct co *co, struct ipc_end *end,
                                          struct ipc_message *message)
{
    ipc_disarm(co, end);
    return reply_then_receive(co, end, message);
}

/* Nothing else to do here: wait for the next call first, and carry the reply in registers into the
 * idle client. */
static inline enum co_state reply_leave(struct co *co, struct ipc_end *end,
                                        struct ipc_message *message, uint64_t *open)
{
    uint64_t header = *open;

    if (!ipc_arm(co, end, message))
        return reply_stays(co, end, message);
    *open = ~header;
    ipc_process()->leaving_end = end;
    co_block(co);
    return reply_refused(ipc_sys_deliver(end->endpoint, message->word, header));
}

/* The reply's priority is not that of the last message since the last flush. */
static IPC_COLD enum co_state defer_then_receive(struct co *co, struct ipc_end *end,
                                                 struct ipc_message *message, unsigned priority)
{
    ipc_defer(end, priority);
    return ipc_receive(co, end, message);
}

enum co_state ipc_reply_receive(struct co *co, struct ipc_end *end, struct ipc_message *message)
{
    uint64_t *open = find_open(end, message);
    unsigned priority;

    if (__builtin_expect(open == NULL, 0))
        return ipc_receive(co, end, message);
    if (end->head == end->limit && ipc_may_leave(co, co->flags) && !end->inbox_full &&
        end->receiver == NULL && ipc_is_asleep(ipc_read(&end->channel->reply_reader.wait)))
        return reply_leave(co, end, message, open);
    priority = put(end, open, message);
    if (__builtin_expect(priority != end->last, 0))
        return defer_then_receive(co, end, message, priority);
    if (end->head == end->limit)
        return ipc_receive_more(co, end, message);
    return ipc_take(co, end, message);
}
