/* SPDX-License-Identifier: BSD-2-Clause */
/* A wire that leads back to the stack itself. */
#include "fake_wire.h"
#include <lwip/init.h>
#include <lwip/ip4.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
#include <stdio.h>
#include <stdlib.h>

#define QUEUE_MAX 4096

static struct netif netif;
static struct pbuf *queue[QUEUE_MAX];
static unsigned queue_first, queue_count;
static unsigned lose_one_in;
static uint64_t random_state = 1;
static uint32_t now_ms;

u32_t sys_now(void)
{
    return now_ms;
}

void net_assert_failed(const char *message, const char *file, int line)
{
    fprintf(stderr, "lwIP: %s (%s:%d)\n", message, file, line);
    abort();
}

uint64_t wire_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static err_t output(struct netif *n, struct pbuf *packet, const ip4_addr_t *to)
{
    struct pbuf *copy;

    (void)n;
    (void)to;
    if (lose_one_in != 0 && wire_random() % lose_one_in == 0)
        return ERR_OK;
    if (queue_count == QUEUE_MAX)
        return ERR_MEM;
    copy = pbuf_clone(PBUF_RAW, PBUF_RAM, packet);
    if (copy == NULL)
        return ERR_MEM;
    queue[(queue_first + queue_count++) % QUEUE_MAX] = copy;
    return ERR_OK;
}

static err_t interface_init(struct netif *n)
{
    n->output = output;
    n->mtu = 1500;
    return ERR_OK;
}

void wire_init(void)
{
    ip4_addr_t address, netmask, gateway;

    lwip_init();
    IP4_ADDR(&address, 10, 0, 0, 1);
    IP4_ADDR(&netmask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 10, 0, 0, 2);
    netif_add(&netif, &address, &netmask, &gateway, NULL, interface_init, ip4_input);
    netif_set_default(&netif);
    netif_set_link_up(&netif);
    netif_set_up(&netif);
}

void wire_lose(unsigned one_in, uint64_t seed)
{
    lose_one_in = one_in;
    random_state = seed | 1;
}

static void deliver(void)
{
    while (queue_count > 0) {
        struct pbuf *packet = queue[queue_first];
        queue_first = (queue_first + 1) % QUEUE_MAX;
        queue_count--;
        if (netif.input(packet, &netif) != ERR_OK)
            pbuf_free(packet);
    }
}

void wire_run(unsigned ms)
{
    deliver();
    for (unsigned i = 0; i < ms; i += 10) {
        now_ms += 10;
        sys_check_timeouts();
        deliver();
    }
}

/* ---------------------------------------------------------------- the peer */

static void take(struct peer *peer, struct pbuf *data)
{
    uint32_t need = peer->count + data->tot_len;

    if (need > peer->capacity) {
        peer->capacity = need * 2;
        peer->bytes = realloc(peer->bytes, peer->capacity);
    }
    pbuf_copy_partial(data, peer->bytes + peer->count, data->tot_len, 0);
    peer->count = need;
    if (peer->pcb != NULL)
        tcp_recved(peer->pcb, data->tot_len);
    pbuf_free(data);
}

static err_t on_received(void *argument, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    struct peer *peer = argument;

    (void)pcb;
    (void)error;
    if (data == NULL)
        peer->end = true;
    else if (!peer->stopped)
        take(peer, data);
    else if (peer->held != NULL)
        pbuf_cat(peer->held, data);
    else
        peer->held = data;
    return ERR_OK;
}

static void on_error(void *argument, err_t error)
{
    struct peer *peer = argument;

    peer->pcb = NULL;
    peer->error = error;
}

static err_t on_connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct peer *peer = argument;

    (void)pcb;
    (void)error;
    peer->connected = true;
    return ERR_OK;
}

void peer_connect(struct peer *peer, uint16_t port)
{
    peer_connect_from(peer, 0, port);
}

void peer_connect_from(struct peer *peer, uint16_t from, uint16_t port)
{
    ip_addr_t address;

    *peer = (struct peer){.pcb = tcp_new()};
    if (peer->pcb == NULL)
        abort();
    IP4_ADDR(&address, 10, 0, 0, 1);
    tcp_arg(peer->pcb, peer);
    tcp_recv(peer->pcb, on_received);
    tcp_err(peer->pcb, on_error);
    if (from != 0 && tcp_bind(peer->pcb, &address, from) != ERR_OK)
        abort();
    if (tcp_connect(peer->pcb, &address, port, on_connected) != ERR_OK)
        abort();
}

uint32_t peer_send(struct peer *peer, const void *data, uint32_t bytes)
{
    uint32_t room = peer->pcb != NULL ? tcp_sndbuf(peer->pcb) : 0;

    if (bytes > room)
        bytes = room;
    if (bytes == 0 || tcp_write(peer->pcb, data, (u16_t)bytes, TCP_WRITE_FLAG_COPY) != ERR_OK)
        return 0;
    tcp_output(peer->pcb);
    return bytes;
}

void peer_resume(struct peer *peer)
{
    struct pbuf *held = peer->held;

    peer->stopped = false;
    peer->held = NULL;
    if (held != NULL)
        take(peer, held);
}

void peer_close(struct peer *peer)
{
    if (peer->pcb != NULL)
        tcp_shutdown(peer->pcb, 0, 1);
}

void peer_reset(struct peer *peer)
{
    struct tcp_pcb *pcb = peer->pcb;

    peer->pcb = NULL;
    if (pcb == NULL)
        return;
    tcp_arg(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_abort(pcb);
}

void peer_free(struct peer *peer)
{
    peer_reset(peer);
    if (peer->held != NULL)
        pbuf_free(peer->held);
    free(peer->bytes);
    *peer = (struct peer){0};
}
