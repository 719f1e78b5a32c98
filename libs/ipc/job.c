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

static enum co_state next_slow(struct co *co, struct ipc_job *job)
{
    return later(co, job->end, ipc_receive(co, job->end, &job->message));
}

/* Whether the next call may be taken, or waited for, without regard to anything but the ring. */
static inline bool is_usual(const struct co *co, const struct ipc_end *end)
{
    return co->condition == end->usual && co->priority >= end->ceiling && end->quiet < 0 &&
           end->kept_count == 0 && end->receiver == NULL;
}

/* Nothing is in the ring, as it seems. */
static inline enum co_state wait(struct co *co, struct ipc_end *end, struct ipc_job *job)
{
    end->owner = co_cid(co);
    ipc_show(end);
    if (__builtin_expect(!ipc_arm(co, end, &job->message), 0)) {
        ipc_disarm(co, end);
        return next_slow(co, job);
    }
    co->cancel = job_cancel;
    if (ipc_may_rest(end, co->priority))
        ipc_rest(end, co->priority);
    return CO_PENDING;
}

/* Calls are in sight, or behind those that were: take one where it is, unless others of this
 * priority should have their turn. */
static inline bool take_more(struct co *co, struct ipc_end *end, struct ipc_job *job)
{
    const struct executor_line *line = executor_line();

    if (end->head == end->limit &&
        ((line->bitmap & ((2ull << co->priority) - 1)) || ipc_read(&line->wakes) || !ipc_look(end)))
        return false;
    if (ipc_is_mixed(end, end->head) || !ipc_job_take(co, end, job))
        return false;
    job->usual = co->condition;
    return true;
}

enum co_state ipc_job_next(struct co *co, struct ipc_job *job)
{
    struct ipc_end *end = job->end;

    job->usual = 0;
    job->words = job->message.word;
    if (is_usual(co, end)) {
        if (ipc_read(&end->channel->calls.tail) == end->head)
            return wait(co, end, job);
        if (take_more(co, end, job)) {
            co->value = E_OK;
            return done(co);
        }
    }
    return next_slow(co, job);
}

struct co *ipc_server_rung(struct wake_slot *slot)
{
    struct ipc_end *end = ipc_end_of(slot);
    struct co *co = end->receiver;
    uint64_t tail, urgent, header, priority, count;
    struct ipc_job *job;

    if (co == NULL || co->cancel != job_cancel)
        return executor_rung(slot);
    tail = __atomic_load_n(&end->channel->calls.tail, __ATOMIC_ACQUIRE);
    urgent = ipc_read(&end->channel->calls.urgent);
    header = ipc_read(&end->in[end->head & end->mask]);
    priority = header >> MESSAGE_PRIORITY_SHIFT; /* and flags: there are none */
    count = tail - end->head;
    if (count - 1 > end->mask || urgent - end->head - 1 < count || ipc_is_mixed(end, end->head) ||
        priority + (CO_RUNNING << 8) != (uint64_t)co->condition || priority < end->ceiling)
        return executor_rung(slot);
    job = (struct ipc_job *)(co->value - (intptr_t)offsetof(struct ipc_job, message));
    job->message.header = header;
    job->words = end->lines[header & end->mask].word;
    job->usual = co->condition;
    end->seen = tail;
    end->limit = end->head + (count < IPC_SHARE ? count : IPC_SHARE);
    end->head++;
    end->receiver = NULL;
    ipc_put_wait(end, &end->channel->call_reader, (unsigned)priority);
    if (count > 1) /* else it may be answered in registers */
        ipc_put_off(end, (unsigned)priority);
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
    if (end->head == end->limit && end->kept_count == 0)
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
    job->usual = 0;
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
