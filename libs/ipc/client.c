/* SPDX-License-Identifier: BSD-2-Clause */
/* The client: replies. Nothing that the server writes is trusted: a reply names a row by an id that
 * this end issued, and the row says who awaits it and where the words go. */
#include "internal.h"

/* The row that the header of a reply names, or NULL if it answers no request in flight. */
static inline struct ipc_row *find_row(struct ipc_end *end, uint64_t header)
{
    struct ipc_row *row = &end->rows[header & end->mask];

    return __builtin_expect(row->id == (uint32_t)header, 1) ? row : NULL;
}

static IPC_COLD struct co *stray(struct ipc_end *end)
{
    ipc_end_odd(end, "answered a request that is not open");
    return NULL;
}

/* The request has its reply: its row is free. Value: whether no row was free, so that calls may
 * wait for one. */
static inline bool close_row(struct ipc_end *end, struct ipc_row *row)
{
    struct ipc_row *free = end->free;

    row->id = ~row->id;
    row->next = free;
    end->free = row;
    return free == NULL;
}

/* Hand one reply out of the ring to its caller. */
static inline void take(struct ipc_end *end, const struct ipc_message *reply)
{
    struct ipc_row *row = find_row(end, ipc_read(&reply->header));
    struct ipc_message *message;
    struct co *co;

    if (row == NULL) {
        stray(end);
        return;
    }
    message = row->message;
    co = row->co;
    (void)close_row(end, row);
    ipc_copy_words(message->word, reply->word);
    if (co != NULL)
        co_complete(co, (intptr_t)message->word[0]);
}

void ipc_client_wake(struct wake_slot *slot)
{
    struct ipc_end *end = ipc_end_of(slot);
    struct ipc_channel *channel = end->channel;
    uint64_t head = end->head, tail;

    if (end->dead)
        return;
    /* Armed before the look, so whatever comes after the look is rung for. */
    ipc_set_wait(end, &channel->reply_reader, IPC_ASLEEP);
    ipc_fence();
    tail = __atomic_load_n(&channel->replies.tail, __ATOMIC_ACQUIRE);
    if (tail - head > (uint64_t)end->mask + 1) {
        ipc_end_broken(end, tail == IPC_TAIL_DEAD ? NULL : "more replies than requests");
        return;
    }
    for (; head != tail; head++)
        take(end, &end->replies[head & end->mask]);
    end->head = head;
    ipc_write(&channel->reply_reader.head, head);
    if (end->waiters.first != NULL)
        ipc_call_waiters(end);
}

/* After a reply in registers: rows may be wanted, or the caller may be gone. */
static IPC_COLD struct co *go_on(struct ipc_end *end, struct co *co, uint64_t value)
{
    if (end->waiters.first != NULL)
        ipc_call_waiters(end);
    return co == NULL ? NULL : co_claim(co, (intptr_t)value);
}

struct co *ipc_client_message(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                              uint64_t w5, uint64_t header, struct wake_slot *slot)
{
    struct ipc_end *end = ipc_end_of(slot);
    struct ipc_row *row = find_row(end, header);
    struct ipc_message *message;
    bool wanted;
    struct co *co;

    if (row == NULL)
        return stray(end);
    message = row->message;
    co = row->co;
    wanted = close_row(end, row);
    message->word[0] = w0;
    message->word[1] = w1;
    message->word[2] = w2;
    message->word[3] = w3;
    message->word[4] = w4;
    message->word[5] = w5;
    if (__builtin_expect(wanted || co == NULL, 0))
        return go_on(end, co, w0);
    return co_claim(co, (intptr_t)w0);
}
