/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel objects that a process of the benchmark makes of its `untyped`. */
#pragma once
#include <stdint.h>
#include <abi/abi.h>

/* A new object in the next empty slot. Value: E_OK, E_NO_MEMORY (also without `untyped` in the
 * system file), or the kernel's error. */
__attribute__((warn_unused_result)) long objects_make(enum object_type type, unsigned size_bits,
                                                      uint32_t *slot);

/* Map the frame in the process, with the page tables that it lacks there. */
__attribute__((warn_unused_result)) long objects_map(uint32_t frame, uint32_t process,
                                                     uint64_t vaddr, unsigned rights);
