/* SPDX-License-Identifier: BSD-2-Clause */
/* The honest server: one coroutine for each channel. It keeps what is to wait for ATTACKED_GO open.
 */
#include "hostile.h"

#define ENDS 24

struct service {
    struct co co;
    struct ipc_end *end;
    struct ipc_message message, held;
    bool holds;
    uint64_t count;
};
static struct service services[ENDS];
static bool started;

static void go(void)
{
    started = true;
    for (unsigned i = 0; i < ENDS; i++) {
        if (!services[i].holds)
            continue;
        services[i].holds = false;
        attacked_answer(&services[i].held);
        (void)!ipc_reply(services[i].end, &services[i].held); /* its client may be dead */
    }
}

/* Value: whether it is answered now. */
static bool serve(struct service *s)
{
    switch (ipc_label(&s->message)) {
    case ATTACKED_HOLD:
        if (!started && !s->holds) {
            s->held = s->message;
            s->holds = true;
            return false;
        }
        break;
    case ATTACKED_KEEP:
        return false;
    case ATTACKED_GO:
        go();
        break;
    case ATTACKED_COUNT:
        s->message.word[0] = s->count;
        return true;
    default:
        s->count++;
    }
    attacked_answer(&s->message);
    return true;
}

static CO_BODY enum co_state service_body(struct co *co)
{
    struct service *s = co_frame(struct service, co);
    long n;

    co_begin(co);
    co_await(n, ipc_receive(co, s->end, &s->message));
    while (n == E_OK) {
        if (serve(s))
            co_await(n, ipc_reply_receive(co, s->end, &s->message));
        else
            co_await(n, ipc_receive(co, s->end, &s->message));
    }
    co_return(n);
}

struct server {
    struct co co;
};

static CO_BODY enum co_state server_body(struct co *co)
{
    for (unsigned i = 0; i < ENDS; i++) {
        services[i].end = ipc_server_end(PROTOCOL, i);
        if (services[i].end && !co_spawn(&services[i].co, service_body, co->priority, NULL).raw)
            die("no room for channel %u", i);
    }
    if (ipc_server_end(PROTOCOL, ENDS))
        die("more than %d channels", ENDS);
    co_return(0);
}
PROGRAM(struct server, server_body);
