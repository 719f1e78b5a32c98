/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers and fences on RISC-V: i/o are device, r/w memory (Unprivileged 20191213 §2.7). */
#pragma once
#include <stdint.h>

static inline void dma_write_fence(void)
{
    __asm__ volatile("fence w, w" ::: "memory");
}
static inline void dma_read_fence(void)
{
    __asm__ volatile("fence r, r" ::: "memory");
}
static inline void dma_full_fence(void)
{
    __asm__ volatile("fence rw, rw" ::: "memory");
}

#define MMIO_ACCESS_(bits)                                                                         \
    static inline uint##bits##_t mmio_read##bits(uintptr_t address)                                \
    {                                                                                              \
        uint##bits##_t value = *(volatile uint##bits##_t *)address;                                \
        __asm__ volatile("fence i, r" ::: "memory");                                               \
        return value;                                                                              \
    }                                                                                              \
    static inline void mmio_write##bits(uintptr_t address, uint##bits##_t value)                   \
    {                                                                                              \
        __asm__ volatile("fence w, o" ::: "memory");                                               \
        *(volatile uint##bits##_t *)address = value;                                               \
    }
MMIO_ACCESS_(8)
MMIO_ACCESS_(16)
MMIO_ACCESS_(32)
MMIO_ACCESS_(64)
#undef MMIO_ACCESS_
