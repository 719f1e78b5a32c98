/* SPDX-License-Identifier: BSD-2-Clause */
/* Split virtqueues (virtio 1.2 §2.7), the driver's side.
 *
 *   driver                     DMA memory                          device
 *   add:     chain of descriptors -> descriptor table
 *            its head             -> available ring
 *   publish: available index      -> (fence) ------------------->  takes chains
 *   take:    checks id and length <- used ring <-----------------  puts (head, bytes written)
 *
 * The device is not trusted: everything that the driver needs later is kept in its own memory, and
 * an index, id or length that cannot be is E_PROTOCOL. After that the queue is broken: reset the
 * device, collect what was in flight with virtqueue_abandon, then virtqueue_reset.
 */
#pragma once
#include <stdbool.h>
#include <abi/abi.h>
#include <driver/dma.h>

#define VIRTQUEUE_SIZE_MAX 256

/* One piece of memory of a chain. Those that the device reads come first (§2.7.4.2). */
struct virtqueue_segment {
    uint64_t paddr;
    uint32_t bytes;
    bool device_writes;
};

/* What the driver remembers of a descriptor. */
struct virtqueue_slot {
    void *token;       /* head of a chain in flight: the driver's; else NULL */
    uint32_t writable; /* head: bytes that the device may write */
    uint16_t count;    /* head: descriptors of the chain */
    uint16_t next;     /* next of the chain, or of the free list */
};

struct virtqueue {
    struct virtqueue_descriptor *descriptors;
    struct virtqueue_available *available;
    struct virtqueue_used *used;
    uint64_t descriptors_paddr; /* what the device is told */
    uint64_t available_paddr;
    uint64_t used_paddr;
    uint16_t size; /* a power of two */
    uint16_t free_first;
    uint16_t free_count;
    uint16_t in_flight; /* chains that the device owes us */
    uint16_t added;     /* available index with the chains added */
    uint16_t published; /* available index as the device sees it */
    uint16_t taken;     /* used index up to which we took */
    bool event_index;   /* VIRTIO_F_EVENT_IDX negotiated */
    bool broken;
    struct virtqueue_slot slots[VIRTQUEUE_SIZE_MAX];
};

/* Take memory for a queue of size descriptors (a power of two, at most VIRTQUEUE_SIZE_MAX).
 * E_BAD_ARGUMENT, E_NO_MEMORY. */
enum error virtqueue_init(struct virtqueue *queue, struct dma *dma, uint16_t size);

/* Empty the queue, to be handed to a device that was reset. */
void virtqueue_reset(struct virtqueue *queue, bool event_index);

/* Add a chain. token (not NULL) comes back by virtqueue_take. The device sees it after
 * virtqueue_publish. E_AGAIN: too few free descriptors; E_BAD_ARGUMENT; E_PROTOCOL: broken. */
enum error virtqueue_add(struct virtqueue *queue, const struct virtqueue_segment *segments,
                         unsigned count, void *token);

/* Show the added chains to the device. Value: whether it wants to be notified. */
bool virtqueue_publish(struct virtqueue *queue);

/* Take a finished chain. E_OK: its token, and the bytes that the device says it wrote (at most
 * what it may). E_AGAIN: none is finished. E_PROTOCOL: the device broke the rules. */
enum error virtqueue_take(struct virtqueue *queue, void **token, uint32_t *bytes);

/* Ask the device for no interrupts (a hint), or for one when the next chain is finished. listen's
 * value: whether a chain is finished already, so that none may come for it: take again. */
void virtqueue_quiet(struct virtqueue *queue);
bool virtqueue_listen(struct virtqueue *queue);

/* After the device was reset: take back a chain in flight, finished or not. Value: its token, or
 * NULL when there is none left. */
void *virtqueue_abandon(struct virtqueue *queue);
