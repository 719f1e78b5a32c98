/* SPDX-License-Identifier: BSD-2-Clause */
/* Block device protocol ("blk"). Client: a filesystem; server: a disk driver.
 *
 * Sectors are of 512 bytes. Data lie in the channel's region, which the driver hands to the device
 * (it knows the region's physical address); a driver copies nothing.
 * After a restart of the driver all calls may be retried.
 */
#pragma once
#include <ipc/ipc.h>

enum blk_label {
    BLK_INFO = 1, /* -> 0, sectors, read_only (0 or 1), largest transfer in sectors */
    BLK_READ,     /* sector, count, region offset -> bytes; E_BAD_ARGUMENT, E_IO */
    BLK_WRITE,    /* sector, count, region offset -> bytes; E_BAD_ARGUMENT, E_IO, E_UNSUPPORTED */
    BLK_FLUSH,    /* -> 0; E_IO */
};

static inline enum co_state blk_info(struct co *co, struct ipc_end *blk, struct ipc_message *m)
{
    return ipc_call(co, blk, m, BLK_INFO);
}
/* Value: bytes read, or E_BAD_ARGUMENT, E_IO, E_PEER_DEAD. */
static inline enum co_state blk_read(struct co *co, struct ipc_end *blk, struct ipc_message *m,
                                     uint64_t sector, uint64_t count, uint64_t offset)
{
    m->word[0] = sector;
    m->word[1] = count;
    m->word[2] = offset;
    return ipc_call(co, blk, m, BLK_READ);
}
