/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs.h"

struct caller callers[CALLERS];
struct echo echoes[4];
unsigned echo_calls;
bool without_copies, at_a_stretch;

void answer(struct ipc_message *message)
{
    for (unsigned i = 0; i < 6; i++)
        message->word[i] += i + 1;
}

/* One that keeps a request gives it back; the value is that of its last call. */
static enum co_state leave(struct co *co, struct ipc_request *request, long value)
{
    if (request)
        ipc_request_give(request);
    co_return(value);
}

static CO_BODY enum co_state caller_body(struct co *co)
{
    struct caller *c = co_frame(struct caller, co);
    uint64_t *word = c->message.word;

    co_begin(co);
    while (c->left > 0) {
        c->left--;
        if (c->own != 0)
            co_change_priority(co, c->own);
        c->tag += 1000;
        for (unsigned i = 0; i < 6; i++)
            word[i] = c->tag + i;
        if (c->request) {
            ipc_await_call_six(c->last, c->request, word[0], word[1], word[2], word[3], word[4],
                               word[5]);
            for (unsigned i = 0; c->last == 0 && i < 6; i++)
                word[i] = ipc_reply_word(c->request, i);
            if (c->last == 0)
                c->last = (long)word[0];
        } else {
            co_await(c->last, ipc_call(co, c->end, &c->message, 7));
        }
        if (c->last < 0)
            return leave(co, c->request, c->last);
        for (unsigned i = 0; i < 6; i++) {
            if (c->message.word[i] != c->tag + 2 * i + 1)
                c->wrong++;
        }
        if ((uint64_t)c->last != c->tag + 1)
            c->wrong++;
        if ((uint64_t)c->last != c->message.word[0])
            c->torn++;
        c->answered++;
    }
    return leave(co, c->request, 0);
}

struct caller *caller_start(unsigned n, struct ipc_end *end, unsigned calls, unsigned priority)
{
    struct caller *c = &callers[n];

    *c = (struct caller){.end = end, .left = calls, .tag = n * 10000000ull};
    if (without_copies)
        c->request = ipc_request_take(end, 7); /* or, if there is no more, with copies */
    c->cid = co_spawn(&c->co, caller_body, priority, NULL);
    return c;
}

/* Note the call in its message, and make the answer of it. */
static void serve(struct echo *e, unsigned priority)
{
    if (e->count < 256) {
        e->order[e->count] = e->message.word[0];
        e->priority[e->count] = (uint8_t)priority;
        e->at[e->count] = echo_calls;
    }
    echo_calls++;
    e->count++;
    answer(&e->message);
}

static CO_BODY enum co_state echo_body(struct co *co)
{
    struct echo *e = co_frame(struct echo, co);

    co_begin(co);
    co_await(e->last, ipc_receive(co, e->end, &e->message));
    while (e->last == 0) {
        serve(e, co->priority);
        co_await(e->last, ipc_reply_receive(co, e->end, &e->message));
    }
    co_return(e->last);
}

static CO_BODY enum co_state job_body(struct co *co)
{
    struct echo *e = co_frame(struct echo, co);
    uint64_t *word = e->message.word;

    co_begin(co);
    ipc_await_job(e->last, &e->job);
    while (e->last == 0) {
        for (unsigned i = 0; i < 6; i++)
            word[i] = ipc_job_word(&e->job, i);
        e->message.header = e->job.message.header;
        serve(e, co->priority);
        ipc_await_answer_six(e->last, &e->job, word[0], word[1], word[2], word[3], word[4],
                             word[5]);
    }
    co_return(e->last);
}

/* The same, with the call in a local. */
static CO_BODY enum co_state call_body(struct co *co)
{
    struct echo *e = co_frame(struct echo, co);
    uint64_t *word = e->message.word;
    struct ipc_call call;

    co_begin(co);
    ipc_await_job_in(e->last, &e->job, call);
    while (e->last == 0) {
        for (unsigned i = 0; i < 6; i++)
            word[i] = ipc_call_word(&call, i);
        e->message.header = e->job.message.header;
        serve(e, co->priority);
        ipc_await_answer_six_in(e->last, &e->job, call, word[0], word[1], word[2], word[3], word[4],
                                word[5]);
    }
    co_return(e->last);
}

struct echo *echo_start(unsigned n, struct ipc_end *end, unsigned priority)
{
    struct echo *e = &echoes[n];

    *e = (struct echo){.end = end};
    ipc_job_init(&e->job, end);
    co_spawn(&e->co,
             !without_copies ? echo_body
             : at_a_stretch  ? call_body
                             : job_body,
             priority, NULL);
    return e;
}
