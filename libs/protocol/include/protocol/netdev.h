/* SPDX-License-Identifier: BSD-2-Clause */
/* Network device protocol ("netdev"). Client: a network stack; server: a network driver.
 *
 * A call to receive lends a buffer of the region to the device and is answered when a frame has
 * arrived in it; a call to send is answered when the frame has left. Frames are Ethernet frames
 * without checksum; buffers lie in the channel's region and are never copied by the driver. The
 * first NETDEV_HEADROOM bytes of a buffer are the driver's own (its device header).
 */
#pragma once
#include <ipc/ipc.h>

#define NETDEV_HEADROOM     16 /* bytes before the frame in each buffer; buffers are 2048 bytes */
#define NETDEV_BUFFER_BYTES 2048

enum netdev_label {
    NETDEV_INFO = 1, /* -> 0, MAC address (byte 0 lowest), largest frame in bytes, link up */
    NETDEV_RECEIVE,  /* buffer offset, buffer bytes -> frame bytes; the frame is at + HEADROOM */
    NETDEV_SEND,     /* buffer offset, frame bytes (at + HEADROOM) -> frame bytes; E_IO */
};

static inline enum co_state netdev_info(struct co *co, struct ipc_end *dev, struct ipc_message *m)
{
    return ipc_call(co, dev, m, NETDEV_INFO);
}
static inline enum co_state netdev_receive(struct co *co, struct ipc_end *dev,
                                           struct ipc_message *m, uint64_t offset, uint64_t bytes)
{
    m->word[0] = offset;
    m->word[1] = bytes;
    return ipc_call(co, dev, m, NETDEV_RECEIVE);
}
static inline enum co_state netdev_send(struct co *co, struct ipc_end *dev, struct ipc_message *m,
                                        uint64_t offset, uint64_t bytes)
{
    m->word[0] = offset;
    m->word[1] = bytes;
    return ipc_call(co, dev, m, NETDEV_SEND);
}
