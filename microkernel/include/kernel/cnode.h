/* SPDX-License-Identifier: BSD-2-Clause */
/* CNodes: 2^radix slots, of which slot 0 belongs to the kernel.
 *
 *     slot 0 while it lives:  SLOT_CNODE_HEADER, size_bits: radix, word: capabilities that name
 * it, times CNODE_CAP
 *     slot 0 while it dies:   SLOT_CNODE_DYING,  data: slots not yet visited and the previous in
 * the list of dying CNodes, word: the next, times CNODE_CAP
 *
 * A doorbell on address 0 looks at the word too: it must never have the bit CAP_RINGS.
 *
 * When the last capability to a CNode is deleted, slot 0 takes its place in the derivation tree.
 * So the memory stays in use until every slot has been emptied, whoever does that, and a CNode that
 * held the last capability to itself or to one that held it is no special case. (That slot 0 holds
 * no capability costs nothing: address 0 means "none".)
 */
#pragma once
#include <kernel/cap.h>

#define CNODE_RADIX_MAX 20
#define CNODE_SLOT_BITS 5
#define CNODE_CAP       (CAP_RINGS << 1)

static inline uint32_t cnode_guard(const struct slot *cap)
{
    return (uint32_t)cap_data(cap);
}
static inline unsigned cnode_guard_bits(const struct slot *cap)
{
    return cap_data(cap) >> 32 & 63;
}
static inline unsigned cnode_radix(const struct slot *cap)
{
    return cap->size_bits;
}
static inline void cnode_set_guard(struct slot *cap, uint32_t guard, unsigned guard_bits)
{
    cap_set_data(cap, guard | (uint64_t)guard_bits << 32);
}

/* The slot of a CNode capability by plain index: 1 .. 2^radix - 1, else E_BAD_ARGUMENT. */
CHECKED enum error cnode_slot(const struct slot *cap, uint64_t index, struct slot **out);

/* A new CNode in zeroed memory, named by one capability. */
void cnode_init(struct slot *slots, unsigned radix);
/* One capability more, one less. The last one gone, its slot `cap` is emptied into slot 0. */
void cnode_reference(struct slot *slots);
bool cnode_release(struct slot *cap);
/* Delete some of a dying CNode's capabilities. Value: true when it is gone. */
CHECKED bool cnode_reap_step(struct slot *header);
/* The dying CNode to go on with, or NULL. */
struct slot *cnode_dying(void);
