/* SPDX-License-Identifier: BSD-2-Clause */
/* The client: sending a call. */
#include "internal.h"

/* The request that is in flight for this coroutine: there is one. (What seldom asks for it
 * searches, so that no call need note it.) */
static IPC_COLD struct ipc_request *request_of(const struct co *co)
{
    const struct ipc_process *process = ipc_process();

    for (uint32_t i = 0; i < process->end_count; i++) {
        const struct ipc_end *end = &process->ends[i];

        for (uint32_t k = 0; !end->is_server && k <= end->mask; k++) {
            if (end->requests[k].co == co)
                return &end->requests[k];
        }
    }
    __builtin_trap();
}

/* The caller goes on without its reply. The request stays in flight until that comes, so that its
 * id is not used twice and the reply ring has room. */
void ipc_call_cancel(struct co *co)
{
    struct ipc_request *request = request_of(co);

    request->co = &ipc_nobody;
    request->words = request->end->sink.word;
}

static void waiter_cancel(struct co *co)
{
    struct ipc_message *message = (struct ipc_message *)co->value;
    struct ipc_end *end = (struct ipc_end *)(uintptr_t)message->reserved;

    co_list_remove(&end->waiters, co);
}

/* Take a free request for a call of co. */
static inline struct ipc_request *take(struct ipc_end *end, struct co *co,
                                       struct ipc_message *message, unsigned label)
{
    struct ipc_request *request = end->free;

    end->free = request->next;
    request->words = message->word;
    request->label = (uint16_t)label;
    request->flags = IPC_COPIED;
    ipc_launch(request, co);
    return request;
}

/* The header as it is sent. */
static inline uint64_t sent_header(const struct ipc_request *request)
{
    return request->header & ~(0xffull << MESSAGE_FLAGS_SHIFT);
}

/* By the ring. The caller sees to the doorbell. */
static inline void put(struct ipc_end *end, struct ipc_request *request, const uint64_t *words)
{
    ipc_copy_words(request->place, words);
    ipc_put(end, sent_header(request));
}

/* The kernel did not take the call. (All is found again from the coroutine, so that the way out
 * need not save what the way back seldom wants.) */
void ipc_send_refused(long error)
{
    struct ipc_request *request = request_of(executor_self()->current);
    struct ipc_end *end = request->end;

    executor_stay();
    if (error == E_AGAIN) {
        end->refused = true;
        put(end, request, request->words);
        ipc_defer(end, request->priority);
    } else {
        ipc_rung(end, error);
    }
}

static IPC_COLD enum co_state call_refused(long error)
{
    ipc_send_refused(error);
    return CO_PENDING;
}

/* Carry the call in registers into an idle server, and give up the CPU. Returns only if the server
 * is not idle; then the call goes by the ring, with the words from where those of the reply would
 * have gone. */
static inline enum co_state leave(struct ipc_end *end, uint64_t header, uint64_t w0, uint64_t w1,
                                  uint64_t w2, uint64_t w3, uint64_t w4, uint64_t w5)
{
    executor_leave();
    return call_refused(ipc_sys_deliver(end->deliver, w0, w1, w2, w3, w4, w5, header));
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

/* No free request, a dead peer, or a cancelled caller. */
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
    struct ipc_request *request;

    if (__builtin_expect(end->free == NULL || (co->flags & CO_FLAG_CANCELLED), 0))
        return call_slow(co, end, message, label);
    request = take(end, co, message, label);
    if (executor_is_alone(co) && may_deliver(end))
        return leave(end, sent_header(request), message->word[0], message->word[1],
                     message->word[2], message->word[3], message->word[4], message->word[5]);
    put(end, request, message->word);
    if (__builtin_expect(co->priority != end->last, 0))
        return call_defer(end, co->priority);
    return CO_PENDING;
}

void ipc_call_waiters(struct ipc_end *end)
{
    while (end->free != NULL && end->waiters.first != NULL) {
        struct co *co = co_list_pop(&end->waiters);
        struct ipc_message *message = (struct ipc_message *)co->value;
        struct ipc_request *request = take(end, co, message, ipc_label(message));

        put(end, request, message->word);
        ipc_defer(end, co->priority);
    }
}

/* ---------------------------------------------------------------- requests that are kept */

struct ipc_request *ipc_request_take(struct ipc_end *end, unsigned label)
{
    struct ipc_request *request = end->free;

    if (request == NULL)
        return NULL;
    end->free = request->next;
    request->words = end->own;
    request->label = (uint16_t)label;
    request->flags = 0;
    request->is_taken = true;
    return request;
}

void ipc_request_give(struct ipc_request *request)
{
    struct ipc_end *end = request->end;

    request->is_taken = false;
    if (request->co != NULL || end->dead)
        return; /* the late reply frees it */
    ipc_quick_end();
    request->next = end->free;
    end->free = request;
    ipc_call_waiters(end);
}

/* Why a call cannot be sent by this request. It is told as if it had been sent. */
static IPC_COLD enum co_state send_refuse(struct co *co, const struct ipc_request *request)
{
    co_complete(co, co->flags & CO_FLAG_CANCELLED ? E_CANCELLED
                    : request->end->dead          ? E_PEER_DEAD
                                                  : E_STATE);
    return CO_PENDING;
}

enum co_state ipc_send_slow(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                            uint64_t w5, struct co *co, struct ipc_request *request)
{
    struct ipc_end *end = request->end;
    uint64_t *words = end->own;
    bool leaves;

    if (__builtin_expect(request->co != NULL || end->dead || (co->flags & CO_FLAG_CANCELLED), 0))
        return send_refuse(co, request);
    request->words = words;
    leaves = executor_is_alone(co) && may_deliver(end);
    if (leaves && ipc_quick_begin(co, end, request, end->description->slot, end->deliver,
                                  ipc_call_cancel, ipc_quick_call))
        return ipc_send(w0, w1, w2, w3, w4, w5, co, request);
    ipc_launch(request, co);
    words[0] = w0;
    words[1] = w1;
    words[2] = w2;
    words[3] = w3;
    words[4] = w4;
    words[5] = w5;
    if (leaves)
        return leave(end, request->header, w0, w1, w2, w3, w4, w5);
    put(end, request, words);
    return call_defer(end, co->priority);
}
