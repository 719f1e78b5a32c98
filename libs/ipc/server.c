/* SPDX-License-Identifier: BSD-2-Clause */
/* The server: wakes, messages in registers, and the priority of the receiver.
 *
 * A call that stands behind a worse one in the ring lends its priority to those before it: the
 * client says by `urgent` that there may be such calls, and then (only then, or after a doorbell
 * while the receiver is at work) the headers up to there are looked at, each once.
 */
#include "server.h"

void ipc_mix(struct ipc_end *end, uint64_t until)
{
    uint64_t from = end->mixed_until, head = ipc_head(end);

    if (!ipc_is_mixed(end, head)) {
        from = head;
        end->mixed_best = PRIORITY_NONE;
    }
    /* Compared as distances: the client may let its numbers go backwards. */
    if (until - head <= from - head)
        return;
    for (; from != until; from++) {
        unsigned priority = ipc_clamped(end, ipc_peek(end, from));

        if (priority < end->mixed_best)
            end->mixed_best = (uint8_t)priority;
    }
    end->mixed_until = until;
}

void ipc_level(struct ipc_end *end, struct co *co, unsigned priority)
{
    if (co->priority != priority)
        co_change_priority(co, priority);
    ipc_set_wait(end, &end->channel->call_reader, priority);
}

/* A doorbell while the receiver is at work: a call has come that is better than its priority, or
 * the client does not know that it works (then it must not believe that it has rung for all). */
static void raise_owner(struct ipc_end *end)
{
    if (end->quiet >= 0) {
        ipc_set_wait(end, &end->channel->call_reader, (unsigned)end->quiet);
        ipc_fence();
    }
    if (!ipc_look(end) || end->next == end->stop)
        return;
    ipc_mix(end, end->seen);
    end->stop = end->next; /* the next ipc_receive takes the way that minds this */
    if (end->mixed_best >= (uint8_t)end->wait)
        return;
    (void)!co_set_priority(end->owner, end->mixed_best);
    ipc_set_wait(end, &end->channel->call_reader, end->mixed_best);
}

void ipc_server_wake(struct wake_slot *slot)
{
    struct ipc_end *end = ipc_end_of(slot);
    struct co *co = end->receiver;
    struct ipc_message *into;
    uint64_t header;
    unsigned priority;

    if (end->dead)
        return;
    if (co == NULL) {
        raise_owner(end);
        return;
    }
    if (!ipc_look(end))
        return;
    if (end->next == end->stop) {
        /* Rung for what was taken already. The client will not ring twice for one wait word. */
        ipc_set_wait(end, &end->channel->call_reader, IPC_ASLEEP);
        ipc_fence();
        if (!ipc_look(end) || end->next == end->stop)
            return;
    }
    header = ipc_read(end->next);
    if (!ipc_admit(end, header)) {
        ipc_end_broken(end, "a request id that is still open");
        return;
    }
    priority = ipc_clamped(end, header);
    into = (struct ipc_message *)co->value;
    into->header = ipc_clamped_header(header, priority);
    ipc_copy_words(into->word, end->words[header & end->mask]);
    if (ipc_is_mixed(end, ipc_head(end)) && end->mixed_best < priority)
        priority = end->mixed_best;
    end->next++;
    end->receiver = NULL;
    ipc_level(end, co, priority);
    co_complete(co, E_OK);
    /* For the answers, of which there will be some before there is nothing else to do. */
    if (priority != end->last)
        ipc_defer(end, priority);
}

/* Nobody receives: keep it for who does next, and let who works meanwhile do so at its priority.
 * More than there can be requests come only from a client that breaks the protocol: its loss. */
static void keep(struct ipc_end *end, const struct ipc_message *message, unsigned priority)
{
    unsigned level = end->quiet >= 0 ? (unsigned)end->quiet : (uint8_t)end->wait;

    if (end->kept_count > end->mask)
        ipc_end_odd(end, "sent more calls in registers than it has requests");
    if (end->dead || end->kept_count > end->mask)
        return;
    end->kept[(end->kept_first + end->kept_count++) & end->mask] = *message;
    end->stop = end->next;
    if (priority < level) {
        (void)!co_set_priority(end->owner, priority);
        level = priority;
    }
    ipc_set_wait(end, &end->channel->call_reader, level);
}

/* A message in registers that is not for a receiver of the same priority. */
static IPC_COLD struct co *message_slow(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3,
                                        uint64_t w4, uint64_t w5, uint64_t header,
                                        struct ipc_end *end)
{
    unsigned priority = ipc_clamped(end, header);
    struct ipc_message message = {
        .header = ipc_clamped_header(header, priority),
        .word = {w0, w1, w2, w3, w4, w5},
    };
    struct co *co = end->receiver;

    if (co == NULL) {
        message.header = header;
        keep(end, &message, priority);
        return NULL;
    }
    if (!ipc_admit(end, header)) {
        ipc_end_broken(end, "a request id that is still open");
        return NULL;
    }
    *(struct ipc_message *)co->value = message;
    end->receiver = NULL;
    ipc_level(end, co, priority);
    return co_claim(co, E_OK);
}

struct co *ipc_server_message(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                              uint64_t w5, uint64_t header, struct wake_slot *slot)
{
    struct ipc_end *end = ipc_end_of(slot);
    struct co *co = end->receiver;
    uint64_t priority = header >> MESSAGE_PRIORITY_SHIFT; /* and flags: there are none */
    struct ipc_message *into;

    if (__builtin_expect(co == NULL || priority != co->priority || priority < end->ceiling, 0) ||
        !ipc_admit(end, header))
        return message_slow(w0, w1, w2, w3, w4, w5, header, end);
    into = (struct ipc_message *)co->value;
    into->header = header;
    into->word[0] = w0;
    into->word[1] = w1;
    into->word[2] = w2;
    into->word[3] = w3;
    into->word[4] = w4;
    into->word[5] = w5;
    end->receiver = NULL;
    end->quiet = (int8_t)priority;
    return co_claim(co, E_OK);
}
