/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening sockets: accept calls meet connections.
 *
 * Either calls wait or connections wait, never both. lwIP counts the waiting ones as pending
 * (tcp_backlog_delayed) and, when there are as many as the backlog, ignores further SYNs: the
 * peers repeat them, and nobody is turned away by a short burst.
 */
#include "listen.h"
#include "stream.h"

#define BACKLOG_MAX 200 /* below the quota of sockets, and lwIP counts in 8 bits */

/* ---------------------------------------------------------------- the backlog */

static void backlog_push(struct socket *listener, struct socket *connection)
{
    connection->listener = listener;
    connection->next = NULL;
    if (listener->backlog_last != NULL)
        listener->backlog_last->next = connection;
    else
        listener->backlog_first = connection;
    listener->backlog_last = connection;
}

void listen_forget(struct socket *connection)
{
    struct socket *listener = connection->listener;
    struct socket *before = NULL;

    for (struct socket *s = listener->backlog_first; s != connection; s = s->next)
        before = s;
    if (before != NULL)
        before->next = connection->next;
    else
        listener->backlog_first = connection->next;
    if (listener->backlog_last == connection)
        listener->backlog_last = before;
    connection->listener = NULL;
}

/* ---------------------------------------------------------------- called by lwIP */

/* A handshake is complete. An error makes lwIP reset the connection. */
static err_t on_accept(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct socket *listener = argument;
    struct socket *connection;

    if (error != ERR_OK || pcb == NULL || listener == NULL)
        return ERR_VAL;
    connection = client_socket_new(listener->client, SOCKET_CONNECTED);
    if (connection == NULL)
        return ERR_MEM;
    stream_attach(connection, pcb);
    if (listener->receives.first != NULL) {
        client_answer(listener->client, &listener->receives, (int64_t)client_handle(connection),
                      connection);
        return ERR_OK;
    }
    backlog_push(listener, connection);
    tcp_backlog_delayed(pcb);
    return ERR_OK;
}

/* ---------------------------------------------------------------- calls */

/* A pcb that listens on the port, or NULL and why. */
static struct tcp_pcb *listening_pcb(uint16_t port, uint8_t backlog, enum error *why)
{
    struct tcp_pcb *pcb = tcp_new();
    struct tcp_pcb *listening;
    err_t error;

    *why = E_NO_MEMORY;
    if (pcb == NULL)
        return NULL;
    /* Inherited by its connections. A peer that vanished is found out by probes. */
    ip_set_option(pcb, SOF_REUSEADDR | SOF_KEEPALIVE);
    error = tcp_bind(pcb, IP4_ADDR_ANY, port);
    if (error == ERR_OK) {
        listening = tcp_listen_with_backlog_and_err(pcb, backlog, &error);
        if (listening != NULL)
            return listening;
    }
    if (error == ERR_USE)
        *why = E_EXISTS;
    (void)tcp_close(pcb); /* cannot fail: it has sent nothing */
    return NULL;
}

int64_t listen_open(struct client *client, uint64_t port, uint64_t backlog)
{
    struct socket *listener;
    enum error why;

    if (port == 0 || port > UINT16_MAX)
        return E_BAD_ARGUMENT;
    if (backlog == 0)
        backlog = 1;
    if (backlog > BACKLOG_MAX)
        backlog = BACKLOG_MAX;
    listener = client_socket_new(client, SOCKET_LISTENING);
    if (listener == NULL)
        return E_TOO_MANY;
    listener->pcb = listening_pcb((uint16_t)port, (uint8_t)backlog, &why);
    if (listener->pcb == NULL) {
        client_socket_free(listener);
        return why;
    }
    tcp_arg(listener->pcb, listener);
    tcp_accept(listener->pcb, on_accept);
    return (int64_t)client_handle(listener);
}

bool listen_accept(struct socket *listener, const struct request *request,
                   struct ipc_message *message)
{
    struct socket *connection = listener->backlog_first;

    if (connection == NULL) {
        if (client_wait(listener->client, &listener->receives, request))
            return false;
        message->word[0] = (uint64_t)E_TOO_MANY;
        return true;
    }
    listen_forget(connection);
    tcp_backlog_accepted(connection->pcb);
    message->word[0] = client_handle(connection);
    message->word[1] = connection->peer_address;
    message->word[2] = connection->peer_port;
    return true;
}

void listen_close(struct socket *listener)
{
    while (listener->backlog_first != NULL) {
        struct socket *connection = listener->backlog_first;
        listen_forget(connection);
        stream_abort(connection);
    }
    client_fail(listener->client, &listener->receives, E_CLOSED);
    tcp_arg(listener->pcb, NULL);
    tcp_accept(listener->pcb, NULL);
    (void)tcp_close(listener->pcb); /* cannot fail for one that listens */
    client_socket_free(listener);
}
