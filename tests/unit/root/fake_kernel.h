/* SPDX-License-Identifier: BSD-2-Clause */
/* Retype, delete, revoke and frame_info as the kernel does them, over a table of capabilities. */
#pragma once
#include <abi/abi.h>

struct fake_cap {
    enum object_type type;
    uint64_t paddr;
    uint64_t bytes;
    uint64_t watermark;
    uint32_t children;
    uint32_t parent;
};
extern struct fake_cap fake_caps[1u << ROOT_CNODE_BITS];

/* Forget everything; give one Untyped at the address. */
void fake_reset(void);
void fake_untyped(struct boot_info *info, uint64_t paddr, unsigned size_bits);
/* How many capabilities there are beside those that were given; how many of a type. */
uint32_t fake_made(void);
uint32_t fake_count(enum object_type type);
/* Fail the test if two capabilities without children share a byte. */
void fake_check_disjoint(void);
