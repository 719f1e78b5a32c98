/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening sockets: accept calls meet connections. */
#pragma once
#include "client.h"

/* Listen on a port. Value: a handle, or E_BAD_ARGUMENT, E_EXISTS, E_TOO_MANY, E_NO_MEMORY. */
int64_t listen_open(struct client *client, uint64_t port, uint64_t backlog);

/* Accept: see client_call. */
bool listen_accept(struct socket *listener, const struct request *request,
                   struct ipc_message *message);

/* Stop listening; waiting accepts end with E_CLOSED, waiting connections are reset. */
void listen_close(struct socket *listener);

/* A connection that stands in a backlog has died: take it out. */
void listen_forget(struct socket *connection);
