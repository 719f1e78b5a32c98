/* SPDX-License-Identifier: BSD-2-Clause */
/* A server that answers honestly, and besides gives the client one message in registers after the
 * other that it has not asked for: replies once more, replies to come, those of other channels. */
#include "calls.h"

#define REST_US 60

static const struct startup_channel *channel;
static const uint64_t garbage[6] = {~0ull - 6, 1ull << 63, 0xdead, 7, 0, ~1ull};
static const uint64_t forged[6] = {FORGED, FORGED, FORGED, FORGED, FORGED, FORGED};

struct service {
    struct co co;
    struct ipc_end *end;
    struct ipc_message message;
    struct co_timeout timeout;
};
static struct service service;
static uint64_t last; /* the header of the last call */

static void nothing_to_undo(struct co *co)
{
    (void)co;
}

static enum co_state deliver(struct co *co, uint64_t header)
{
    co->cancel = nothing_to_undo;
    co_block(co);
    co_complete(co, sys_deliver(channel->endpoint, header == last ? garbage : forged, header));
    return CO_PENDING;
}

/* Before a slow call is answered the client gets the answer of the next one. */
static CO_BODY enum co_state service_body(struct co *co)
{
    struct service *s = co_frame(struct service, co);
    long n;

    co_begin(co);
    co_await(n, ipc_receive(co, s->end, &s->message));
    while (n == E_OK) {
        last = s->message.header;
        for (unsigned i = 0; i < 6; i++)
            s->message.word[i] += i + 1;
        if (ipc_label(&s->message) == CALLS_SLOW)
            co_await_until(n, &s->timeout, time_now() + time_from_us(REST_US),
                           deliver(co, last + channel->depth));
        co_await(n, ipc_reply_receive(co, s->end, &s->message));
    }
    co_return(n);
}

struct liar {
    struct co co;
    struct co_timeout timeout;
    uint64_t step;
};

/* In turn: the last reply once more; a stale one; one that another channel may wait for. None that
 * this one may: at most one call is in flight that has not been looked at. */
static uint64_t lie(const struct liar *l)
{
    uint64_t depth = channel->depth;

    return l->step % 3 == 0   ? last
           : l->step % 3 == 1 ? last - depth
                              : last + depth * (2 + l->step % 4096);
}

static CO_BODY enum co_state liar_body(struct co *co)
{
    struct liar *l = co_frame(struct liar, co);
    long n;

    co_begin(co);
    service.end = ipc_server_end(PROTOCOL, 0);
    for (uint32_t i = 0; i < startup()->channel_count; i++) {
        if (strcmp(startup()->channels[i].protocol, PROTOCOL) == 0)
            channel = &startup()->channels[i];
    }
    if (!service.end || !channel || !co_spawn(&service.co, service_body, co->priority, NULL).raw)
        die("no channel");
    for (;; l->step++) {
        co_await(n, sleep_us(co, REST_US));
        if (last)
            co_await_until(n, &l->timeout, time_now() + time_from_us(REST_US), deliver(co, lie(l)));
    }
    co_return(n);
}
PROGRAM(struct liar, liar_body);
