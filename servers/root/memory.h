/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory and root's capability slots.
 *
 * Free memory is a pool of Untyped capabilities without children, each a power of two of bytes. To
 * make objects the smallest that is large enough is taken; what is left of it becomes Untyped
 * capabilities of its own, in growing sizes, and goes back to the pool. So every byte is either in
 * the pool or accounted to a process:
 *
 *     |  objects  | 1 |  2  |    4    |        8        |     one block of 16, 1 page used
 *
 * Functions return E_OK or an error: E_NO_MEMORY (no block is large enough), E_TOO_MANY (root's
 * CNode or the pool's table is full), or what the kernel says.
 */
#pragma once
#include "root.h"

/* Take what the kernel gave. */
void memory_open(const struct boot_info *info);

/* Bytes in the pool. */
uint64_t memory_free_bytes(void);
/* Bytes that the pool had at the start. */
uint64_t memory_total_bytes(void);

/* count consecutive empty slots of root's CNode. */
__attribute__((warn_unused_result)) long slots_take(uint32_t count, uint32_t *first);
/* How many have been taken. */
uint64_t slots_used(void);

/* Make count objects, side by side in memory, on account of the owner. first: address of the first
 * one's capability, the others follow. size_bits is read for CNODE and FRAME only. */
__attribute__((warn_unused_result)) long memory_make(struct process *owner, enum object_type type,
                                                     unsigned size_bits, uint32_t count,
                                                     uint32_t *first);

/* Frames for a range of addresses: large ones, then small ones. */
struct area {
    uint64_t paddr; /* of the first byte */
    uint32_t large; /* first capability */
    uint32_t large_count;
    uint32_t small;
    uint32_t small_count;
};
/* Physically contiguous frames, bytes a multiple of 4096; aligned to 2 MiB from 2 MiB on. */
__attribute__((warn_unused_result)) long memory_make_area(struct process *owner, uint64_t bytes,
                                                          struct area *area);
