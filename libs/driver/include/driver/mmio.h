/* SPDX-License-Identifier: BSD-2-Clause */
/* Device registers.
 *
 * A write is ordered after all earlier writes to memory (so a device that is told to look finds
 * what was written for it), a read before all later reads of memory. Registers of one device are
 * accessed in program order. Addresses are those of struct startup_device, aligned to the access.
 *
 *     uint32_t mmio_read32(uintptr_t address);
 *     void mmio_write32(uintptr_t address, uint32_t value);
 *
 * and the same for 8, 16 and 64 bits. Memory that a device reads and writes by itself (coherent
 * DMA) is ordered by dma_write_fence() (earlier writes before later writes), dma_read_fence()
 * (reads before reads) and dma_full_fence() (writes before reads, too).
 *
 * arch/riscv64 does it with volatile accesses and fences; arch/host leaves the functions to a
 * simulated device.
 */
#pragma once
#include <driver/mmio_arch.h>
