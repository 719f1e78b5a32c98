/* SPDX-License-Identifier: BSD-2-Clause */
/* Free memory: blocks of Untyped memory, each a power of two of bytes.
 *
 * A buddy system (Knuth, The Art of Computer Programming 1, 2.5) whose blocks are capabilities: the
 * halves of a block are Untyped capabilities that are made of it, and to join them again is to
 * revoke the whole. So a block that is given back is whole whatever was made of it.
 */
#pragma once
#include <stdint.h>
#include <abi/abi.h>

/* Take what the kernel gave. */
void pool_open(const struct boot_info *info);
/* A block of 2^bits bytes; 0: E_NO_MEMORY, or (E_TOO_MANY) root has no slots to split one. */
__attribute__((warn_unused_result)) long pool_take(unsigned bits, uint32_t *block);
/* Destroy all that was made of it. */
void pool_give(uint32_t block);
/* Its capability, and log2 of its bytes. */
uint32_t pool_cptr(uint32_t block);
unsigned pool_bits(uint32_t block);
/* Bytes that are free, and those that were at the start. */
uint64_t pool_free_bytes(void);
uint64_t pool_total_bytes(void);
