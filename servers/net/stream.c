/* SPDX-License-Identifier: BSD-2-Clause */
/* Connected sockets: bytes between a client's region and TCP.
 *
 * Back-pressure works both ways: the receive window opens only as the client takes data
 * (tcp_recved), and a send is answered only when TCP has taken all its bytes.
 */
#include "stream.h"
#include "listen.h"

/* tcp_write takes all or nothing, so it gets pieces: less is undone when a pool runs dry. */
#define SEND_PIECE (8 * TCP_MSS)
/* From so many on, the pbufs of waiting data are merged: a peer that sends single bytes cannot
 * hold a frame's memory for each. A full window of whole frames has fewer. */
#define PBUFS_MAX 32

#define KEEPALIVE_IDLE_MS     60000u
#define KEEPALIVE_INTERVAL_MS 10000u
#define KEEPALIVE_PROBES      6u
#define POLL_INTERVAL         1 /* x 500 ms */

/* ---------------------------------------------------------------- receiving */

/* Try to serve a receive. Value: true: finished, with *result. */
static bool receive_some(struct socket *socket, const struct request *request, int64_t *result)
{
    uint16_t bytes;
    void *to;

    if (socket->received == NULL) {
        *result = socket->end ? 0 : socket->error;
        return socket->end || socket->error != E_OK;
    }
    bytes = socket->received->tot_len;
    if (bytes > request->bytes)
        bytes = (uint16_t)request->bytes;
    to = ipc_bytes(socket->client->end, request->offset, bytes);
    pbuf_copy_partial(socket->received, to, bytes, 0);
    socket->received = pbuf_free_header(socket->received, bytes);
    if (socket->pcb != NULL)
        tcp_recved(socket->pcb, bytes);
    *result = bytes;
    return true;
}

/* Serve waiting receives as far as there are data. */
static void pump_receives(struct socket *socket)
{
    int64_t result;

    while (socket->receives.first != NULL && receive_some(socket, socket->receives.first, &result))
        client_answer(socket->client, &socket->receives, result, NULL);
}

/* Merge the waiting data into whole pbufs if they are in too many. Without memory: later. */
static void merge_received(struct socket *socket)
{
    struct pbuf *merged;

    if (socket->received == NULL || pbuf_clen(socket->received) <= PBUFS_MAX)
        return;
    merged = pbuf_alloc(PBUF_RAW, socket->received->tot_len, PBUF_POOL);
    if (merged == NULL)
        return;
    (void)pbuf_copy(merged, socket->received); /* cannot fail: it is as long */
    pbuf_free(socket->received);
    socket->received = merged;
}

bool stream_receive(struct socket *socket, const struct request *request,
                    struct ipc_message *message)
{
    int64_t result = E_TOO_MANY;

    if (socket->receives.first == NULL && receive_some(socket, request, &result)) {
        message->word[0] = (uint64_t)result;
        return true;
    }
    if (client_wait(socket->client, &socket->receives, request))
        return false;
    message->word[0] = (uint64_t)(int64_t)E_TOO_MANY;
    return true;
}

/* ---------------------------------------------------------------- sending */

/* How much to write next: whole segments, but for the end. 0: wait for room. */
static uint16_t piece_bytes(struct tcp_pcb *pcb, uint64_t left)
{
    uint32_t room = tcp_sndbuf(pcb);
    uint32_t segment = tcp_mss(pcb);

    if (room > SEND_PIECE)
        room = SEND_PIECE;
    if (left <= room)
        return (uint16_t)left;
    return (uint16_t)(room - room % segment);
}

/* Give one piece to TCP. Value: bytes taken, 0: wait, or a negative error. */
static int64_t write_piece(struct socket *socket, const struct request *request)
{
    uint64_t left = request->bytes - request->done;
    uint16_t bytes = piece_bytes(socket->pcb, left);
    const void *from = ipc_bytes(socket->client->end, request->offset + request->done, bytes);
    err_t error = ERR_OK;

    if (bytes == 0)
        return 0;
    for (;;) {
        uint8_t more = bytes < left ? TCP_WRITE_FLAG_MORE : 0;
        error = tcp_write(socket->pcb, from, bytes, TCP_WRITE_FLAG_COPY | more);
        if (error != ERR_MEM || bytes <= tcp_mss(socket->pcb))
            break;
        bytes = tcp_mss(socket->pcb); /* memory is short: try one segment */
    }
    if (error == ERR_MEM)
        return 0; /* the next acknowledgement or poll tries again */
    return error == ERR_OK ? bytes : E_CLOSED;
}

/* Try to serve a send. Value: true: finished, with *result. */
static bool send_some(struct socket *socket, struct request *request, int64_t *result)
{
    while (request->done < request->bytes) {
        int64_t taken;
        if (socket->pcb == NULL) {
            *result = socket->error;
            return true;
        }
        taken = write_piece(socket, request);
        if (taken < 0) {
            *result = taken;
            return true;
        }
        if (taken == 0)
            return false;
        request->done += (uint64_t)taken;
    }
    *result = (int64_t)request->bytes;
    return true;
}

/* Serve waiting sends as far as there is room. */
static void pump_sends(struct socket *socket)
{
    int64_t result;

    while (socket->sends.first != NULL && send_some(socket, socket->sends.first, &result))
        client_answer(socket->client, &socket->sends, result, NULL);
    if (socket->pcb != NULL)
        (void)tcp_output(socket->pcb); /* what does not go now goes by lwIP's timer */
}

bool stream_send(struct socket *socket, const struct request *request, struct ipc_message *message)
{
    struct request attempt = *request;
    int64_t result = E_TOO_MANY;
    bool finished;

    /* Over the quota nothing is written, so that the client can repeat it. */
    if (socket->client->free_requests == NULL) {
        message->word[0] = (uint64_t)result;
        return true;
    }
    finished = socket->sends.first == NULL && send_some(socket, &attempt, &result);
    if (socket->pcb != NULL)
        (void)tcp_output(socket->pcb);
    if (!finished)
        return !client_wait(socket->client, &socket->sends, &attempt);
    message->word[0] = (uint64_t)result;
    return true;
}

/* ---------------------------------------------------------------- called by lwIP */

static err_t on_received(void *argument, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    struct socket *socket = argument;

    (void)pcb;
    (void)error; /* lwIP passes ERR_OK only */
    if (data == NULL)
        socket->end = true;
    else if (socket->received != NULL)
        pbuf_cat(socket->received, data);
    else
        socket->received = data;
    pump_receives(socket);
    merge_received(socket);
    return ERR_OK;
}

static err_t on_sent(void *argument, struct tcp_pcb *pcb, u16_t bytes)
{
    (void)pcb;
    (void)bytes;
    pump_sends(argument);
    return ERR_OK;
}

/* Twice a second: a send that found a pool dry while nothing of it was in flight. */
static err_t on_poll(void *argument, struct tcp_pcb *pcb)
{
    struct socket *socket = argument;

    (void)pcb;
    if (socket->sends.first != NULL)
        pump_sends(socket);
    return ERR_OK;
}

/* The connection has ended badly; the pcb is gone already. */
static void on_error(void *argument, err_t error)
{
    struct socket *socket = argument;

    (void)error; /* reset by the peer, or given up after retries: the client does the same */
    socket->pcb = NULL;
    socket->error = E_RESET;
    if (socket->listener != NULL) { /* nobody has seen it yet */
        listen_forget(socket);
        stream_abort(socket);
        return;
    }
    pump_receives(socket);
    pump_sends(socket);
}

/* ---------------------------------------------------------------- life */

void stream_attach(struct socket *socket, struct tcp_pcb *pcb)
{
    socket->pcb = pcb;
    socket->peer_address = lwip_ntohl(ip4_addr_get_u32(ip_2_ip4(&pcb->remote_ip)));
    socket->peer_port = pcb->remote_port;
    pcb->keep_idle = KEEPALIVE_IDLE_MS;
    pcb->keep_intvl = KEEPALIVE_INTERVAL_MS;
    pcb->keep_cnt = KEEPALIVE_PROBES;
    tcp_nagle_disable(pcb); /* a send is a whole message: it should not wait for the last one */
    tcp_arg(pcb, socket);
    tcp_recv(pcb, on_received);
    tcp_sent(pcb, on_sent);
    tcp_poll(pcb, on_poll, POLL_INTERVAL);
    tcp_err(pcb, on_error);
}

/* Part the socket from its pcb, which from now on looks after itself. */
static struct tcp_pcb *detach(struct socket *socket)
{
    struct tcp_pcb *pcb = socket->pcb;

    socket->pcb = NULL;
    if (pcb == NULL)
        return NULL;
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_poll(pcb, NULL, 0);
    tcp_err(pcb, NULL);
    return pcb;
}

/* Free the socket with all that it holds. */
static void dispose(struct socket *socket)
{
    if (socket->received != NULL)
        pbuf_free(socket->received);
    socket->received = NULL;
    client_fail(socket->client, &socket->receives, E_CLOSED);
    client_fail(socket->client, &socket->sends, E_CLOSED);
    client_socket_free(socket);
}

void stream_close(struct socket *socket)
{
    struct tcp_pcb *pcb = detach(socket);

    /* lwIP resets a connection that is closed with unread data, and what was sent would be lost
     * with it. So they count as read. */
    if (pcb != NULL && socket->received != NULL)
        tcp_recved(pcb, socket->received->tot_len);
    if (pcb != NULL && tcp_close(pcb) != ERR_OK)
        tcp_abort(pcb);
    dispose(socket);
}

void stream_abort(struct socket *socket)
{
    struct tcp_pcb *pcb = detach(socket);

    if (pcb != NULL)
        tcp_abort(pcb);
    dispose(socket);
}
