/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting the device, and starting it again after it broke the rules. */
#include <driver/device.h>
#include <sys/program.h>
#include "disk.h"
#include "request.h"

/* §5.2.3, §5.2.4. */
#define FEATURE_READ_ONLY (1ull << 5)
#define FEATURE_FLUSH     (1ull << 9)
#define CONFIG_CAPACITY   0u

struct disk disk;

bool disk_read_only(void)
{
    return (disk.virtio.features & FEATURE_READ_ONLY) != 0;
}

bool disk_has_cache(void)
{
    return (disk.virtio.features & FEATURE_FLUSH) != 0;
}

static void give_up(const char *why, enum error error)
{
    log_line("%s (%s)", why, error_text(error));
    disk.dead = error;
}

/* The first block device among the virtio-mmio slots that root gave us; NULL: none. */
static const struct startup_device *find_device(void)
{
    const struct startup_device *device;
    enum error error = E_NO_DEVICE;

    for (unsigned i = 0; (device = device_compatible("virtio,mmio", i)) != NULL; i++) {
        error = virtio_open(&disk.virtio, device->base, device->bytes);
        if (error == E_OK && disk.virtio.device_id == VIRTIO_ID_BLOCK)
            return device;
        if (error != E_OK)
            log_line("%s: %s", device->name, disk.virtio.problem);
    }
    give_up("no virtio block device", E_NO_DEVICE);
    return NULL;
}

/* From reset to DRIVER_OK, with an empty queue. */
static enum error start_device(void)
{
    enum error error =
        virtio_negotiate(&disk.virtio, FEATURE_READ_ONLY | FEATURE_FLUSH | VIRTIO_F_EVENT_IDX, 0);

    if (error != E_OK)
        return error;
    virtqueue_reset(&disk.queue, (disk.virtio.features & VIRTIO_F_EVENT_IDX) != 0);
    error = virtio_queue(&disk.virtio, 0, &disk.queue);
    if (error != E_OK)
        return error;
    disk.sectors = virtio_config64(&disk.virtio, CONFIG_CAPACITY);
    return virtio_start(&disk.virtio);
}

/* The largest queue that the device and we allow. */
static uint16_t queue_size(void)
{
    uint16_t most = virtio_queue_size_max(&disk.virtio, 0);
    uint16_t size = QUEUE_SIZE;

    while (size > most)
        size /= 2;
    return size;
}

static enum error open_device(const struct startup_device *device)
{
    uint16_t size = queue_size();
    enum error error;

    if (size < 4) {
        disk.virtio.problem = "its queue is too short";
        return E_NO_DEVICE;
    }
    disk.virtio.problem = "too little DMA memory, or no interrupt";
    dma_init(&disk.dma, device);
    error = virtqueue_init(&disk.queue, &disk.dma, size);
    if (error == E_OK)
        error = requests_init(size / 3u);
    if (error == E_OK)
        error = irq_init(&disk.irq, device);
    return error == E_OK ? start_device() : error;
}

void disk_open(void)
{
    const struct startup_device *device = find_device();
    enum error error;

    if (device == NULL)
        return;
    error = open_device(device);
    if (error != E_OK) {
        give_up(disk.virtio.problem, error);
        return;
    }
    log_line("%llu sectors%s, %u requests at once", (unsigned long long)disk.sectors,
             disk_read_only() ? ", read-only" : "", disk.free.count);
}

/* The device broke the rules or asks for it: reset it, and answer what it had with E_IO. */
static void recover(void)
{
    struct request *request;
    enum error error = virtio_reset(&disk.virtio);

    log_line("the device broke the virtio protocol: reset");
    if (error == E_OK && ++disk.resets > RESETS_MAX) {
        disk.virtio.problem = "it broke the protocol too often";
        error = E_NO_DEVICE;
    }
    while ((request = virtqueue_abandon(&disk.queue)) != NULL)
        request_finish(request, E_IO);
    if (error == E_OK)
        error = start_device();
    if (error != E_OK)
        give_up(disk.virtio.problem, error);
}

void disk_reap(void)
{
    struct request *request;
    void *token;
    uint32_t written;
    enum error error;

    if (disk.dead != E_OK)
        return;
    do {
        virtqueue_quiet(&disk.queue);
        while ((error = virtqueue_take(&disk.queue, &token, &written)) == E_OK) {
            request = token;
            request_finish(request, request_result(request));
        }
    } while (error == E_AGAIN && virtqueue_listen(&disk.queue));
    if (error == E_PROTOCOL || virtio_needs_reset(&disk.virtio))
        recover();
}
