/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket protocol's clients, one coroutine for each. */
#include "serve.h"
#include "client.h"
#include <sys/program.h>

#define CLIENTS_MAX 8

struct server {
    struct co co;
    struct ipc_message message;
    struct client client;
};

static struct server servers[CLIENTS_MAX];

static CO_BODY enum co_state server_body(struct co *co)
{
    struct server *s = co_frame(struct server, co);
    intptr_t n;

    co_begin(co);
    co_await(n, ipc_receive(co, s->client.end, &s->message));
    while (n >= 0) {
        if (client_call(&s->client, &s->message))
            co_await(n, ipc_reply_receive(co, s->client.end, &s->message));
        else
            co_await(n, ipc_receive(co, s->client.end, &s->message));
    }
    client_end(&s->client);
    co_return(n);
}

enum error serve_start(void)
{
    struct ipc_end *end;

    for (unsigned i = 0; (end = ipc_server_end("socket", i)) != NULL; i++) {
        if (i == CLIENTS_MAX)
            return E_TOO_MANY;
        client_init(&servers[i].client, end);
        if (co_spawn(&servers[i].co, server_body, startup()->priority, NULL).raw == 0)
            return E_TOO_MANY;
    }
    return E_OK;
}
