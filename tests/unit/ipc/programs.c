/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs.h"

struct caller callers[CALLERS];
struct echo echoes[4];
unsigned echo_calls;

void answer(struct ipc_message *message)
{
    for (unsigned i = 0; i < 6; i++)
        message->word[i] += i + 1;
}

static CO_BODY enum co_state caller_body(struct co *co)
{
    struct caller *c = co_frame(struct caller, co);

    co_begin(co);
    while (c->left > 0) {
        c->left--;
        if (c->own != 0)
            co_change_priority(co, c->own);
        c->tag += 1000;
        for (unsigned i = 0; i < 6; i++)
            c->message.word[i] = c->tag + i;
        co_await(c->last, ipc_call(co, c->end, &c->message, 7));
        if (c->last < 0)
            co_return(c->last);
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
    co_return(0);
}

struct caller *caller_start(unsigned n, struct ipc_end *end, unsigned calls, unsigned priority)
{
    struct caller *c = &callers[n];

    *c = (struct caller){.end = end, .left = calls, .tag = n * 10000000ull};
    c->cid = co_spawn(&c->co, caller_body, priority, NULL);
    return c;
}

static CO_BODY enum co_state echo_body(struct co *co)
{
    struct echo *e = co_frame(struct echo, co);

    co_begin(co);
    co_await(e->last, ipc_receive(co, e->end, &e->message));
    while (e->last == 0) {
        if (e->count < 256) {
            e->order[e->count] = e->message.word[0];
            e->priority[e->count] = co->priority;
            e->at[e->count] = echo_calls;
        }
        echo_calls++;
        e->count++;
        answer(&e->message);
        co_await(e->last, ipc_reply_receive(co, e->end, &e->message));
    }
    co_return(e->last);
}

struct echo *echo_start(unsigned n, struct ipc_end *end, unsigned priority)
{
    struct echo *e = &echoes[n];

    *e = (struct echo){.end = end};
    co_spawn(&e->co, echo_body, priority, NULL);
    return e;
}
