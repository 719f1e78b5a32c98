/* SPDX-License-Identifier: BSD-2-Clause */
/* Connected sockets: bytes between a client's region and TCP. */
#pragma once
#include "client.h"

/* Make a fresh socket the owner of a connection. */
void stream_attach(struct socket *socket, struct tcp_pcb *pcb);

/* Receive and send: see client_call. */
bool stream_receive(struct socket *socket, const struct request *request,
                    struct ipc_message *message);
bool stream_send(struct socket *socket, const struct request *request, struct ipc_message *message);

/* Free the socket. Waiting calls end with E_CLOSED; what TCP has taken is still delivered. */
void stream_close(struct socket *socket);

/* Free the socket and reset the connection. */
void stream_abort(struct socket *socket);
