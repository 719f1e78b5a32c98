/* SPDX-License-Identifier: BSD-2-Clause */
/* The proofs' stand-in for the kernel's header: each harness says what memory is. */
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

#define PAGE_BYTES 4096ull
#define PAGE_BITS  12

static inline void *paddr_to_ptr(paddr_t paddr);
static inline paddr_t ptr_to_paddr(const void *ptr);
/* The object that a capability's word names. In proofs that replace cap_object by it. */
static inline void *proof_object(uint64_t word);
