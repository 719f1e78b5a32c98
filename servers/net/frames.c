/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames between the driver's buffers and lwIP's pbufs. */
#include "frames.h"
#include <lwip/def.h>

/* Ethernet, and the longest IPv4 and TCP headers, with some to spare. One small block holds them
 * (port/lwippools.h), and the rest of the frame begins at a multiple of eight. */
#define HEAD_BYTES 190
_Static_assert((FRAME_SHIFT + HEAD_BYTES) % 8 == 0, "the rest is aligned");

uint64_t frames_held;

static struct ipc_end *region;
static struct frame_buffer buffers[FRAMES_MAX];
static struct frame_buffer *spare;

static void give_back(struct pbuf *pbuf)
{
    struct frame_buffer *buffer = (struct frame_buffer *)(void *)pbuf;

    buffer->next = spare;
    spare = buffer;
    frames_held--;
}

void frames_init(struct ipc_end *end, uint64_t offset, unsigned count)
{
    region = end;
    spare = NULL;
    frames_held = 0;
    for (unsigned i = 0; i < count; i++) {
        buffers[i].offset = offset + (uint64_t)i * NETDEV_BUFFER_BYTES + FRAME_SHIFT;
        buffers[i].pbuf.custom_free_function = give_back;
        buffers[i].next = spare;
        spare = &buffers[i];
    }
}

struct frame_buffer *frames_spare(void)
{
    struct frame_buffer *buffer = spare;

    if (buffer != NULL)
        spare = buffer->next;
    return buffer;
}

static struct pbuf *copy_of(const uint8_t *frame, unsigned bytes)
{
    pbuf_type type = bytes <= HEAD_BYTES ? PBUF_RAM : PBUF_POOL;
    struct pbuf *pbuf = pbuf_alloc(PBUF_RAW, (u16_t)(bytes + FRAME_SHIFT), type);

    if (pbuf == NULL)
        return NULL;
    (void)pbuf_remove_header(pbuf, FRAME_SHIFT); /* neither can fail: it is long enough */
    (void)pbuf_take(pbuf, frame, (u16_t)bytes);
    return pbuf;
}

struct pbuf *frame_receive(struct frame_buffer **at, unsigned bytes)
{
    struct frame_buffer *buffer = *at;
    uint8_t *frame = ipc_bytes(region, buffer->offset + NETDEV_HEADROOM, bytes);
    unsigned rest = bytes - HEAD_BYTES;
    struct frame_buffer *next;
    struct pbuf *head;

    if (bytes <= HEAD_BYTES)
        return copy_of(frame, bytes);
    next = frames_spare();
    if (next == NULL)
        return copy_of(frame, bytes);
    *at = next;
    frames_held++;
    pbuf_alloced_custom(PBUF_RAW, (u16_t)rest, PBUF_REF, &buffer->pbuf, frame + HEAD_BYTES,
                        (u16_t)rest);
    head = copy_of(frame, HEAD_BYTES);
    if (head == NULL) {
        pbuf_free(&buffer->pbuf.pbuf);
        return NULL;
    }
    pbuf_cat(head, &buffer->pbuf.pbuf);
    return head;
}
