/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers and fences on the host: the test's simulated device answers register accesses. */
#pragma once
#include <stdint.h>

uint8_t mmio_read8(uintptr_t address);
uint16_t mmio_read16(uintptr_t address);
uint32_t mmio_read32(uintptr_t address);
uint64_t mmio_read64(uintptr_t address);
void mmio_write8(uintptr_t address, uint8_t value);
void mmio_write16(uintptr_t address, uint16_t value);
void mmio_write32(uintptr_t address, uint32_t value);
void mmio_write64(uintptr_t address, uint64_t value);

static inline void dma_write_fence(void)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
}
static inline void dma_read_fence(void)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
}
static inline void dma_full_fence(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
