/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces: mapping frames into processes, with page tables as they are needed, and root's
 * own window through which it fills memory before others see it. */
#pragma once
#include "root.h"

/* Map one frame. */
__attribute__((warn_unused_result)) long space_map(struct process *process, uint32_t frame,
                                                   uint64_t vaddr, unsigned rights);
/* Derive a capability with these rights and map that; the original stays as it is. */
__attribute__((warn_unused_result)) long space_map_copy(struct process *process, uint32_t frame,
                                                        uint64_t vaddr, unsigned rights);
/* Map an area, read-write. copy: by copies, so that the area can be mapped elsewhere too. */
__attribute__((warn_unused_result)) long
space_map_area(struct process *process, const struct area *area, uint64_t vaddr, bool copy);
/* What some of the bytes of fresh memory are; the others are zero. */
struct contents {
    const uint8_t *from;
    uint64_t vaddr;
    uint64_t bytes;
};
/* Map memory of its own, read-write, at a page boundary; it need not be contiguous. */
__attribute__((warn_unused_result)) long space_map_fresh(struct process *process, uint64_t vaddr,
                                                         uint64_t bytes,
                                                         const struct contents *contents);

/* Root's window: up to WINDOW_PAGES small frames, side by side. */
#define WINDOW_PAGES 256u
__attribute__((warn_unused_result)) long window_open(uint32_t first, uint32_t count, void **memory);
/* Registers of a device are mapped in the same way. */
__attribute__((warn_unused_result)) long window_close(uint32_t first, uint32_t count);
