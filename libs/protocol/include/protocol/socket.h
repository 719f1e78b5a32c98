/* SPDX-License-Identifier: BSD-2-Clause */
/* Socket protocol ("socket"). Client: an app; server: servers/net.
 *
 * Data travel in the channel's region. A handle belongs to the channel that it was made on.
 * IPv4 addresses are in host byte order (127.0.0.1 is 0x7f000001).
 */
#pragma once
#include <ipc/ipc.h>

enum socket_label {
    SOCKET_LISTEN = 1, /* port, backlog -> handle; E_EXISTS: the port is taken */
    SOCKET_ACCEPT,     /* listening handle -> handle, peer address, peer port */
    SOCKET_RECEIVE,    /* handle, region offset, bytes -> bytes (0: the peer closed); E_RESET */
    SOCKET_SEND,       /* handle, region offset, bytes -> bytes, all of them; E_RESET, E_CLOSED */
    SOCKET_CLOSE,      /* handle -> 0; what was sent is still delivered */
    SOCKET_INFO,       /* -> 0, address, netmask, gateway, MAC (0 address: no lease yet) */
};

static inline enum co_state socket_listen(struct co *co, struct ipc_end *net, struct ipc_message *m,
                                          uint16_t port, unsigned backlog)
{
    m->word[0] = port;
    m->word[1] = backlog;
    return ipc_call(co, net, m, SOCKET_LISTEN);
}
static inline enum co_state socket_accept(struct co *co, struct ipc_end *net, struct ipc_message *m,
                                          uint64_t listener)
{
    m->word[0] = listener;
    return ipc_call(co, net, m, SOCKET_ACCEPT);
}
static inline enum co_state socket_receive(struct co *co, struct ipc_end *net,
                                           struct ipc_message *m, uint64_t handle, uint64_t offset,
                                           uint64_t bytes)
{
    m->word[0] = handle;
    m->word[1] = offset;
    m->word[2] = bytes;
    return ipc_call(co, net, m, SOCKET_RECEIVE);
}
static inline enum co_state socket_send(struct co *co, struct ipc_end *net, struct ipc_message *m,
                                        uint64_t handle, uint64_t offset, uint64_t bytes)
{
    m->word[0] = handle;
    m->word[1] = offset;
    m->word[2] = bytes;
    return ipc_call(co, net, m, SOCKET_SEND);
}
static inline enum co_state socket_close(struct co *co, struct ipc_end *net, struct ipc_message *m,
                                         uint64_t handle)
{
    m->word[0] = handle;
    return ipc_call(co, net, m, SOCKET_CLOSE);
}
