/* SPDX-License-Identifier: BSD-2-Clause */
/* One client channel: its sockets, its open requests, and its calls.
 *
 * Nothing here suspends. A call is either answered at once, or becomes a struct request in a
 * queue of the socket that it waits for; a callback of lwIP answers it later.
 *
 *     client --> socket (listening)  --> accepts: requests waiting for a connection
 *            |                       --> backlog: connected sockets waiting for an accept
 *            +-> socket (connected)  --> receives, sends: requests waiting for data, for room
 *
 * A handle is an index and a generation, so one that was closed names nothing. The quotas below
 * are for each client: none can use up what another needs.
 */
#pragma once
#include <ipc/ipc.h>
#include <lwip/tcp.h>

#define CLIENT_SOCKETS  256 /* connections waiting to be accepted included */
#define CLIENT_REQUESTS 512

/* A call that waits. */
struct request {
    struct request *next;
    uint64_t header; /* of its message: whom to answer */
    uint64_t offset; /* of its data in the region; the whole range was checked */
    uint64_t bytes;
    uint64_t done; /* bytes that TCP has taken (sends) */
};

/* First in, first out. Zero is empty. */
struct request_queue {
    struct request *first;
    struct request *last;
};

enum socket_state { SOCKET_FREE, SOCKET_LISTENING, SOCKET_CONNECTED };

struct socket {
    struct client *client;
    struct socket *next; /* in the free list, or in a listener's backlog */
    enum socket_state state;
    uint32_t generation;
    struct tcp_pcb *pcb;           /* NULL: the connection has ended (see error) */
    struct request_queue receives; /* of a listener: accepts */
    struct request_queue sends;
    struct pbuf *received;   /* data that nobody has taken; the window is closed by as much */
    bool end;                /* the peer will send no more */
    enum error error;        /* why the connection ended; E_OK: it has not */
    struct socket *listener; /* in whose backlog it stands */
    struct socket *backlog_first;
    struct socket *backlog_last;
    uint32_t peer_address; /* host byte order */
    uint16_t peer_port;
};

struct client {
    struct ipc_end *end;
    struct socket *free_sockets;
    struct request *free_requests;
    struct socket sockets[CLIENT_SOCKETS];
    struct request requests[CLIENT_REQUESTS];
};

/* Sockets in use of all clients, a gauge. */
extern uint64_t client_socket_count;

void client_init(struct client *client, struct ipc_end *end);

/* Serve a call. Value: true: the message now holds the answer; false: it will be answered later
 * by ipc_reply. */
bool client_call(struct client *client, struct ipc_message *message);

/* The client is gone: abort its connections and free its sockets and requests. */
void client_end(struct client *client);

/* ---------------------------------------------------------------- for listen.c and stream.c */

/* A fresh socket, or NULL over the quota. */
struct socket *client_socket_new(struct client *client, enum socket_state state);
/* Give it back. No request may wait and no pcb may point to it. */
void client_socket_free(struct socket *socket);
/* What the client calls it. */
uint64_t client_handle(const struct socket *socket);

/* Keep a call for later: false over the quota. */
bool client_wait(struct client *client, struct request_queue *queue, const struct request *request);
/* Answer the first request of a queue and free it. peer: NULL, or more words of the answer. */
void client_answer(struct client *client, struct request_queue *queue, int64_t result,
                   const struct socket *peer);
/* Answer all of them with an error. */
void client_fail(struct client *client, struct request_queue *queue, enum error error);
