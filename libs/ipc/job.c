/* SPDX-License-Identifier: BSD-2-Clause */
/* The server: jobs, whose words are read and answered in the channel. All but the short way
 * (fast.h) is receiving and answering as usual, with the message in the job.
 *
 * A job that was taken in the short way is not in the table of open requests: it stands for itself.
 * It gets its row when it is answered in another way. */
#include "server.h"

/* An operation that is done already goes on by the executor's loop: a body that need not look at
 * the result has no frame. */
static IPC_COLD enum co_state done(struct co *co)
{
    co_complete(co, co->value);
    return CO_PENDING;
}

/* Its address tells that what the receiver waits with is the message of a job. */
static void job_cancel(struct co *co)
{
    ipc_receive_cancel(co);
}

/* What the ordinary way has led to: a call that was copied into the job, or that it waits. */
static enum co_state later(struct co *co, const struct ipc_end *end, enum co_state state)
{
    if (state == CO_DONE)
        return done(co);
    if (end->receiver == co)
        co->cancel = job_cancel;
    return CO_PENDING;
}

static __attribute__((noinline)) enum co_state next_slow(struct co *co, struct ipc_job *job)
{
    return later(co, job->end, ipc_receive(co, job->end, &job->message));
}

/* Whether the next call may be taken, or waited for, without regard to anything but the ring. */
static inline bool is_usual(const struct co *co, const struct ipc_end *end)
{
    return co->condition == end->usual && co->priority >= end->ceiling && end->quiet < 0 &&
           end->kept_count == 0 && end->receiver == NULL;
}

/* More has come than was seen before it fell asleep. */
static IPC_COLD enum co_state wait_no_more(struct co *co, struct ipc_job *job)
{
    ipc_disarm(co, job->end);
    return next_slow(co, job);
}

/* The system call has returned. */
static IPC_COLD enum co_state rested(long error)
{
    struct ipc_message *message = (struct ipc_message *)executor_self()->current->value;

    ipc_rested(((struct ipc_job *)((char *)message - offsetof(struct ipc_job, message)))->end,
               error);
    return CO_PENDING;
}

/* Nothing is in the ring, as it seems. The wait word says "awake", so "asleep" needs no new count.
 */
static inline enum co_state wait(struct co *co, struct ipc_end *end, struct ipc_job *job,
                                 uint64_t head)
{
    struct ipc_channel *channel = end->channel;
    unsigned priority = co->priority;
    uint64_t tail;

    end->receiver = co;
    co->value = (intptr_t)&job->message;
    co->cancel = job_cancel;
    tail = ipc_tail(end);
    ipc_publish(end->tail_word, tail);
    ipc_write(&channel->call_reader.head, head);
    end->wait |= IPC_ASLEEP;
    ipc_write(&channel->call_reader.wait, end->wait);
    ipc_fence();
    if (__builtin_expect(ipc_read(&channel->calls.tail) != head, 0))
        return wait_no_more(co, job);
    if (!ipc_may_rest(end, priority))
        return CO_PENDING;
    return rested(ipc_rest(end, tail, priority));
}

/* Open a window on the calls that were seen, or look for some. False: it is for the ordinary way.
 */
static inline bool go_on(struct co *co, struct ipc_end *end)
{
    const struct executor_line *line = executor_line();
    uint64_t head = ipc_head(end), count = end->seen - head;

    if ((line->bitmap & ((2ull << co->priority) - 1)) || ipc_read(&line->wakes))
        return false;
    if (count == 0 || ipc_is_mixed(end, head))
        return ipc_look(end);
    ipc_open_window(end, count < IPC_SHARE ? count : IPC_SHARE);
    return true;
}

/* Calls are in sight, or behind those that were: take one where it is, unless others of this
 * priority should have their turn. The body goes on at once; that is the last thing done here, so
 * it takes the place of the call from which it comes. */
static __attribute__((noinline)) enum co_state ipc_job_more(struct co *co, struct ipc_job *job)
{
    struct ipc_end *end = job->end;

    if ((end->next == end->stop && !go_on(co, end)) || ipc_is_mixed(end, ipc_head(end)) ||
        !ipc_job_take(co, end, job))
        return next_slow(co, job);
    end->owner = co_cid(co);
    job->usual = co->condition;
    co->value = E_OK;
    return co->body(co);
}

/* There may be any number of jobs that are answered before the next ipc_show. */
static IPC_COLD enum co_state fold_first(struct co *co, struct ipc_job *job)
{
    ipc_fold_slow(job->end);
    return ipc_job_next(co, job);
}

/* (All that is not usual is apart, and so nothing here needs a frame.) */
static inline enum co_state next_of(struct co *co, struct ipc_job *job, bool usual)
{
    struct ipc_end *end = job->end;
    uint64_t head;

    job->usual = IPC_NEVER;
    job->words = job->message.word;
    if (__builtin_expect(end->put >= end->out_end, 0))
        return fold_first(co, job);
    if (!usual && __builtin_expect(!is_usual(co, end), 0))
        return next_slow(co, job);
    head = ipc_head(end);
    if (ipc_read(&end->channel->calls.tail) != head)
        return ipc_job_more(co, job);
    if (!usual)
        end->owner = co_cid(co);
    return wait(co, end, job, head);
}

enum co_state ipc_job_next(struct co *co, struct ipc_job *job)
{
    return next_of(co, job, false);
}

/* The same after the answer to a call that came, and went, the short way, and since which the
 * coroutine has awaited nothing (struct ipc_call): all is as usual still, and it received last. */
enum co_state ipc_job_next_usual(struct co *co, struct ipc_job *job)
{
    return next_of(co, job, true);
}

static IPC_COLD struct co *defer_and_claim(struct ipc_end *end, struct co *co)
{
    ipc_defer(end, co->priority);
    return co_claim(co, E_OK);
}

/* (Before it fell asleep all calls were taken, so no better one stands behind a worse one but what
 * `urgent` tells.) */
struct co *ipc_server_rung(struct wake_slot *slot)
{
    struct ipc_end *end = ipc_end_of(slot);
    struct ipc_channel *channel = end->channel;
    struct co *co = end->receiver;
    uint64_t head, tail, urgent, header, priority, count;
    struct ipc_job *job;

    if (co == NULL || co->cancel != job_cancel)
        return executor_rung(slot);
    head = ipc_head(end);
    ipc_turn(end);
    tail = ipc_read(&channel->calls.tail);
    urgent = ipc_read(&channel->calls.urgent);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    header = ipc_read(end->next);
    priority = header >> MESSAGE_PRIORITY_SHIFT; /* and flags: there are none */
    count = tail - head;
    if (count - 1 > end->mask || urgent - head - 1 < count || priority != (uint64_t)co->condition ||
        priority < end->ceiling)
        return executor_rung(slot);
    job = (struct ipc_job *)(co->value - (intptr_t)offsetof(struct ipc_job, message));
    job->message.header = header;
    job->words = end->words[header & end->mask];
    job->usual = co->condition;
    end->seen = tail;
    ipc_open_window(end, count < IPC_SHARE ? count : IPC_SHARE);
    end->next++;
    end->receiver = NULL;
    ipc_put_wait(end, &channel->call_reader, (unsigned)priority);
    /* One alone may be answered in registers. */
    if (count > 1 && !ipc_put_off(end, (unsigned)priority))
        return defer_and_claim(end, co);
    return co_claim(co, E_OK);
}

/* The answer stands in the message of the job. */
static IPC_COLD enum co_state answer_otherwise(struct co *co, struct ipc_job *job)
{
    struct ipc_end *end = job->end;
    struct ipc_message *message = &job->message;
    uint64_t *open = &end->open[message->header & end->mask];

    if ((uint32_t)*open != ipc_request(message))
        *open = message->header; /* else it is the client's own, not clamped */
    if (end->next == end->stop && end->kept_count == 0)
        return later(co, end, ipc_reply_receive(co, end, message));
    (void)!ipc_reply(end, message);
    return ipc_job_next(co, job);
}

enum co_state ipc_answer_slow(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                              uint64_t w5, struct co *co, struct ipc_job *job)
{
    struct ipc_end *end = job->end;
    struct ipc_message *message = &job->message;

    if (__builtin_expect(job->words == NULL || end->dead, 0))
        return ipc_job_next(co, job);
    job->usual = IPC_NEVER;
    job->words = message->word;
    message->word[0] = w0;
    message->word[1] = w1;
    message->word[2] = w2;
    message->word[3] = w3;
    message->word[4] = w4;
    message->word[5] = w5;
    if (end->quiet >= 0 && ipc_may_leave(co, end)) {
        /* It came in registers too. */
        uint64_t header = message->header;

        end->open[header & end->mask] = ~header;
        if (ipc_quick_begin(co, end, job, end->description->slot, end->deliver, job_cancel,
                            ipc_quick_serve))
            return ipc_answer(w0, w1, w2, w3, w4, w5, co, job);
        ipc_await_call(co, end, message);
        co->cancel = job_cancel;
        return ipc_reply_leave(end, header, w0, w1, w2, w3, w4, w5);
    }
    return answer_otherwise(co, job);
}
