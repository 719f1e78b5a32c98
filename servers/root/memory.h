/* SPDX-License-Identifier: BSD-2-Clause */
/* What is made for somebody: a process, a channel, a device. Its memory and root's slots for the
 * capabilities are a holding, and all of it comes back at once.
 *
 *     holding --> blocks of the pool (pool.h), from each of which objects are made in order
 *            '--> runs of slots (slots.h): the objects, and copies of what belongs to others
 *
 * Functions return E_OK or an error: E_NO_MEMORY (no block is large enough), E_TOO_MANY (root has
 * no slots left), or what the kernel says.
 */
#pragma once
#include "pool.h"
#include "slots.h"

/* Zero: nothing. */
struct holding {
    uint32_t first; /* of its blocks, plus one */
    uint64_t bytes; /* of its blocks */
    uint64_t made;  /* bytes of the objects in them */
    struct slot_list slots;
};

/* Take what the kernel gave. */
void memory_open(const struct boot_info *info);

/* Make count objects, side by side in memory. first: address of the first one's capability, the
 * others follow. size_bits is read for UNTYPED, CNODE and FRAME only. */
__attribute__((warn_unused_result)) long memory_make(struct holding *holding, enum object_type type,
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
__attribute__((warn_unused_result)) long memory_make_area(struct holding *holding, uint64_t bytes,
                                                          struct area *area);

/* Destroy all objects of a holding, and have its memory and its slots back. Nothing that it holds
 * may be reached by a device any more. */
void memory_return(struct holding *holding);
