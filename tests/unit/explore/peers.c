/* SPDX-License-Identifier: BSD-2-Clause */
#include <ipc/fast.h>
#include "peers.h"
#include "side.h"

#define CALLERS 2

bool cancels, in_place;

static struct caller {
    struct co co;
    struct ipc_message message;
    struct ipc_request *request; /* in place */
    unsigned left, answered;
    uint64_t tag;
    long last; /* negative: the call that failed was the last one */
    cid_t cid;
} callers[CALLERS];

/* Cancels what the first caller awaits. */
static struct canceller {
    struct co co;
} canceller;

static struct server {
    struct co co;
    struct ipc_message message;
    struct ipc_job job; /* in place */
    unsigned count;
    long last;
} server;

static CO_BODY enum co_state caller_body(struct co *co)
{
    struct caller *c = co_frame(struct caller, co);

    co_begin(co);
    while (c->left > 0) {
        c->left--;
        c->tag++;
        for (unsigned i = 0; i < 6; i++)
            c->message.word[i] = c->tag + i;
        co_await(c->last, ipc_call(co, &client_side.ipc.ends[0], &c->message, 1));
        if (c->last < 0)
            co_return(c->last);
        for (unsigned i = 0; i < 6; i++)
            explore_check(c->message.word[i] == c->tag + 2 * i + 1);
        c->answered++;
    }
    co_return(0);
}

/* The same without copies. */
static CO_BODY enum co_state caller_in_place_body(struct co *co)
{
    struct caller *c = co_frame(struct caller, co);

    co_begin(co);
    while (c->left > 0) {
        c->left--;
        c->tag++;
        ipc_await_call_six(c->last, c->request, c->tag, c->tag + 1, c->tag + 2, c->tag + 3,
                           c->tag + 4, c->tag + 5);
        if (c->last < 0)
            co_return(c->last);
        for (unsigned i = 0; i < 6; i++)
            explore_check(ipc_reply_word(c->request, i) == c->tag + 2 * i + 1);
        c->answered++;
    }
    co_return(0);
}

static CO_BODY enum co_state canceller_body(struct co *co)
{
    (void)!co_cancel(callers[0].cid); /* it may have ended */
    co_return(0);
}

static CO_BODY enum co_state server_body(struct co *co)
{
    struct server *s = co_frame(struct server, co);

    co_begin(co);
    co_await(s->last, ipc_receive(co, &server_side.ipc.ends[0], &s->message));
    while (s->last == 0) {
        s->count++;
        for (unsigned i = 0; i < 6; i++)
            s->message.word[i] += i + 1;
        co_await(s->last, ipc_reply_receive(co, &server_side.ipc.ends[0], &s->message));
    }
    co_return(0);
}

static CO_BODY enum co_state server_in_place_body(struct co *co)
{
    struct server *s = co_frame(struct server, co);
    struct ipc_job *j = &s->job;
    struct ipc_call call;

    co_begin(co);
    ipc_await_job_in(s->last, j, call);
    while (s->last == 0) {
        s->count++;
        ipc_await_answer_six_in(s->last, j, call, ipc_call_word(&call, 0) + 1,
                                ipc_call_word(&call, 1) + 2, ipc_call_word(&call, 2) + 3,
                                ipc_call_word(&call, 3) + 4, ipc_call_word(&call, 4) + 5,
                                ipc_call_word(&call, 5) + 6);
    }
    co_return(0);
}

static void spawn(struct co *co, co_body_t body, unsigned priority, cid_t *cid)
{
    *cid = co_spawn(co, body, priority, NULL);
    explore_check(cid->raw != 0);
}

static void spawn_caller(struct caller *c, unsigned priority)
{
    if (in_place) {
        c->request = ipc_request_take(&client_side.ipc.ends[0], 1);
        explore_check(c->request != NULL);
    }
    spawn(&c->co, in_place ? caller_in_place_body : caller_body, priority, &c->cid);
}

void begin(unsigned first, unsigned second)
{
    cid_t unused;

    sides_begin();
    side_enter(&server_side);
    server = (struct server){.count = 0};
    ipc_job_init(&server.job, &server_side.ipc.ends[0]);
    spawn(&server.co, in_place ? server_in_place_body : server_body, 20, &unused);
    side_enter(&client_side);
    for (unsigned i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){.left = i == 0 ? first : second, .tag = 1000 * i};
        /* Those of one priority take the short ways. */
        if (callers[i].left)
            spawn_caller(&callers[i], in_place ? 20 : 20 + i);
    }
    if (cancels)
        spawn(&canceller.co, canceller_body, 25, &unused);
    sides_start();
}

void end(void)
{
    unsigned answered = 0;

    for (unsigned i = 0; i < CALLERS; i++) {
        explore_check(callers[i].left == 0);
        answered += callers[i].answered;
    }
    explore_check(server.count == answered);
    explore_check(client_side.ipc.ends[0].odd == 0);
}

void end_failed(void)
{
    explore_check(client_side.executor.live == 0);
    explore_check(client_side.ipc.ends[0].odd == 0);
    for (unsigned i = 0; i < CALLERS; i++) {
        struct caller *c = &callers[i];

        explore_check(c->last >= 0 || (c->last == E_PEER_DEAD && side_died()) ||
                      (c->last == E_CANCELLED && cancels && i == 0));
        explore_check(c->last < 0 || c->left == 0);
    }
    explore_check(side_died() || server.count >= callers[0].answered + callers[1].answered);
}
