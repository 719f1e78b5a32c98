/* SPDX-License-Identifier: BSD-2-Clause */
#include <driver/dma.h>

void dma_init(struct dma *dma, const struct startup_device *device)
{
    *dma = (struct dma){
        .base = (uint8_t *)(uintptr_t)device->dma,
        .paddr = device->dma_paddr,
        .bytes = device->dma_bytes,
    };
}

void *dma_alloc(struct dma *dma, uint64_t bytes, uint64_t align)
{
    /* The base is page-aligned in both address spaces, so an aligned offset is enough. */
    uint64_t at = (dma->used + align - 1) & ~(align - 1);

    if (at < dma->used || at > dma->bytes || bytes > dma->bytes - at)
        return NULL;
    dma->used = at + bytes;
    return dma->base + at;
}

uint64_t dma_paddr(const struct dma *dma, const void *memory)
{
    return dma->paddr + (uint64_t)((const uint8_t *)memory - dma->base);
}
