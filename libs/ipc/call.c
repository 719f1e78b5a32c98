/* SPDX-License-Identifier: BSD-2-Clause */
/* The client: sending a call. */
#include "internal.h"

/* The end that a row of requests belongs to. Slow: for cancellations. */
static struct ipc_end *end_of_row(const struct ipc_row *row)
{
    struct ipc_process *process = ipc_process();

    for (uint32_t i = 0; i < process->end_count; i++) {
        struct ipc_end *end = &process->ends[i];

        if (!end->is_server && row >= end->rows && row <= end->rows + end->mask)
            return end;
    }
    return NULL;
}

/* The caller goes on without its reply. The row stays in flight until that comes, so that its id
 * is not used twice and the reply ring has room. */
static void call_cancel(struct co *co)
{
    struct ipc_row *row = (struct ipc_row *)co->value;
    struct ipc_end *end = end_of_row(row);

    row->co = NULL;
    row->message = &end->sink;
}

static void waiter_cancel(struct co *co)
{
    struct ipc_message *message = (struct ipc_message *)co->value;
    struct ipc_end *end = (struct ipc_end *)(uintptr_t)message->reserved;

    co_list_remove(&end->waiters, co);
}

/* Put the message into the ring. The caller sees to the doorbell. */
static inline void put(struct ipc_end *end, const struct ipc_message *message, uint64_t header)
{
    struct ipc_channel *channel = end->channel;
    uint64_t tail = end->tail;
    struct ipc_message *slot = &channel->messages[tail & end->mask];

    slot->header = header;
    ipc_copy_words(slot->word, message->word);
    end->tail = tail + 1;
    ipc_publish(&channel->calls.tail, tail + 1);
}

/* Take a free row for a call of co; value: the request id. */
static inline uint32_t take_row(struct ipc_end *end, struct co *co, struct ipc_message *message)
{
    struct ipc_row *row = end->free;

    end->free = row->next;
    row->co = co;
    row->message = message;
    row->id = ~row->id + end->mask + 1;
    co->value = (intptr_t)row;
    co->cancel = call_cancel;
    return row->id;
}

/* The kernel did not take the call. (All is found again from the coroutine, so that the way out
 * need not save what the way back seldom wants.) */
static IPC_COLD enum co_state call_refused(long error)
{
    struct ipc_row *row = (struct ipc_row *)executor_self()->current->value;
    struct ipc_end *end = end_of_row(row);

    executor_stay();
    if (error == E_AGAIN) {
        end->refused = true;
        put(end, row->message, row->message->header);
        ipc_defer(end, ipc_priority(row->message));
    } else {
        ipc_rung(end, error);
    }
    return CO_PENDING;
}

/* Carry the call in registers into an idle server, and give up the CPU. Returns only if the server
 * is not idle; then the call goes by the ring. */
static inline enum co_state call_leave(struct ipc_end *end, struct ipc_message *message,
                                       uint64_t header)
{
    message->header = header;
    executor_leave();
    return call_refused(ipc_sys_deliver(end->deliver, message->word, header));
}

/* Whether the kernel may take the message: it says so itself, but who was refused asks the server
 * first (whose word is in memory that few others touch). */
static inline bool may_deliver(struct ipc_end *end)
{
    if (__builtin_expect(!end->refused, 1))
        return true;
    end->refused = !ipc_is_asleep(ipc_read(&end->channel->call_reader.wait));
    return !end->refused;
}

/* No free row, a dead peer, or a cancelled caller. */
static IPC_COLD enum co_state call_slow(struct co *co, struct ipc_end *end,
                                        struct ipc_message *message, unsigned label)
{
    if (co->flags & CO_FLAG_CANCELLED)
        co_return(E_CANCELLED);
    if (end->dead)
        co_return(E_PEER_DEAD);
    message->header = (uint64_t)(uint16_t)label << MESSAGE_LABEL_SHIFT;
    message->reserved = (uintptr_t)end;
    co->value = (intptr_t)message;
    co->cancel = waiter_cancel;
    co_list_push(&end->waiters, co);
    return CO_PENDING;
}

/* The message's priority is not that of the last one since the last flush. */
static IPC_COLD enum co_state call_defer(struct ipc_end *end, unsigned priority)
{
    ipc_defer(end, priority);
    return CO_PENDING;
}

enum co_state ipc_call(struct co *co, struct ipc_end *end, struct ipc_message *message,
                       unsigned label)
{
    unsigned priority = co->priority;
    uint64_t header;

    if (__builtin_expect(end->free == NULL || (co->flags & CO_FLAG_CANCELLED), 0))
        return call_slow(co, end, message, label);
    header = (uint64_t)(priority << 16 | (uint16_t)label) << MESSAGE_LABEL_SHIFT |
             take_row(end, co, message);
    if (executor_is_alone(co) && may_deliver(end))
        return call_leave(end, message, header);
    put(end, message, header);
    if (__builtin_expect(priority != end->last, 0))
        return call_defer(end, priority);
    return CO_PENDING;
}

void ipc_call_waiters(struct ipc_end *end)
{
    while (end->free != NULL && end->waiters.first != NULL) {
        struct co *co = co_list_pop(&end->waiters);
        struct ipc_message *message = (struct ipc_message *)co->value;
        uint64_t header = message->header | take_row(end, co, message) |
                          (uint64_t)co->priority << MESSAGE_PRIORITY_SHIFT;

        put(end, message, header);
        ipc_defer(end, co->priority);
    }
}
