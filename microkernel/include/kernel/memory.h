/* SPDX-License-Identifier: BSD-2-Clause */
/* Physical and virtual addresses, and the kernel's view of memory.
 *
 *     0xffffffc000000000  all physical memory and devices, 1 GiB pages, read-write, global
 *     0xffffffff80200000  the kernel image: text 2 MiB pages read-execute, data read-write, global
 *
 * The kernel reaches objects, page tables and executor pages through the first window only, so a
 * path through the kernel touches two large pages of data at most.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Of a function whose value must be looked at. */
#define CHECKED __attribute__((warn_unused_result))

typedef struct {
    uint64_t raw;
} paddr_t;
typedef struct {
    uint64_t raw;
} vaddr_t;

#define DIRECT_MAP_BASE  0xffffffc000000000ull
#define KERNEL_IMAGE_GAP 0xffffffff00000000ull /* image address - physical address */
#define PAGE_BYTES       4096ull
#define PAGE_BITS        12

static inline void *paddr_to_ptr(paddr_t paddr)
{
    return (void *)(uintptr_t)(paddr.raw + DIRECT_MAP_BASE);
}

/* ptr must lie in the direct map. */
static inline paddr_t ptr_to_paddr(const void *ptr)
{
    return (paddr_t){(uint64_t)(uintptr_t)ptr - DIRECT_MAP_BASE};
}

/* The direct map's alias of something in the kernel image. */
static inline paddr_t image_to_paddr(const void *ptr)
{
    return (paddr_t){(uint64_t)(uintptr_t)ptr - KERNEL_IMAGE_GAP};
}
