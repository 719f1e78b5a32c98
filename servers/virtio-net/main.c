/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver of a virtio network device: serves protocol/netdev.h to one client, a network stack.
 *
 * The client's coroutine checks calls and hands their buffers to the device. The first coroutine
 * awaits interrupts and answers.
 */
#include <string.h>
#include <protocol/netdev.h>
#include <sys/program.h>
#include "card.h"

_Static_assert(HEADER_AT + HEADER_BYTES == NETDEV_HEADROOM,
               "the header ends where the frame begins");
_Static_assert(HEADER_AT + RECEIVE_MIN <= NETDEV_BUFFER_BYTES, "a buffer holds the largest frame");

static struct client {
    struct co co;
    struct ipc_message message;
} client;

/* ---------------------------------------------------------------- calls */

static void answer_now(int64_t result)
{
    client.message.word[0] = (uint64_t)result;
    (void)ipc_reply(card.client, &client.message); /* the peer may be gone */
}

static void info(void)
{
    client.message.word[1] = card.mac;
    client.message.word[2] = FRAME_MAX;
    client.message.word[3] = card_link_up();
    answer_now(card.dead == E_OK ? 0 : E_NO_DEVICE);
}

/* The buffer that a call names, whole; NULL if the call is wrong. */
static void *call_buffer(uint64_t *bytes)
{
    uint64_t offset = client.message.word[0];

    *bytes = client.message.word[1];
    if (ipc_label(&client.message) == NETDEV_SEND) {
        if (*bytes == 0 || *bytes > FRAME_MAX)
            return NULL;
        *bytes += NETDEV_HEADROOM;
    } else if (*bytes < HEADER_AT + RECEIVE_MIN || *bytes > UINT32_MAX) {
        return NULL;
    }
    return ipc_bytes(card.client, offset, *bytes);
}

/* The queue that a call needs; CARD_QUEUES: none, it has been answered. */
static unsigned decide(void)
{
    unsigned label = ipc_label(&client.message);
    uint64_t bytes;

    if (label == NETDEV_INFO) {
        info();
        return CARD_QUEUES;
    }
    if (card.dead != E_OK) {
        answer_now(E_NO_DEVICE);
        return CARD_QUEUES;
    }
    if ((label != NETDEV_RECEIVE && label != NETDEV_SEND) || call_buffer(&bytes) == NULL) {
        answer_now(E_BAD_ARGUMENT);
        return CARD_QUEUES;
    }
    /* A full send queue empties by itself; a full receive queue only by frames from outside, and
     * sending must not wait for those. */
    if (label == NETDEV_RECEIVE && card.queues[CARD_RECEIVE].free.count == 0) {
        answer_now(E_TOO_MANY);
        return CARD_QUEUES;
    }
    return label == NETDEV_RECEIVE ? CARD_RECEIVE : CARD_SEND;
}

/* Hand the buffer to the device; a request is free. */
static void submit(void)
{
    uint64_t bytes;
    uint8_t *buffer = call_buffer(&bytes);
    uint64_t paddr = ipc_region_paddr(card.client) + client.message.word[0] + HEADER_AT;
    bool sends = ipc_label(&client.message) == NETDEV_SEND;

    if (sends)
        memset(buffer + HEADER_AT, 0, HEADER_BYTES); /* no checksum, no segmentation */
    card_submit(sends ? CARD_SEND : CARD_RECEIVE, &client.message, paddr,
                (uint32_t)(bytes - HEADER_AT));
}

CO_BODY static enum co_state client_body(struct co *co)
{
    unsigned queue;
    long n;

    co_begin(co);
    for (;;) {
        co_await(n, ipc_receive(co, card.client, &client.message));
        if (n < 0)
            co_return(n);
        queue = decide();
        if (queue == CARD_QUEUES)
            continue;
        co_await(n, co_semaphore_take(co, &card.queues[queue].free));
        if (n < 0)
            co_return(n);
        submit();
    }
}

/* ---------------------------------------------------------------- the program */

static void serve_client(void)
{
    card.client = ipc_server_end("netdev", 0);
    if (card.client == NULL)
        die("the system file gives me no client");
    /* Whose would a received frame be? */
    if (ipc_server_end("netdev", 1) != NULL)
        die("more than one client: a network card has one network stack");
    if (ipc_region_paddr(card.client) == 0)
        die("the channel has no DMA: set dma = true in the system file");
    if (co_spawn(&client.co, client_body, startup()->priority, NULL).raw == 0)
        die("no coroutine for the client");
}

CO_BODY static enum co_state net_main(struct co *co)
{
    long n;

    co_begin(co);
    card_open();
    stats_gauge("received", &card.received);
    stats_gauge("sent", &card.sent);
    stats_gauge("resets", &card.resets);
    serve_client();
    while (card.dead == E_OK) {
        co_await(n, irq_wait(co, &card.irq));
        if (n < 0)
            co_return(n);
        (void)virtio_interrupt(&card.virtio);
        (void)irq_ack(&card.irq);
        card_reap();
    }
    /* The client's coroutine goes on answering E_NO_DEVICE. */
    for (;;)
        co_await(n, co_park(co));
}

struct main_frame {
    struct co co;
};
PROGRAM(struct main_frame, net_main);
