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
    uint64_t header = *open;

    *open = ~header;
    ipc_copy_words(end->words[header & end->mask], message->word);
    ipc_fold(end); /* there may be any number of answers */
    ipc_put(end, header);
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

/* The end that this coroutine waits at. Slow: for replies that the kernel refused. */
static struct ipc_end *end_of_receiver(const struct co *co)
{
    struct ipc_process *process = ipc_process();
    uint32_t i = 0;

    while (!process->ends[i].is_server || process->ends[i].receiver != co)
        i++;
    return &process->ends[i];
}

/* The kernel did not take the reply: the receiver waits already, and the reply goes by the ring. */
static void refused(long error)
{
    const struct co *co = executor_self()->current;
    struct ipc_end *end = end_of_receiver(co);
    const struct ipc_message *message = (const struct ipc_message *)co->value;
    uint64_t *open = &end->open[ipc_request(message) & end->mask];

    executor_stay();
    if (error == E_AGAIN) {
        *open = ~*open;
        ipc_defer(end, put(end, open, message));
    } else {
        ipc_rung(end, error);
    }
}

enum co_state ipc_reply_refused(long error)
{
    refused(error);
    return CO_PENDING;
}

/* The same of a job that the quick way has answered, which is in no table. */
void ipc_answer_refused(long error)
{
    const struct co *co = executor_self()->current;
    const struct ipc_end *end = end_of_receiver(co);
    uint64_t header = ((const struct ipc_message *)co->value)->header;

    end->open[header & end->mask] = ~header;
    refused(error);
}

/* Nothing else to do here: carry the reply in registers. */
static inline enum co_state reply_leave(struct ipc_end *end, const struct ipc_message *message,
                                        uint64_t *open)
{
    uint64_t header = *open;

    *open = ~header;
    return ipc_reply_leave(end, header, message->word[0], message->word[1], message->word[2],
                           message->word[3], message->word[4], message->word[5]);
}

/* The same after calls from the ring: unless one more has come, the server falls asleep. */
static IPC_COLD enum co_state reply_and_sleep(struct co *co, struct ipc_end *end,
                                              struct ipc_message *message, uint64_t *open)
{
    ipc_quick_end();
    if (ipc_arm(co, end, message))
        return reply_leave(end, message, open);
    ipc_disarm(co, end);
    return reply_then_receive(co, end, message);
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
    if (end->quiet >= 0) {
        if (ipc_may_leave(co, end)) {
            ipc_quick_end();
            ipc_await_call(co, end, message);
            return reply_leave(end, message, open);
        }
    } else if (end->next == end->stop && ipc_may_leave(co, end) && end->kept_count == 0) {
        return reply_and_sleep(co, end, message, open);
    }
    priority = put(end, open, message);
    if (__builtin_expect(priority != end->last, 0))
        return defer_then_receive(co, end, message, priority);
    if (end->next == end->stop)
        return ipc_receive_more(co, end, message);
    return ipc_take(co, end, message);
}
