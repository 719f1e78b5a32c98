/* SPDX-License-Identifier: BSD-2-Clause */
#include "server.h"

static struct request *take(struct server *server)
{
    struct request *request = server->free;

    server->free = request->next;
    server->requests++;
    return request;
}

static void give(struct server *server, struct request *request)
{
    request->next = server->free;
    server->free = request;
    server->requests--;
    co_semaphore_give(&server->free_count);
}

static void request_release(struct co *co)
{
    struct request *request = co_frame(struct request, co);

    give(request->client->server, request);
}

/* Answer with an error without starting anything. */
static void refuse(struct client *client, enum error e)
{
    client->message.word[0] = (uint64_t)(int64_t)e;
    (void)ipc_reply(client->end, &client->message);
}

/* Start a coroutine for the message at hand. A permit of free_count has been taken. */
static void start(struct client *client, unsigned priority)
{
    struct request *request = take(client->server);

    request->client = client;
    request->message = client->message;
    if (co_spawn(&request->co, request_body, priority, request_release).raw == 0) {
        refuse(client, E_TOO_MANY);
        give(client->server, request);
    }
}

/* Receive calls until the client is gone. */
CO_BODY static enum co_state receiver_body(struct co *co)
{
    struct client *client = co_frame(struct client, co);
    long n;

    co_begin(co);
    for (;;) {
        co_await(n, co_semaphore_take(co, &client->server->free_count));
        if (n < 0)
            co_return(n);
        co_await(n, ipc_receive(co, client->end, &client->message));
        if (n < 0)
            break;
        start(client, co->priority);
    }
    co_semaphore_give(&client->server->free_count);
    client->server->handles -= client->handles.used;
    handles_close_all(&client->handles);
    co_return(n);
}

void server_init(struct server *server)
{
    for (unsigned i = 0; i < SERVER_REQUESTS; i++) {
        server->pool[i].next = server->free;
        server->free = &server->pool[i];
    }
    server->free_count.count = SERVER_REQUESTS;
}

enum error server_add(struct server *server, unsigned i, struct ipc_end *end, unsigned priority)
{
    struct client *client = &server->clients[i];

    client->server = server;
    client->end = end;
    return co_spawn(&client->co, receiver_body, priority, NULL).raw ? E_OK : E_TOO_MANY;
}
