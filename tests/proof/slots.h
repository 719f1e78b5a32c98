/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory is a few slots. */
#pragma once
#include "proof.h"
#include <kernel/cap.h>

#define ARENA_BASE 0x80000000ull

#ifndef SLOTS
#define SLOTS 5
#endif
struct slot arena[SLOTS];

static inline void *paddr_to_ptr(paddr_t paddr)
{
    return &arena[(paddr.raw - ARENA_BASE) >> 5];
}

static inline paddr_t ptr_to_paddr(const void *ptr)
{
    CHECK(__CPROVER_same_object(ptr, arena)); /* in the direct map, as it must be */
    return (paddr_t){(uint64_t)__CPROVER_POINTER_OFFSET(ptr) + ARENA_BASE};
}

#ifndef OWN_OBJECTS
/* A CNode's word is the address of its slot 0. */
static inline void *proof_object(uint64_t word)
{
    return &arena[(word - ARENA_BASE) >> 5];
}
#endif

struct slot nondet_slot(void);

/* Whether two slots hold the same capability, wherever they stand in the tree. */
static inline bool same_capability(struct slot a, struct slot b)
{
    return a.type == b.type && a.rights == b.rights && a.revoking == b.revoking &&
           a.watched == b.watched && a.device == b.device && a.size_bits == b.size_bits &&
           a.word == b.word && cap_data(&a) == cap_data(&b);
}

static inline bool same_links(struct slot a, struct slot b)
{
    return a.child == b.child && a.next == b.next && a.prev == b.prev && a.last == b.last;
}
