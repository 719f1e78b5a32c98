/* SPDX-License-Identifier: BSD-2-Clause */
/* One request: its memory, its way to the device and back (virtio 1.2 §5.2.6). */
#include "request.h"

#define STATUS_OK          0u
#define STATUS_IO_ERROR    1u
#define STATUS_UNSUPPORTED 2u
#define STATUS_NONE        0xffu /* ours: the device has not written it */

/* What the device reads before the data, and writes behind it. */
struct request_memory {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
    volatile uint8_t status;
};
#define HEADER_BYTES 16u

enum error requests_init(unsigned count)
{
    struct request_memory *memory = dma_alloc(&disk.dma, count * sizeof(struct request_memory), 16);

    if (memory == NULL)
        return E_NO_MEMORY;
    for (unsigned i = 0; i < count; i++) {
        struct request *request = &disk.requests[i];

        request->memory = &memory[i];
        request->memory_paddr = dma_paddr(&disk.dma, &memory[i]);
        request->next_free = disk.first_free;
        disk.first_free = request;
    }
    disk.free.count = count;
    return E_OK;
}

struct request *request_take(struct ipc_end *end, const struct ipc_message *message)
{
    struct request *request = disk.first_free;

    disk.first_free = request->next_free;
    request->end = end;
    request->header = message->header;
    disk.in_flight++;
    return request;
}

void request_finish(struct request *request, int64_t result)
{
    struct ipc_message reply = {.header = request->header, .word = {(uint64_t)result}};

    /* An error means that the client is gone, and with it its interest. */
    (void)ipc_reply(request->end, &reply);
    request->next_free = disk.first_free;
    disk.first_free = request;
    disk.in_flight--;
    co_semaphore_give(&disk.free);
}

int64_t request_result(const struct request *request)
{
    switch (request->memory->status) {
    case STATUS_OK:
        return request->bytes;
    case STATUS_UNSUPPORTED:
        return E_UNSUPPORTED;
    case STATUS_IO_ERROR:
    default: /* STATUS_NONE, or what the standard does not know */
        return E_IO;
    }
}

/* Header, data if any, status: three segments or two. Value: their number. */
static unsigned describe(const struct request *request, uint32_t type, uint64_t paddr,
                         struct virtqueue_segment segments[3])
{
    unsigned count = 0;

    segments[count++] =
        (struct virtqueue_segment){.paddr = request->memory_paddr, .bytes = HEADER_BYTES};
    if (request->bytes != 0)
        segments[count++] = (struct virtqueue_segment){
            .paddr = paddr, .bytes = request->bytes, .device_writes = type == REQUEST_IN};
    segments[count++] = (struct virtqueue_segment){
        .paddr = request->memory_paddr + offsetof(struct request_memory, status),
        .bytes = 1,
        .device_writes = true,
    };
    return count;
}

void disk_submit(struct request *request, uint32_t type, uint64_t sector, uint64_t paddr)
{
    struct virtqueue_segment segments[3];
    enum error error;

    if (disk.dead != E_OK) {
        request_finish(request, E_NO_DEVICE);
        return;
    }
    request->memory->type = type;
    request->memory->sector = sector;
    request->memory->status = STATUS_NONE;
    error = virtqueue_add(&disk.queue, segments, describe(request, type, paddr, segments), request);
    if (error != E_OK) {
        request_finish(request, E_IO);
        return;
    }
    if (virtqueue_publish(&disk.queue))
        virtio_notify(&disk.virtio, 0);
}
