/* SPDX-License-Identifier: BSD-2-Clause */
/* The device's side of the driver: start, chains to it and back, reset. */
#include <driver/device.h>
#include <sys/program.h>
#include "card.h"

/* §5.1.3, §5.1.4. No offloads: frames go over the wire as they are. */
#define FEATURE_MAC    (1ull << 5)
#define FEATURE_STATUS (1ull << 16)
#define CONFIG_MAC     0u
#define CONFIG_STATUS  6u
#define STATUS_LINK_UP 1u

struct card card;

static void give_up(const char *why, enum error error)
{
    log_line("%s (%s)", why, error_text(error));
    card.dead = error;
}

bool card_link_up(void)
{
    if (card.dead != E_OK)
        return false;
    if ((card.virtio.features & FEATURE_STATUS) == 0)
        return true; /* §5.1.4.2: without the field the link is always up */
    return (virtio_config16(&card.virtio, CONFIG_STATUS) & STATUS_LINK_UP) != 0;
}

/* ---------------------------------------------------------------- start */

/* The first network device among the virtio-mmio slots that root gave us; NULL: none. */
static const struct startup_device *find_device(void)
{
    const struct startup_device *device;
    enum error error;

    for (unsigned i = 0; (device = device_compatible("virtio,mmio", i)) != NULL; i++) {
        error = virtio_open(&card.virtio, device->base, device->bytes);
        if (error == E_OK && card.virtio.device_id == VIRTIO_ID_NET)
            return device;
        if (error != E_OK)
            log_line("%s: %s", device->name, card.virtio.problem);
    }
    give_up("no virtio network device", E_NO_DEVICE);
    return NULL;
}

/* From reset to DRIVER_OK, with empty queues. */
static enum error start_device(void)
{
    enum error error =
        virtio_negotiate(&card.virtio, FEATURE_STATUS | VIRTIO_F_EVENT_IDX, FEATURE_MAC);

    for (unsigned i = 0; error == E_OK && i < CARD_QUEUES; i++) {
        virtqueue_reset(&card.queues[i].ring, (card.virtio.features & VIRTIO_F_EVENT_IDX) != 0);
        error = virtio_queue(&card.virtio, i, &card.queues[i].ring);
    }
    if (error != E_OK)
        return error;
    card.mac = 0;
    for (unsigned i = 0; i < 6; i++)
        card.mac |= (uint64_t)virtio_config8(&card.virtio, CONFIG_MAC + i) << 8 * i;
    return virtio_start(&card.virtio);
}

/* Memory for a queue of the largest size that the device and we allow. */
static enum error open_queue(unsigned index)
{
    struct card_queue *queue = &card.queues[index];
    uint16_t most = virtio_queue_size_max(&card.virtio, index);
    uint16_t size = QUEUE_SIZE;

    if (most == 0)
        return E_NO_DEVICE;
    while (size > most)
        size /= 2;
    for (unsigned i = 0; i < size; i++) {
        queue->requests[i].next_free = queue->first_free;
        queue->first_free = &queue->requests[i];
    }
    queue->free.count = size;
    return virtqueue_init(&queue->ring, &card.dma, size);
}

static enum error open_device(const struct startup_device *device)
{
    enum error error = E_OK;

    card.virtio.problem = "too little DMA memory, no queue, or no interrupt";
    dma_init(&card.dma, device);
    for (unsigned i = 0; error == E_OK && i < CARD_QUEUES; i++)
        error = open_queue(i);
    if (error == E_OK)
        error = irq_init(&card.irq, device);
    return error == E_OK ? start_device() : error;
}

void card_open(void)
{
    const struct startup_device *device = find_device();
    enum error error;

    if (device == NULL)
        return;
    error = open_device(device);
    if (error != E_OK) {
        give_up(card.virtio.problem, error);
        return;
    }
    log_line("MAC %02x:%02x:%02x:%02x:%02x:%02x, link %s", (unsigned)(card.mac & 0xff),
             (unsigned)(card.mac >> 8 & 0xff), (unsigned)(card.mac >> 16 & 0xff),
             (unsigned)(card.mac >> 24 & 0xff), (unsigned)(card.mac >> 32 & 0xff),
             (unsigned)(card.mac >> 40 & 0xff), card_link_up() ? "up" : "down");
}

/* ---------------------------------------------------------------- requests */

static void answer(uint64_t header, int64_t result)
{
    struct ipc_message reply = {.header = header, .word = {(uint64_t)result}};

    (void)ipc_reply(card.client, &reply); /* an error: the client is gone */
}

static void finish(struct card_queue *queue, struct request *request, int64_t result)
{
    answer(request->header, result);
    request->next_free = queue->first_free;
    queue->first_free = request;
    co_semaphore_give(&queue->free);
}

void card_submit(unsigned index, const struct ipc_message *message, uint64_t paddr, uint32_t bytes)
{
    struct card_queue *queue = &card.queues[index];
    struct virtqueue_segment segment = {paddr, bytes, index == CARD_RECEIVE};
    struct request *request = queue->first_free;
    enum error error;

    queue->first_free = request->next_free;
    request->header = message->header;
    request->bytes = bytes - HEADER_BYTES;
    error = card.dead != E_OK ? E_NO_DEVICE : virtqueue_add(&queue->ring, &segment, 1, request);
    if (error != E_OK) {
        finish(queue, request, error == E_NO_DEVICE ? E_NO_DEVICE : E_IO);
        return;
    }
    if (virtqueue_publish(&queue->ring))
        virtio_notify(&card.virtio, index);
}

/* Answer what a queue has finished. E_PROTOCOL: the device broke the rules. */
static enum error reap_queue(unsigned index)
{
    struct card_queue *queue = &card.queues[index];
    struct request *request;
    void *token;
    uint32_t written;
    enum error error;

    do {
        virtqueue_quiet(&queue->ring);
        while ((error = virtqueue_take(&queue->ring, &token, &written)) == E_OK) {
            request = token;
            if (index == CARD_SEND) {
                card.sent++;
                finish(queue, request, request->bytes);
            } else if (written <= HEADER_BYTES) { /* no frame at all */
                finish(queue, request, E_IO);
                return E_PROTOCOL;
            } else {
                card.received++;
                finish(queue, request, written - HEADER_BYTES);
            }
        }
    } while (error == E_AGAIN && virtqueue_listen(&queue->ring));
    return error;
}

/* The device broke the rules or asks for it: reset it, and answer what it had with E_IO. */
static void recover(void)
{
    struct request *request;
    enum error error = virtio_reset(&card.virtio);

    log_line("the device broke the virtio protocol: reset");
    if (error == E_OK && ++card.resets > RESETS_MAX) {
        card.virtio.problem = "it broke the protocol too often";
        error = E_NO_DEVICE;
    }
    for (unsigned i = 0; i < CARD_QUEUES; i++)
        while ((request = virtqueue_abandon(&card.queues[i].ring)) != NULL)
            finish(&card.queues[i], request, E_IO);
    if (error == E_OK)
        error = start_device();
    if (error != E_OK)
        give_up(card.virtio.problem, error);
}

void card_reap(void)
{
    bool broken;

    if (card.dead != E_OK)
        return;
    broken = reap_queue(CARD_RECEIVE) == E_PROTOCOL;
    broken |= reap_queue(CARD_SEND) == E_PROTOCOL;
    if (broken || virtio_needs_reset(&card.virtio))
        recover();
}
