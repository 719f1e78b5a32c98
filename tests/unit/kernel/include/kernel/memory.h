/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's stand-in for the kernel's header: physical memory is an arena. */
#pragma once

#define CHECKED __attribute__((warn_unused_result)) /* as the kernel's own */
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t raw;
} paddr_t;
typedef struct {
    uint64_t raw;
} vaddr_t;

#define PAGE_BYTES  4096ull
#define PAGE_BITS   12
#define ARENA_BASE  0x80000000ull
#define ARENA_BYTES (64ull << 20)

extern unsigned char *arena; /* aligned like ARENA_BASE up to 64 MiB */

static inline void *paddr_to_ptr(paddr_t paddr)
{
    return arena + (paddr.raw - ARENA_BASE);
}
static inline paddr_t ptr_to_paddr(const void *ptr)
{
    return (paddr_t){(uint64_t)((const unsigned char *)ptr - arena) + ARENA_BASE};
}
