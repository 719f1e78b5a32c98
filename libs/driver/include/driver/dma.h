/* SPDX-License-Identifier: BSD-2-Clause */
/* DMA memory of a device: handed out once at start, never given back. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/startup.h>

struct dma {
    uint8_t *base;
    uint64_t paddr; /* of base */
    uint64_t bytes;
    uint64_t used;
};

/* Take over the DMA memory that root gave with the device. It is zero. */
void dma_init(struct dma *dma, const struct startup_device *device);

/* Zeroed, physically contiguous memory. align: a power of two, at most 4096. NULL if used up. */
void *dma_alloc(struct dma *dma, uint64_t bytes, uint64_t align);

/* Physical address of memory that dma_alloc gave. */
uint64_t dma_paddr(const struct dma *dma, const void *memory);
