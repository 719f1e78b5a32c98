/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio over memory-mapped registers. Sections are of virtio 1.2. */
#include <driver/mmio.h>
#include <driver/virtio.h>

/* Registers (§4.2.2, table 4.1). */
enum {
    REG_MAGIC = 0x000,
    REG_VERSION = 0x004,
    REG_DEVICE_ID = 0x008,
    REG_DEVICE_FEATURES = 0x010,
    REG_DEVICE_FEATURES_SELECT = 0x014,
    REG_DRIVER_FEATURES = 0x020,
    REG_DRIVER_FEATURES_SELECT = 0x024,
    REG_QUEUE_SELECT = 0x030,
    REG_QUEUE_SIZE_MAX = 0x034,
    REG_QUEUE_SIZE = 0x038,
    REG_QUEUE_READY = 0x044,
    REG_QUEUE_NOTIFY = 0x050,
    REG_INTERRUPT_STATUS = 0x060,
    REG_INTERRUPT_ACK = 0x064,
    REG_STATUS = 0x070,
    REG_QUEUE_DESCRIPTORS = 0x080, /* low half; the high half follows */
    REG_QUEUE_AVAILABLE = 0x090,
    REG_QUEUE_USED = 0x0a0,
    REG_CONFIG_GENERATION = 0x0fc,
    REG_CONFIG = 0x100,
};

#define MAGIC 0x74726976u /* "virt" */

/* Device status (§2.1). */
#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER      2u
#define STATUS_DRIVER_OK   4u
#define STATUS_FEATURES_OK 8u
#define STATUS_NEEDS_RESET 64u
#define STATUS_FAILED      128u

/* Reads of a register before we call the device dead. A reset takes a moment in hardware; QEMU
 * has done it when the write returns. */
#define PATIENCE 100000u

static uint32_t get(struct virtio *virtio, unsigned reg)
{
    return mmio_read32(virtio->base + reg);
}
static void set(struct virtio *virtio, unsigned reg, uint32_t value)
{
    mmio_write32(virtio->base + reg, value);
}
static void set64(struct virtio *virtio, unsigned reg, uint64_t value)
{
    set(virtio, reg, (uint32_t)value);
    set(virtio, reg + 4, (uint32_t)(value >> 32));
}

static enum error problem(struct virtio *virtio, enum error error, const char *text)
{
    virtio->problem = text;
    return error;
}

enum error virtio_open(struct virtio *virtio, uintptr_t base, uint64_t bytes)
{
    *virtio = (struct virtio){.base = base};
    if (bytes < REG_CONFIG)
        return problem(virtio, E_NO_DEVICE, "the register window is too small for virtio-mmio");
    if (get(virtio, REG_MAGIC) != MAGIC)
        return problem(virtio, E_NO_DEVICE, "no virtio-mmio device: wrong magic number");
    virtio->device_id = get(virtio, REG_DEVICE_ID);
    if (virtio->device_id == 0)
        return problem(virtio, E_NO_DEVICE, "the virtio-mmio slot is empty");
    switch (get(virtio, REG_VERSION)) {
    case 1:
        return problem(virtio, E_NO_DEVICE,
                       "legacy device: start QEMU with -global virtio-mmio.force-legacy=false");
    case 2:
        return E_OK;
    default:
        return problem(virtio, E_NO_DEVICE, "unknown version of virtio-mmio, 2 is needed");
    }
}

enum error virtio_reset(struct virtio *virtio)
{
    set(virtio, REG_STATUS, 0);
    /* §2.1.2: the device has let go of everything when the status reads zero. */
    for (unsigned i = 0; i < PATIENCE; i++)
        if (get(virtio, REG_STATUS) == 0)
            return E_OK;
    return problem(virtio, E_NO_DEVICE, "the device does not reset");
}

void virtio_fail(struct virtio *virtio)
{
    set(virtio, REG_STATUS, get(virtio, REG_STATUS) | STATUS_FAILED);
}

static uint64_t device_features(struct virtio *virtio)
{
    uint64_t features;

    set(virtio, REG_DEVICE_FEATURES_SELECT, 1);
    features = (uint64_t)get(virtio, REG_DEVICE_FEATURES) << 32;
    set(virtio, REG_DEVICE_FEATURES_SELECT, 0);
    return features | get(virtio, REG_DEVICE_FEATURES);
}

enum error virtio_negotiate(struct virtio *virtio, uint64_t wanted, uint64_t required)
{
    uint32_t status = STATUS_ACKNOWLEDGE;
    uint64_t offered;
    enum error error = virtio_reset(virtio);

    if (error != E_OK)
        return error;
    required |= VIRTIO_F_VERSION_1;
    set(virtio, REG_STATUS, status);
    set(virtio, REG_STATUS, status |= STATUS_DRIVER);
    offered = device_features(virtio);
    if ((offered & required) != required) {
        virtio_fail(virtio);
        return problem(virtio, E_UNSUPPORTED, "the device lacks a feature that we need");
    }
    virtio->features = offered & (wanted | required);
    set(virtio, REG_DRIVER_FEATURES_SELECT, 0);
    set(virtio, REG_DRIVER_FEATURES, (uint32_t)virtio->features);
    set(virtio, REG_DRIVER_FEATURES_SELECT, 1);
    set(virtio, REG_DRIVER_FEATURES, (uint32_t)(virtio->features >> 32));
    set(virtio, REG_STATUS, status |= STATUS_FEATURES_OK);
    if (get(virtio, REG_STATUS) != status) {
        virtio_fail(virtio);
        return problem(virtio, E_UNSUPPORTED, "the device refuses the features that it offered");
    }
    return E_OK;
}

uint16_t virtio_queue_size_max(struct virtio *virtio, unsigned index)
{
    uint32_t size;

    set(virtio, REG_QUEUE_SELECT, index);
    size = get(virtio, REG_QUEUE_SIZE_MAX);
    return size < 32768 ? (uint16_t)size : 32768; /* §2.7: the largest there is */
}

enum error virtio_queue(struct virtio *virtio, unsigned index, const struct virtqueue *queue)
{
    if (virtio_queue_size_max(virtio, index) < queue->size)
        return problem(virtio, E_NO_DEVICE, "the device lacks a queue, or allows a shorter one");
    if (get(virtio, REG_QUEUE_READY) != 0)
        return problem(virtio, E_NO_DEVICE, "a queue of the device is in use after its reset");
    set(virtio, REG_QUEUE_SIZE, queue->size);
    set64(virtio, REG_QUEUE_DESCRIPTORS, queue->descriptors_paddr);
    set64(virtio, REG_QUEUE_AVAILABLE, queue->available_paddr);
    set64(virtio, REG_QUEUE_USED, queue->used_paddr);
    set(virtio, REG_QUEUE_READY, 1);
    return E_OK;
}

enum error virtio_start(struct virtio *virtio)
{
    uint32_t status = get(virtio, REG_STATUS) | STATUS_DRIVER_OK;

    set(virtio, REG_STATUS, status);
    if (get(virtio, REG_STATUS) != status)
        return problem(virtio, E_NO_DEVICE, "the device failed at its start");
    return E_OK;
}

void virtio_notify(struct virtio *virtio, unsigned index)
{
    set(virtio, REG_QUEUE_NOTIFY, index);
}

uint32_t virtio_interrupt(struct virtio *virtio)
{
    uint32_t causes = get(virtio, REG_INTERRUPT_STATUS);

    if (causes != 0)
        set(virtio, REG_INTERRUPT_ACK, causes);
    return causes;
}

bool virtio_needs_reset(struct virtio *virtio)
{
    return (get(virtio, REG_STATUS) & STATUS_NEEDS_RESET) != 0;
}

uint8_t virtio_config8(struct virtio *virtio, unsigned offset)
{
    return mmio_read8(virtio->base + REG_CONFIG + offset);
}

uint16_t virtio_config16(struct virtio *virtio, unsigned offset)
{
    return mmio_read16(virtio->base + REG_CONFIG + offset);
}

uint32_t virtio_config32(struct virtio *virtio, unsigned offset)
{
    return mmio_read32(virtio->base + REG_CONFIG + offset);
}

uint64_t virtio_config64(struct virtio *virtio, unsigned offset)
{
    uint32_t generation = get(virtio, REG_CONFIG_GENERATION);
    uint32_t again;
    uint64_t value = 0;

    for (unsigned i = 0; i < PATIENCE; i++) {
        value = virtio_config32(virtio, offset);
        value |= (uint64_t)virtio_config32(virtio, offset + 4) << 32;
        again = get(virtio, REG_CONFIG_GENERATION);
        if (again == generation)
            break;
        generation = again;
    }
    return value;
}
