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

static inline enum co_state later(struct co *co, enum co_state state)
{
    return state == CO_PENDING ? CO_PENDING : done(co);
}

enum co_state ipc_job_next(struct co *co, struct ipc_job *job)
{
    job->words = job->message.word;
    return later(co, ipc_receive(co, job->end, &job->message));
}

enum co_state ipc_answer_slow(struct co *co, struct ipc_job *job, uint64_t w0, uint64_t w1,
                              uint64_t w2, uint64_t w3, uint64_t w4, uint64_t w5)
{
    struct ipc_end *end = job->end;
    struct ipc_message *message = &job->message;
    uint64_t *open;

    if (__builtin_expect(job->words == NULL || end->dead, 0))
        return ipc_job_next(co, job);
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
        ipc_await_call(co, end, message);
        return ipc_reply_leave(end, header, w0, w1, w2, w3, w4, w5);
    }
    open = &end->open[message->header & end->mask];
    if ((uint32_t)*open != ipc_request(message))
        *open = message->header; /* else it is the client's own, not clamped */
    return later(co, ipc_reply_receive(co, end, message));
}
