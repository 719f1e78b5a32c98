/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio devices behind memory-mapped registers (virtio 1.2 §4.2), version 2 only.
 *
 * The life of a device (§3.1.1), in the order of the calls:
 *
 *     virtio_open        which device is it?
 *     virtio_negotiate   reset, ACKNOWLEDGE, DRIVER, features, FEATURES_OK
 *     virtio_queue       hand over each virtqueue
 *     virtio_start       DRIVER_OK: from now on it works
 *     virtio_interrupt   what does it want?       virtio_notify   queue has new chains
 *     virtio_reset       it touches no memory any more; go on with virtio_negotiate
 *
 * Where a step fails, `problem` says why in words for the log.
 */
#pragma once
#include <driver/virtqueue.h>

/* Device types (§5). */
#define VIRTIO_ID_NET   1
#define VIRTIO_ID_BLOCK 2

/* Features of every device (§6). */
#define VIRTIO_F_EVENT_IDX (1ull << 29)
#define VIRTIO_F_VERSION_1 (1ull << 32)

/* What virtio_interrupt returns. */
#define VIRTIO_INTERRUPT_QUEUE  1u
#define VIRTIO_INTERRUPT_CONFIG 2u

struct virtio {
    uintptr_t base;
    uint64_t features; /* negotiated */
    uint32_t device_id;
    const char *problem; /* why the last step failed */
};

/* Look at the registers at base. E_OK: a modern device of any type but "none" (0).
 * E_NO_DEVICE: no device, or none that we can drive. */
enum error virtio_open(struct virtio *virtio, uintptr_t base, uint64_t bytes);

/* Reset the device and agree on features: what it offers of wanted, and all of required
 * (VIRTIO_F_VERSION_1 is always required). E_UNSUPPORTED, E_NO_DEVICE (does not reset). */
enum error virtio_negotiate(struct virtio *virtio, uint64_t wanted, uint64_t required);

/* The largest size that the device allows for a queue; 0: it has no such queue. */
uint16_t virtio_queue_size_max(struct virtio *virtio, unsigned index);

/* Hand an empty queue to the device. E_NO_DEVICE: no such queue, or it is too long for it. */
enum error virtio_queue(struct virtio *virtio, unsigned index, const struct virtqueue *queue);

/* Let the device work. E_NO_DEVICE: it says that it failed. */
enum error virtio_start(struct virtio *virtio);

/* Tell the device that a queue has new chains. */
void virtio_notify(struct virtio *virtio, unsigned index);

/* Read and acknowledge the interrupt's causes. */
uint32_t virtio_interrupt(struct virtio *virtio);

/* Whether the device asks to be reset (DEVICE_NEEDS_RESET, §2.1.2). */
bool virtio_needs_reset(struct virtio *virtio);

/* Stop the device. E_NO_DEVICE: it does not answer, and may still touch DMA memory. */
enum error virtio_reset(struct virtio *virtio);

/* Give the device up: FAILED, so that it and its host know. */
void virtio_fail(struct virtio *virtio);

/* A field of the configuration space (§4.2.2.2), offset from its start. */
uint8_t virtio_config8(struct virtio *virtio, unsigned offset);
uint16_t virtio_config16(struct virtio *virtio, unsigned offset);
uint32_t virtio_config32(struct virtio *virtio, unsigned offset);
/* Two reads of 32 bits, repeated while the configuration changes between them. */
uint64_t virtio_config64(struct virtio *virtio, unsigned offset);
