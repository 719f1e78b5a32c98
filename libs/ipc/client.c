/* SPDX-License-Identifier: BSD-2-Clause */
/* The client: replies. Nothing that the server writes is trusted: a reply names a request by an id
 * that this end issued, and the request says who awaits it and where the words go. */
#include "internal.h"

/* The place of a coroutine that was cancelled. Its priority is none, so it is never one of a batch.
 */
struct co ipc_nobody = {.priority = 0xff};

/* The request that the header of a reply names, or NULL if it answers none in flight. */
static inline struct ipc_request *find_request(struct ipc_end *end, uint32_t id)
{
    struct ipc_request *request = &end->requests[id & end->mask];

    return __builtin_expect(request->id == id && request->co != NULL, 1) ? request : NULL;
}

static IPC_COLD void *stray(struct ipc_end *end)
{
    ipc_end_odd(end, "answered a request that is not open");
    return NULL;
}

/* A request that belongs to no coroutine has its reply: it is free, and calls may wait for it.
 * (That they do is found out afterwards, by whoever took the reply.) */
static inline void set_free(struct ipc_end *end, struct ipc_request *request)
{
    request->next = end->free;
    end->free = request;
}

/* An ordinary call: copy the words to its message. Value: that of the await. */
static IPC_COLD intptr_t take_words(struct ipc_end *end, struct ipc_request *request)
{
    uint64_t *words = request->words;

    ipc_copy_words(words, request->place);
    set_free(end, request);
    return (intptr_t)words[0];
}

/* Take the replies of the window, or as many as are for coroutines of this priority, which become
 * ready together. */
static void take_some(struct ipc_end *end, unsigned priority)
{
    struct ipc_request *requests = end->requests;
    const uint64_t *next = end->next, *stop = end->stop;
    uint64_t mask = end->mask;
    struct co *first, **link = &first;

    for (; next != stop; next++) {
        uint64_t header = ipc_read(next);
        struct ipc_request *request = &requests[header & mask];
        struct co *co = request->co;

        if (__builtin_expect(request->id != (uint32_t)header || co == NULL, 0)) {
            stray(end);
            continue;
        }
        if (__builtin_expect(co->priority != priority, 0))
            break;
        request->co = NULL;
        co->value = E_OK;
        if (__builtin_expect(request->is_taken, 1))
            request->words = request->place;
        else
            co->value = take_words(end, request);
        co->cancel = NULL;
        co->status = CO_READY;
        *link = co;
        link = &co->next;
    }
    end->next = next;
    if (link != &first)
        co_complete_all(first, link, priority);
}

/* Take the next reply, for a coroutine of another priority, or for one that was cancelled. (The
 * header is read anew, so it is looked at as if for the first time.) */
static IPC_COLD void take_other(struct ipc_end *end)
{
    struct ipc_request *request = find_request(end, (uint32_t)ipc_read(end->next++));
    struct co *co = request != NULL ? request->co : NULL;
    intptr_t value = E_OK;

    if (co == NULL) {
        stray(end);
        return;
    }
    request->co = NULL;
    if (request->is_taken)
        request->words = request->place;
    else
        value = take_words(end, request);
    if (co != &ipc_nobody)
        co_complete(co, value);
}

/* The window on what was seen and not taken. False: there is nothing. (The calls that replies lead
 * to come to their ring's end when those do: so few of them have to be moved.) */
static inline bool go_on(struct ipc_end *end)
{
    ipc_fold(end);
    ipc_open_window(end, end->seen - ipc_head(end));
    return end->next != end->stop;
}

/* Look for replies, up to end->seen. Value: how many there are; negative: the server has broken the
 * protocol. */
static inline int64_t look(struct ipc_end *end)
{
    struct ipc_channel *channel = end->channel;
    uint64_t tail, count;

    /* Armed before the look, so whatever comes after the look is rung for. The word says "asleep"
     * all the time; the fence is one for the load of the headers too. */
    end->wait += IPC_ASLEEP + 1;
    ipc_write(&channel->reply_reader.wait, end->wait);
    ipc_fence();
    tail = ipc_read(&channel->replies.tail);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    count = tail - ipc_head(end);
    if (__builtin_expect(count > end->mask + 1ull, 0)) {
        ipc_end_broken(end, tail == IPC_TAIL_DEAD ? NULL : "more replies than requests");
        return -1;
    }
    end->seen = tail;
    ipc_open_window(end, count);
    /* A server may answer what was not shown to it. Between two looks there can be at most twice
     * `depth` calls; so what it does then to the ring's overhang ends within the messages. */
    ipc_fold(end);
    return (int64_t)count;
}

void ipc_take_rest(struct ipc_end *end)
{
    do {
        take_some(end, end->previous);
        if (end->next != end->stop)
            take_other(end);
    } while (go_on(end));
    ipc_write(&end->channel->reply_reader.head, end->seen);
    if (end->waiters.first != NULL)
        ipc_call_waiters(end);
}

void ipc_client_wake(struct wake_slot *slot)
{
    struct ipc_end *end = ipc_end_of(slot);

    if (!end->dead && look(end) >= 0)
        ipc_take_rest(end);
}

/* Resume who awaits each reply of the window, straight from the ring: they pass no queue. False:
 * the rest, if there is any, goes the ordinary way. Any of them may begin a loop of its own, in
 * which the rest is taken (ipc_flush), the end may die, or more may come; so where it stands is in
 * the end. */
static inline bool resume_all(struct ipc_end *end, unsigned priority)
{
    struct ipc_request *requests = end->requests;
    struct executor *executor = executor_self();
    uint64_t mask = end->mask;
    const uint64_t *next = end->next;

    if (__builtin_expect(next == end->stop, 0))
        return true;
    do {
        uint64_t header = ipc_read(next);
        struct ipc_request *request = &requests[header & mask];
        struct co *co = request->co;

        /* (One that is not kept has flags; one that runs and has no flags is blocked here.) */
        if (__builtin_expect(request->header != header || co == NULL, 0) ||
            __builtin_expect(co->condition != (int32_t)priority, 0))
            return false;
        end->next = next + 1;
        request->co = NULL;
        request->words = request->place;
        co->cancel = NULL;
        if (!executor_resume(executor, co, priority))
            return false;
    } while ((next = end->next) != end->stop);
    return true;
}

/* The virtual CPU was idle. That its doorbell is put off, if there are several replies, keeps any
 * operation from giving up the CPU while some are left, and sees to the calls that they lead to. */
struct co *ipc_client_rung(struct wake_slot *slot)
{
    struct ipc_end *end = ipc_end_of(slot);
    unsigned priority = end->previous;
    int64_t count;

    if (end->dead ||
        (executor_self()->next != EXECUTOR_OPEN(priority) && priority >= PRIORITY_COUNT) ||
        !executor_begin(priority))
        return executor_rung(slot);
    count = look(end);
    if (count < 0)
        return NULL;
    /* One alone may call again in registers. */
    if (count > 1 && !ipc_put_off(end, priority))
        ipc_defer(end, priority);
    do {
        if (!resume_all(end, priority)) {
            ipc_take_rest(end);
            return NULL;
        }
    } while (__builtin_expect(end->next == end->in_end, 0) && go_on(end));
    if (end->waiters.first != NULL)
        ipc_call_waiters(end);
    ipc_write(&end->channel->reply_reader.head, end->seen);
    if (executor_self()->current != NULL && ipc_may_rest(end, priority)) {
        uint64_t tail = ipc_show(end);

        ipc_fence();
        ipc_rested(end, ipc_rest(end, tail, priority));
    }
    return NULL;
}

/* After a reply in registers for an ordinary call: requests may be wanted, or the caller may be
 * gone. */
static IPC_COLD struct co *settle(struct ipc_end *end, struct co *co, intptr_t value)
{
    if (end->waiters.first != NULL)
        ipc_call_waiters(end);
    return co == &ipc_nobody ? NULL : co_claim(co, value);
}

struct co *ipc_client_message(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                              uint64_t w5, uint64_t header, struct wake_slot *slot)
{
    struct ipc_end *end = ipc_end_of(slot);
    struct ipc_request *request = find_request(end, (uint32_t)header);
    uint64_t *words;
    struct co *co;

    if (request == NULL)
        return stray(end);
    words = request->words;
    co = request->co;
    request->co = NULL;
    words[0] = w0;
    words[1] = w1;
    words[2] = w2;
    words[3] = w3;
    words[4] = w4;
    words[5] = w5;
    if (request->is_taken && co != &ipc_nobody)
        return co_claim(co, E_OK);
    if (!request->is_taken)
        set_free(end, request);
    return settle(end, co, (intptr_t)w0);
}
