/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection: receive until a request is whole, answer it, go on with what was received behind
 * it. */
#include "web.h"
#include <string.h>

/* ---------------------------------------------------------------- those that wait for a request */

static void idle_add(struct connection *c)
{
    struct web *web = c->web;

    c->next = NULL;
    c->prev = web->idle_last;
    if (web->idle_last)
        web->idle_last->next = c;
    else
        web->idle_first = c;
    web->idle_last = c;
}

static bool is_idle(const struct connection *c)
{
    return c->prev != NULL || c->web->idle_first == c;
}

static void idle_remove(struct connection *c)
{
    struct web *web = c->web;

    if (!is_idle(c)) /* taken by web_idlest */
        return;
    if (c->prev)
        c->prev->next = c->next;
    else
        web->idle_first = c->next;
    if (c->next)
        c->next->prev = c->prev;
    else
        web->idle_last = c->prev;
    c->next = c->prev = NULL;
}

uint64_t web_idlest(struct web *web)
{
    struct connection *c = web->idle_first;

    if (!c)
        return 0;
    idle_remove(c);
    return c->socket;
}

/* ---------------------------------------------------------------- receiving a request */

static enum co_state receive_more(struct co *co, struct connection *c)
{
    uint64_t room = HTTP_HEAD_MAX - c->in_bytes;

    if (room > c->web->slot_bytes)
        room = c->web->slot_bytes;
    return socket_receive(co, c->web->net, &c->message, c->socket, web_slot(c), room);
}

/* n bytes have arrived: copy them out of the region before anything looks at them. */
static long take_received(struct connection *c, long n)
{
    const char *from;
    uint64_t skip;

    if (n <= 0)
        return n;
    if ((uint64_t)n > HTTP_HEAD_MAX - c->in_bytes || (uint64_t)n > c->web->slot_bytes)
        return E_PROTOCOL;
    from = ipc_bytes(c->web->net, web_slot(c), c->web->slot_bytes);
    skip = c->skip < (uint64_t)n ? c->skip : (uint64_t)n;
    c->skip -= skip;
    memcpy(c->in + c->in_bytes, from + skip, (uint64_t)n - skip);
    c->in_bytes += (uint32_t)((uint64_t)n - skip);
    return n;
}

/* Done with the request: its head, and what there is of its body. */
static void drop_request(struct connection *c)
{
    uint64_t left = c->in_bytes - c->head_bytes;
    uint64_t body = c->request.body_bytes < left ? c->request.body_bytes : left;

    c->skip = c->request.body_bytes - body;
    memmove(c->in, c->in + c->head_bytes + body, left - body);
    c->in_bytes = (uint32_t)(left - body);
}

/* Await a request. Value: bytes of its head, at least 1; 0: the client has closed; or an error. */
CO_BODY static enum co_state receive_body(struct co *co)
{
    struct connection *c = co_frame(struct web_step, co)->connection;
    size_t head;
    long n;

    co_begin(co);
    for (;;) {
        head = http_parse(c->in, c->in_bytes, &c->request);
        if (head > 0)
            co_return(head);
        idle_add(c);
        co_await(n, receive_more(co, c));
        idle_remove(c);
        n = take_received(c, n);
        if (n < 0 || (n == 0 && c->in_bytes == 0))
            co_return(n);
        if (n == 0) {
            http_cut_short(&c->request);
            co_return(c->in_bytes);
        }
    }
}

static enum co_state receive_request(struct co *co, struct connection *c)
{
    c->receive.connection = c;
    return co_call(co, &c->receive.co, receive_body);
}

/* ---------------------------------------------------------------- the connection */

CO_BODY static enum co_state connection_body(struct co *co)
{
    struct connection *c = co_frame(struct connection, co);
    long n;

    co_begin(co);
    do {
        co_await(n, receive_request(co, c));
        if (n <= 0)
            break;
        c->head_bytes = (uint32_t)n; /* it stays until the answer: a redirect repeats its target */
        co_await(n, web_answer(co, c));
        drop_request(c);
        c->web->served++;
    } while (n == 0 && c->request.keep_alive);
    co_await(n, socket_close(co, c->web->net, &c->message, c->socket));
    co_return(n);
}

static void release(struct co *co)
{
    struct connection *c = co_frame(struct connection, co);

    c->next = c->web->free;
    c->web->free = c;
    c->web->open--;
    co_semaphore_give(&c->web->free_count);
}

enum error web_start(struct web *web, uint64_t socket, unsigned priority)
{
    struct connection *c = web->free;

    web->free = c->next;
    web->open++;
    c->next = c->prev = NULL;
    c->socket = socket;
    c->in_bytes = 0;
    c->skip = 0;
    if (co_spawn(&c->co, connection_body, priority, release).raw != 0)
        return E_OK;
    release(&c->co);
    return E_TOO_MANY;
}

enum error web_init(struct web *web, struct ipc_end *net, struct ipc_end *fs)
{
    uint64_t region =
        ipc_region_bytes(net) < ipc_region_bytes(fs) ? ipc_region_bytes(net) : ipc_region_bytes(fs);
    uint64_t slot = region / WEB_CONNECTIONS & ~(uint64_t)7;
    uint64_t count = WEB_CONNECTIONS;

    if (slot > WEB_SLOT_MAX)
        slot = WEB_SLOT_MAX;
    if (slot < WEB_SLOT_MIN) { /* fewer connections instead */
        slot = WEB_SLOT_MIN;
        count = region / slot;
    }
    if (count == 0)
        return E_NO_MEMORY;
    web->net = net;
    web->fs = fs;
    web->slot_bytes = slot;
    web->free_count.count = (unsigned)count;
    while (count-- > 0) {
        web->pool[count].web = web;
        web->pool[count].index = count;
        web->pool[count].next = web->free;
        web->free = &web->pool[count];
    }
    return E_OK;
}
