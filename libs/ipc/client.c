/* SPDX-License-Identifier: BSD-2-Clause */
/* The client: replies. Nothing that the server writes is trusted: a reply names a row by an id that
 * this end issued, and the row says who awaits it and where the words go. */
#include "internal.h"

/* Close the row that the header of a reply names. Value: the row, whose co and message say where
 * the reply goes; or NULL if it answers no request in flight. */
static inline struct ipc_row *close_row(struct ipc_end *end, uint64_t header)
{
    struct ipc_row *row = &end->rows[header & end->mask];

    if (__builtin_expect(row->id != (uint32_t)header, 0)) {
        end->strays++;
        return NULL;
    }
    row->id = ~row->id;
    row->next = end->free;
    end->free = row;
    return row;
}

void ipc_client_wake(struct wake_slot *slot)
{
    struct ipc_end *end = ipc_end_of(slot);
    uint64_t tail;

    if (end->dead)
        return;
    /* Armed before the look, so whatever comes after the look is rung for. */
    ipc_set_wait(end, &end->channel->reply_reader, IPC_ASLEEP);
    ipc_fence();
    tail = __atomic_load_n(&end->channel->replies.tail, __ATOMIC_ACQUIRE);
    if (tail - end->head > (uint64_t)end->mask + 1) {
        ipc_end_broken(end, tail == IPC_TAIL_DEAD ? NULL : "more replies than requests");
        return;
    }
    while (end->head != tail) {
        const struct ipc_message *reply = &end->replies[end->head++ & end->mask];
        struct ipc_row *row = close_row(end, ipc_read(&reply->header));

        if (row != NULL) {
            ipc_copy_words(row->message->word, reply->word);
            if (row->co != &end->orphan)
                co_complete(row->co, (intptr_t)row->message->word[0]);
        }
    }
    end->channel->reply_reader.head = tail;
    if (end->waiters.first != NULL)
        ipc_call_waiters(end);
}

struct co *ipc_client_message(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                              uint64_t w5, uint64_t header, struct wake_slot *slot)
{
    struct ipc_end *end = ipc_end_of(slot);
    struct ipc_row *row = close_row(end, header);
    struct co *co;

    if (row == NULL)
        return NULL;
    co = row->co;
    row->message->word[0] = w0;
    row->message->word[1] = w1;
    row->message->word[2] = w2;
    row->message->word[3] = w3;
    row->message->word[4] = w4;
    row->message->word[5] = w5;
    if (end->waiters.first != NULL)
        ipc_call_waiters(end);
    return co == &end->orphan ? NULL : co_claim(co, (intptr_t)w0);
}
