/* SPDX-License-Identifier: BSD-2-Clause */
/* The server: clients, their open files, and the requests being served.
 *
 * Each client channel has a receiver coroutine. It takes a free request frame (waiting for one is
 * the back-pressure), receives a call into it and starts it as a coroutine of its own, at the
 * call's priority. So many calls of many clients are in flight, and each answers when it is done.
 */
#pragma once
#include "handles.h"
#include "list.h"

#define SERVER_CLIENTS  8u
#define SERVER_REQUESTS 64u /* served at once, over all clients */

struct client {
    struct co co; /* its receiver */
    struct server *server;
    struct ipc_end *end;
    struct ipc_message message;
    struct handles handles;
};

struct request {
    struct co co;
    struct request *next;
    struct client *client;
    struct ipc_message message; /* the call, then the reply */
    union {
        struct ext4_walk walk;
        struct ext4_read read;
        struct list list;
    };
};

struct server {
    struct ext4 fs;
    struct cache cache;
    struct block_device device;
    enum error mounted; /* not E_OK: the answer to every call */
    struct request *free;
    struct co_semaphore free_count;
    uint64_t handles; /* gauges */
    uint64_t requests;
    struct client clients[SERVER_CLIENTS];
    struct request pool[SERVER_REQUESTS];
};

/* Before anything else: fill the pool. */
void server_init(struct server *server);
/* Serve the channel as client i, received from at this priority. E_TOO_MANY: no coroutine left. */
enum error server_add(struct server *server, unsigned i, struct ipc_end *end, unsigned priority);

/* One call, from message to reply (request.c). */
enum co_state request_body(struct co *co);
