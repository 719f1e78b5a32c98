/* SPDX-License-Identifier: BSD-2-Clause */
/* The disk: one virtio block device (virtio 1.2 §5.2) and the requests that it works on.
 *
 *   free list --request_take--> filled --disk_submit--> in flight --disk_reap--> answered, free
 *                                                           |
 *                                          recover: the device broke the rules
 *
 * A request owns a header and a status byte in DMA memory for its whole life; the data lie in the
 * client's region.
 */
#pragma once
#include <driver/irq.h>
#include <driver/virtio.h>
#include <ipc/ipc.h>

#define SECTOR_BYTES     512u
#define TRANSFER_SECTORS 2048u /* of one request; 1 MiB */
#define QUEUE_SIZE       256u  /* three descriptors for each request */
#define REQUESTS         (QUEUE_SIZE / 3)
#define RESETS_MAX       8u /* of a device that breaks the rules, then it is given up */

/* §5.2.6. */
#define REQUEST_IN    0u
#define REQUEST_OUT   1u
#define REQUEST_FLUSH 4u

struct request {
    struct ipc_end *end; /* whom to answer */
    uint64_t header;     /* header of the message that it answers */
    uint32_t bytes;      /* of data */
    struct request_memory *memory;
    uint64_t memory_paddr;
    struct request *next_free;
};

struct disk {
    struct virtio virtio;
    struct virtqueue queue;
    struct dma dma;
    struct irq irq;
    struct co_semaphore free; /* requests in the free list */
    struct request *first_free;
    uint64_t sectors;
    enum error dead;            /* E_OK, or why nothing works */
    uint64_t in_flight, resets; /* gauges */
    struct request requests[REQUESTS];
};
extern struct disk disk;

/* Find the device, start it, and fill the free list. On error disk.dead is set, and logged. */
void disk_open(void);

bool disk_read_only(void);

/* Take a request from the free list: disk.free has been taken. */
struct request *request_take(struct ipc_end *end, const struct ipc_message *message);

/* Answer and give back to the free list. */
void request_finish(struct request *request, int64_t result);

/* Hand a request to the device. paddr: of request->bytes of data. Answers it itself on error. */
void disk_submit(struct request *request, uint32_t type, uint64_t sector, uint64_t paddr);

/* After an interrupt: answer what is finished. */
void disk_reap(void);
