/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames between the driver's buffers and lwIP's pbufs.
 *
 * The region of the netdev channel is divided into buffers. Some belong to senders for ever; the
 * others go round for receiving:
 *
 *     spare --frames_spare--> lent to the driver --frame_receive--> held by pbufs
 *       ^                                             |                |
 *       +-------------------- copied: lent again <----+                |
 *       +---------------------------- pbuf_free -----------------------+
 *
 * A large frame stays where the device has put it, and another buffer is lent instead; only its
 * first bytes, with all headers, are copied, so that nothing which lwIP checks can still be
 * changed by the driver. A small one is copied whole, and so is any while no buffer is spare:
 * however many buffers slow connections hold, as many as ever stay lent.
 */
#pragma once
#include <lwip/pbuf.h>
#include <protocol/netdev.h>

#define FRAME_BYTES_MAX 1514 /* Ethernet, without checksum */
/* Frames begin two bytes past a multiple of eight, so that all headers behind the 14 bytes of
 * Ethernet, and TCP's data behind those, are aligned: lwIP's structs are not packed here. */
#define FRAME_SHIFT        2
#define FRAMES_MAX         1024                                /* buffers for receiving at most */
#define FRAME_BUFFER_BYTES (NETDEV_BUFFER_BYTES - FRAME_SHIFT) /* of what is lent */

struct frame_buffer {
    struct pbuf_custom pbuf; /* first: lwIP gives it back by this address */
    uint64_t offset;         /* in the region, of what is lent: NETDEV_HEADROOM and a frame */
    struct frame_buffer *next;
};

/* Pbufs that hold buffers now, a gauge. */
extern uint64_t frames_held;

/* count buffers for receiving, from the offset on. The caller has checked that they fit. */
void frames_init(struct ipc_end *end, uint64_t offset, unsigned count);

/* A spare buffer to lend, or NULL. */
struct frame_buffer *frames_spare(void);

/* A frame of so many bytes (at most FRAME_BYTES_MAX) lies in the buffer *at. Value: a pbuf with
 * it, or NULL (no memory, the frame is lost). *at becomes the buffer to lend next. */
struct pbuf *frame_receive(struct frame_buffer **at, unsigned bytes);
