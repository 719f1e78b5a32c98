/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of a client: sockets by handle, requests that wait. */
#include "client.h"
#include "listen.h"
#include "stream.h"
#include <lwip/def.h>
#include <lwip/etharp.h>
#include <protocol/socket.h>

#define HANDLE_INDEX_BITS 16
#define GENERATION_MASK   0x7fffffffu

uint64_t client_socket_count;

void client_init(struct client *client, struct ipc_end *end)
{
    *client = (struct client){.end = end};
    for (unsigned i = CLIENT_SOCKETS; i-- > 0;) {
        client->sockets[i].next = client->free_sockets;
        client->free_sockets = &client->sockets[i];
    }
    for (unsigned i = CLIENT_REQUESTS; i-- > 0;) {
        client->requests[i].next = client->free_requests;
        client->free_requests = &client->requests[i];
    }
}

struct socket *client_socket_new(struct client *client, enum socket_state state)
{
    struct socket *socket = client->free_sockets;
    uint32_t generation;

    if (socket == NULL)
        return NULL;
    client->free_sockets = socket->next;
    generation = (socket->generation + 1) & GENERATION_MASK;
    *socket = (struct socket){
        .client = client,
        .state = state,
        .generation = generation != 0 ? generation : 1,
    };
    client_socket_count++;
    return socket;
}

void client_socket_free(struct socket *socket)
{
    struct client *client = socket->client;

    socket->state = SOCKET_FREE;
    socket->next = client->free_sockets;
    client->free_sockets = socket;
    client_socket_count--;
}

uint64_t client_handle(const struct socket *socket)
{
    uint64_t index = (uint64_t)(socket - socket->client->sockets);

    return (uint64_t)socket->generation << HANDLE_INDEX_BITS | index;
}

/* The socket that a handle names in this state, or NULL. One that still waits in a backlog has no
 * handle yet, even if somebody guesses it. */
static struct socket *find(struct client *client, uint64_t handle, enum socket_state state)
{
    uint64_t index = handle & ((1u << HANDLE_INDEX_BITS) - 1);
    struct socket *socket;

    if (index >= CLIENT_SOCKETS)
        return NULL;
    socket = &client->sockets[index];
    if (socket->state != state || socket->listener != NULL || client_handle(socket) != handle)
        return NULL;
    return socket;
}

bool client_wait(struct client *client, struct request_queue *queue, const struct request *request)
{
    struct request *waiting = client->free_requests;

    if (waiting == NULL)
        return false;
    client->free_requests = waiting->next;
    *waiting = *request;
    waiting->next = NULL;
    if (queue->last != NULL)
        queue->last->next = waiting;
    else
        queue->first = waiting;
    queue->last = waiting;
    return true;
}

void client_answer(struct client *client, struct request_queue *queue, int64_t result,
                   const struct socket *peer)
{
    struct request *request = queue->first;
    struct ipc_message message = {.header = request->header, .word = {(uint64_t)result}};

    queue->first = request->next;
    if (queue->first == NULL)
        queue->last = NULL;
    request->next = client->free_requests;
    client->free_requests = request;
    if (peer != NULL) {
        message.word[1] = peer->peer_address;
        message.word[2] = peer->peer_port;
    }
    /* It fails only if the client is gone, and then its receiver ends it all. */
    (void)!ipc_reply(client->end, &message);
}

void client_fail(struct client *client, struct request_queue *queue, enum error error)
{
    while (queue->first != NULL)
        client_answer(client, queue, error, NULL);
}

/* Put an answer into the message. Value: true, for client_call. */
static bool answer(struct ipc_message *message, int64_t result)
{
    message->word[0] = (uint64_t)result;
    return true;
}

static bool call_info(struct ipc_message *message)
{
    struct netif *netif = netif_default;
    uint64_t mac = 0;

    if (netif == NULL)
        return answer(message, E_NO_DEVICE);
    for (unsigned i = 0; i < ETH_HWADDR_LEN; i++)
        mac |= (uint64_t)netif->hwaddr[i] << 8 * i;
    message->word[1] = lwip_ntohl(ip4_addr_get_u32(netif_ip4_addr(netif)));
    message->word[2] = lwip_ntohl(ip4_addr_get_u32(netif_ip4_netmask(netif)));
    message->word[3] = lwip_ntohl(ip4_addr_get_u32(netif_ip4_gw(netif)));
    message->word[4] = mac;
    return answer(message, 0);
}

static bool call_close(struct client *client, struct ipc_message *message)
{
    struct socket *socket = find(client, message->word[0], SOCKET_CONNECTED);

    if (socket != NULL) {
        stream_close(socket);
        return answer(message, 0);
    }
    socket = find(client, message->word[0], SOCKET_LISTENING);
    if (socket == NULL)
        return answer(message, E_BAD_HANDLE);
    listen_close(socket);
    return answer(message, 0);
}

/* The calls that name a listening or connected socket and may have to wait. */
static bool call_socket(struct client *client, struct ipc_message *message)
{
    unsigned label = ipc_label(message);
    bool accept = label == SOCKET_ACCEPT;
    struct socket *socket =
        find(client, message->word[0], accept ? SOCKET_LISTENING : SOCKET_CONNECTED);
    struct request request = {.header = message->header};

    if (socket == NULL)
        return answer(message, E_BAD_HANDLE);
    if (accept)
        return listen_accept(socket, &request, message);
    request.offset = message->word[1];
    request.bytes = message->word[2];
    if (ipc_bytes(client->end, request.offset, request.bytes) == NULL)
        return answer(message, E_BAD_ARGUMENT);
    if (label == SOCKET_SEND)
        return stream_send(socket, &request, message);
    if (request.bytes == 0)
        return answer(message, E_BAD_ARGUMENT); /* 0 would read as the end */
    return stream_receive(socket, &request, message);
}

bool client_call(struct client *client, struct ipc_message *message)
{
    switch (ipc_label(message)) {
    case SOCKET_LISTEN:
        return answer(message, listen_open(client, message->word[0], message->word[1]));
    case SOCKET_ACCEPT:
    case SOCKET_RECEIVE:
    case SOCKET_SEND:
        return call_socket(client, message);
    case SOCKET_CLOSE:
        return call_close(client, message);
    case SOCKET_INFO:
        return call_info(message);
    default:
        return answer(message, E_UNSUPPORTED);
    }
}

void client_end(struct client *client)
{
    /* Listeners first: closing one aborts its backlog. */
    for (unsigned i = 0; i < CLIENT_SOCKETS; i++)
        if (client->sockets[i].state == SOCKET_LISTENING)
            listen_close(&client->sockets[i]);
    for (unsigned i = 0; i < CLIENT_SOCKETS; i++)
        if (client->sockets[i].state == SOCKET_CONNECTED)
            stream_abort(&client->sockets[i]);
}
