/* SPDX-License-Identifier: BSD-2-Clause */
/* Split virtqueues. Sections are of virtio 1.2. All fields are little-endian, as we are. */
#include <string.h>
#include <driver/mmio.h>
#include <driver/virtqueue.h>

#define DESCRIPTOR_NEXT  1u /* §2.7.5 */
#define DESCRIPTOR_WRITE 2u

#define AVAILABLE_NO_INTERRUPT 1u /* §2.7.6 */
#define USED_NO_NOTIFY         1u /* §2.7.8 */

struct virtqueue_descriptor {
    uint64_t paddr;
    uint32_t bytes;
    uint16_t flags;
    uint16_t next;
};

struct virtqueue_available {
    volatile uint16_t flags;
    volatile uint16_t index;
    volatile uint16_t ring[]; /* size entries, then the used_event of §2.7.7 */
};

struct virtqueue_used {
    volatile uint16_t flags;
    volatile uint16_t index;
    struct {
        volatile uint32_t id;
        volatile uint32_t bytes;
    } ring[]; /* size entries, then the avail_event of §2.7.7 */
};

static size_t available_bytes(unsigned size)
{
    return sizeof(struct virtqueue_available) + (size + 1) * sizeof(uint16_t);
}
static size_t used_bytes(unsigned size)
{
    return sizeof(struct virtqueue_used) + size * 8 + sizeof(uint16_t);
}

/* The field behind the used ring in which the device names the entry that it wants to hear of. */
static const volatile uint16_t *avail_event(const struct virtqueue *queue)
{
    const uint8_t *used = (const uint8_t *)queue->used;

    return (const volatile uint16_t *)(used + used_bytes(queue->size) - sizeof(uint16_t));
}

enum error virtqueue_init(struct virtqueue *queue, struct dma *dma, uint16_t size)
{
    if (size == 0 || size > VIRTQUEUE_SIZE_MAX || (size & (size - 1)) != 0)
        return E_BAD_ARGUMENT;
    queue->size = size;
    /* Alignments of §2.7. */
    queue->descriptors = dma_alloc(dma, size * sizeof(struct virtqueue_descriptor), 16);
    queue->available = dma_alloc(dma, available_bytes(size), 2);
    queue->used = dma_alloc(dma, used_bytes(size), 4);
    if (queue->descriptors == NULL || queue->available == NULL || queue->used == NULL)
        return E_NO_MEMORY;
    queue->descriptors_paddr = dma_paddr(dma, queue->descriptors);
    queue->available_paddr = dma_paddr(dma, queue->available);
    queue->used_paddr = dma_paddr(dma, queue->used);
    virtqueue_reset(queue, false);
    return E_OK;
}

void virtqueue_reset(struct virtqueue *queue, bool event_index)
{
    unsigned size = queue->size;

    memset(queue->descriptors, 0, size * sizeof(struct virtqueue_descriptor));
    memset((void *)queue->available, 0, available_bytes(size));
    memset((void *)queue->used, 0, used_bytes(size));
    memset(queue->slots, 0, sizeof queue->slots);
    for (unsigned i = 0; i < size; i++)
        queue->slots[i].next = (uint16_t)(i + 1);
    queue->free_first = 0;
    queue->free_count = (uint16_t)size;
    queue->in_flight = 0;
    queue->added = 0;
    queue->published = 0;
    queue->taken = 0;
    queue->event_index = event_index;
    queue->broken = false;
}

/* Check a chain and count the bytes that the device may write. */
static enum error check_segments(const struct virtqueue_segment *segments, unsigned count,
                                 uint32_t *writable)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < count; i++) {
        if (segments[i].bytes == 0)
            return E_BAD_ARGUMENT;
        if (segments[i].device_writes)
            sum += segments[i].bytes;
        else if (sum != 0)
            return E_BAD_ARGUMENT;
    }
    if (sum > UINT32_MAX)
        return E_BAD_ARGUMENT;
    *writable = (uint32_t)sum;
    return E_OK;
}

enum error virtqueue_add(struct virtqueue *queue, const struct virtqueue_segment *segments,
                         unsigned count, void *token)
{
    uint16_t head = queue->free_first;
    uint16_t at = head;
    uint32_t writable;

    if (queue->broken)
        return E_PROTOCOL;
    if (token == NULL || count == 0 || count > queue->size ||
        check_segments(segments, count, &writable) != E_OK)
        return E_BAD_ARGUMENT;
    if (count > queue->free_count)
        return E_AGAIN;
    for (unsigned i = 0; i < count; i++) {
        uint16_t next = queue->slots[at].next;

        queue->descriptors[at] = (struct virtqueue_descriptor){
            .paddr = segments[i].paddr,
            .bytes = segments[i].bytes,
            .flags = (uint16_t)((i + 1 < count ? DESCRIPTOR_NEXT : 0) |
                                (segments[i].device_writes ? DESCRIPTOR_WRITE : 0)),
            .next = i + 1 < count ? next : 0,
        };
        at = next;
    }
    queue->free_first = at;
    queue->free_count -= (uint16_t)count;
    queue->slots[head].token = token;
    queue->slots[head].writable = writable;
    queue->slots[head].count = (uint16_t)count;
    queue->available->ring[queue->added++ & (queue->size - 1)] = head;
    queue->in_flight++;
    return E_OK;
}

/* §2.7.10: with an event index the device names the entry that it wants to hear of. */
static bool wants_notification(const struct virtqueue *queue, uint16_t before)
{
    uint16_t event;

    if (!queue->event_index)
        return (queue->used->flags & USED_NO_NOTIFY) == 0;
    event = *avail_event(queue);
    return (uint16_t)(queue->published - event - 1) < (uint16_t)(queue->published - before);
}

bool virtqueue_publish(struct virtqueue *queue)
{
    uint16_t before = queue->published;

    if (queue->broken || queue->added == before)
        return false;
    dma_write_fence(); /* descriptors and ring before the index that shows them (§2.7.13.2) */
    queue->available->index = queue->added;
    queue->published = queue->added;
    dma_full_fence(); /* the index before our look at what the device wants (§2.7.13.4) */
    return wants_notification(queue, before);
}

/* Give the descriptors of the chain back. Value: its token. */
static void *release(struct virtqueue *queue, uint16_t head)
{
    struct virtqueue_slot *slot = &queue->slots[head];
    void *token = slot->token;
    uint16_t last = head;

    for (unsigned i = 1; i < slot->count; i++)
        last = queue->slots[last].next;
    queue->slots[last].next = queue->free_first;
    queue->free_first = head;
    queue->free_count += slot->count;
    slot->token = NULL;
    queue->in_flight--;
    return token;
}

static enum error break_queue(struct virtqueue *queue)
{
    queue->broken = true;
    return E_PROTOCOL;
}

enum error virtqueue_take(struct virtqueue *queue, void **token, uint32_t *bytes)
{
    uint16_t waiting;
    unsigned at = queue->taken & (queue->size - 1u);
    uint32_t id;

    if (queue->broken)
        return E_PROTOCOL;
    waiting = (uint16_t)(queue->used->index - queue->taken);
    if (waiting == 0)
        return E_AGAIN;
    if (waiting > queue->in_flight)
        return break_queue(queue);
    dma_read_fence(); /* the index before the entries that it shows (§2.7.14) */
    id = queue->used->ring[at].id;
    *bytes = queue->used->ring[at].bytes;
    if (id >= queue->size || queue->slots[id].token == NULL || *bytes > queue->slots[id].writable)
        return break_queue(queue);
    queue->taken++;
    *token = release(queue, (uint16_t)id);
    return E_OK;
}

void virtqueue_quiet(struct virtqueue *queue)
{
    if (!queue->event_index)
        queue->available->flags = AVAILABLE_NO_INTERRUPT;
    /* With an event index the device is silent until `taken` is named again. */
}

bool virtqueue_listen(struct virtqueue *queue)
{
    queue->available->flags = 0;
    if (queue->event_index)
        queue->available->ring[queue->size] = queue->taken;
    dma_full_fence(); /* our wish before our last look at the index (§2.7.7.1) */
    return queue->used->index != queue->taken;
}

void *virtqueue_abandon(struct virtqueue *queue)
{
    for (unsigned i = 0; i < queue->size; i++)
        if (queue->slots[i].token != NULL)
            return release(queue, (uint16_t)i);
    return NULL;
}
