/* SPDX-License-Identifier: BSD-2-Clause */
/* The web server's connections: a coroutine each, in a frame of a pool.
 *
 * The regions of both channels are divided into equal slots, one for each connection, so that none
 * waits for another's buffer: what the client sends and what is sent to it in the slot at net,
 * paths and files in the slot at fs. When a new client finds all connections taken, the one that
 * has been waiting for a request longest is closed for it.
 */
#pragma once
#include "http.h"
#include "page.h"
#include <protocol/fs.h>
#include <protocol/socket.h>

#define WEB_CONNECTIONS 128u
#define WEB_SLOT_MIN    8192u /* a head of PAGE_HEAD_MAX and something behind it */
#define WEB_SLOT_MAX    32768u

/* What an awaited part of a connection's work needs: a frame, and to whom it belongs. */
struct web_step {
    struct co co;
    struct connection *connection;
};

struct connection {
    struct co co;
    struct web *web;
    struct connection *next; /* free list, or the list of those that wait for a request */
    struct connection *prev;
    uint64_t index;
    uint64_t socket; /* its handle at net */
    struct ipc_message message;
    struct web_step receive;
    struct web_step answer;
    struct web_step locate;
    struct page page;
    uint64_t file;       /* handle at fs; 0: none */
    uint64_t sent;       /* bytes of the file that are read */
    uint64_t filled;     /* bytes in the slot at net */
    uint64_t skip;       /* bytes of a request's body that are still to come */
    uint32_t head_bytes; /* of the request that is being answered */
    uint32_t in_bytes;
    struct http_request request;
    char in[HTTP_HEAD_MAX]; /* received and not yet used */
};

struct web {
    struct ipc_end *net;
    struct ipc_end *fs;
    uint64_t slot_bytes;
    struct connection *free;
    struct co_semaphore free_count;
    struct connection *idle_first; /* has been waiting longest */
    struct connection *idle_last;
    uint64_t open; /* gauges */
    uint64_t served;
    struct connection pool[WEB_CONNECTIONS];
};

/* Divide the regions and fill the pool. E_NO_MEMORY: a region is smaller than a slot. */
enum error web_init(struct web *web, struct ipc_end *net, struct ipc_end *fs);

/* Start a connection; a permit of free_count has been taken. E_TOO_MANY: no coroutine left, and
 * the permit is given back. */
enum error web_start(struct web *web, uint64_t socket, unsigned priority);

/* The socket of the connection that has been waiting for a request longest; 0: none waits. It is
 * taken from the list of those that wait, and ends as soon as its socket is closed. */
uint64_t web_idlest(struct web *web);

/* Answer the request at hand (answer.c). Value: 0, or an error after which the connection is of no
 * use any more. */
enum co_state web_answer(struct co *co, struct connection *connection);

/* Where the connection's slot begins, in either region. */
static inline uint64_t web_slot(const struct connection *connection)
{
    return connection->index * connection->web->slot_bytes;
}
