/* SPDX-License-Identifier: BSD-2-Clause */
/* The card: one virtio network device (virtio 1.2 §5.1) with a receive and a send queue.
 *
 * Each call of the client is one chain of one descriptor, over a buffer of the client's region:
 *
 *     offset 0      4                16
 *            | pad  | struct header  | frame ...            NETDEV_HEADROOM = 16
 *                   '----- what the device gets -----'
 */
#pragma once
#include <driver/irq.h>
#include <driver/virtio.h>
#include <ipc/ipc.h>

#define QUEUE_SIZE   256u
#define HEADER_BYTES 12u   /* struct virtio_net_hdr with num_buffers (§5.1.6) */
#define HEADER_AT    4u    /* in the buffer: NETDEV_HEADROOM - HEADER_BYTES */
#define FRAME_MAX    1514u /* Ethernet without checksum */
#define RECEIVE_MIN  1526u /* §5.1.6.3.1: header and frame that a receive buffer must hold */
#define RESETS_MAX   8u    /* of a device that breaks the rules, then it is given up */

enum { CARD_RECEIVE = 0, CARD_SEND = 1, CARD_QUEUES = 2 }; /* §5.1.2 */

/* A call that waits for the device. */
struct request {
    uint64_t header; /* of the message that it answers */
    uint32_t bytes;  /* CARD_SEND: of the frame */
    struct request *next_free;
};

struct card_queue {
    struct virtqueue ring;
    struct co_semaphore free; /* requests in the free list */
    struct request *first_free;
    struct request requests[QUEUE_SIZE];
};

struct card {
    struct virtio virtio;
    struct dma dma;
    struct irq irq;
    struct ipc_end *client;
    struct card_queue queues[CARD_QUEUES];
    uint64_t mac;                    /* byte 0 lowest */
    enum error dead;                 /* E_OK, or why nothing works */
    uint64_t received, sent, resets; /* gauges: frames, frames, times */
};
extern struct card card;

/* Find the device and start it. On error card.dead is set, and logged. */
void card_open(void);

bool card_link_up(void);

/* Hand a buffer to the device: bytes of it from paddr on, header first. queue->free has been taken.
 * The device's answer, or an error, goes to the client as the answer to message. */
void card_submit(unsigned queue, const struct ipc_message *message, uint64_t paddr, uint32_t bytes);

/* After an interrupt: answer what is finished. */
void card_reap(void);
