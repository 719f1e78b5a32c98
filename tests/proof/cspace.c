/* SPDX-License-Identifier: BSD-2-Clause */
/* From an address to a slot. Memory is two CNodes of four slots, whose capabilities may name
 * either, with any guard that together with the radix takes at least 10 bits: so there are cycles,
 * and addresses of up to 3 levels. */
#define SLOTS  8
#define LEVELS 3
#include "slots.h"
#include <kernel/cnode.h>
#include <microkernel/cap/cspace.c>

#define RADIX_MAX 2
#define FIRST     ARENA_BASE
#define SECOND    (ARENA_BASE + 4 * sizeof(struct slot))

/* What cnode_mint and retype let a CNode capability be. */
static void assume_cnode(const struct slot *cap, unsigned radix_max)
{
    unsigned guard_bits = cnode_guard_bits(cap), radix = cnode_radix(cap);

    ASSUME(radix >= 1 && radix <= radix_max && guard_bits + radix <= 32);
    ASSUME(cnode_guard(cap) < 1ull << guard_bits);
}

/* An arbitrary capability; if it names a CNode, one of ours. */
static struct slot any_capability(void)
{
    struct slot slot = nondet_slot();

    if (slot.type == OBJECT_CNODE) {
        assume_cnode(&slot, RADIX_MAX);
        ASSUME(cnode_guard_bits(&slot) + cnode_radix(&slot) >= 32 / LEVELS);
        slot.word = nondet_bool() ? FIRST : SECOND;
    }
    return slot;
}

static void fill(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        arena[i] = any_capability();
        if (i % 4 == 0)
            arena[i].type = nondet_bool() ? SLOT_CNODE_HEADER : SLOT_CNODE_DYING;
    }
}

/* ---- one level ---- */

void proof_lookup_level(void)
{
    struct slot cnode = nondet_slot();
    uint32_t cptr = nondet_u32();
    unsigned bits = (unsigned)below(33), left = bits, radix = cnode_radix(&cnode);
    unsigned guard_bits = cnode_guard_bits(&cnode);
    bool fits = cnode.type == OBJECT_CNODE && guard_bits + radix <= bits;
    uint64_t index = 0;
    struct slot *slot;

    assume_cnode(&cnode, CNODE_RADIX_MAX);
    cnode.word = FIRST;
    ASSUME(bits > 0);
    slot = lookup_level(&cnode, cptr, &left);

    /* Bit by bit, from the top of the address's low `bits` bits. */
    for (unsigned i = 0; i < 32 && fits; i++) {
        unsigned from_top = bits - 1 - i;

        if (i < guard_bits)
            fits = (cptr >> from_top & 1) == (cnode_guard(&cnode) >> (guard_bits - 1 - i) & 1);
        else if (i < guard_bits + radix)
            index = index << 1 | (cptr >> from_top & 1);
    }
    CHECK((slot != NULL) == fits);
    if (fits) {
        CHECK(__CPROVER_same_object(slot, arena));
        CHECK(__CPROVER_POINTER_OFFSET(slot) == index * sizeof cnode);
        CHECK(index < 1ull << radix && left == bits - guard_bits - radix);
    }
    COVER(fits && guard_bits == 12 && radix == 20 && left == 0);
    COVER(fits && left > 0 && guard_bits > 0);
    COVER(!fits && guard_bits + radix <= bits && cnode.type == OBJECT_CNODE);
}

/* ---- the whole walk ---- */

/* The same in other words: what is left of the address stands at the top of 32 bits. */
static enum error walk(const struct slot *cnode, uint32_t cptr, const struct slot **out)
{
    unsigned left = 32, guard_bits, radix;

    for (unsigned level = 0; level < LEVELS; level++) {
        if (cnode->type != OBJECT_CNODE)
            return E_BAD_CAP;
        guard_bits = cnode_guard_bits(cnode);
        radix = cnode_radix(cnode);
        if (left < guard_bits + radix || (uint64_t)cptr >> (32 - guard_bits) != cnode_guard(cnode))
            return E_BAD_CAP;
        cptr <<= guard_bits;
        cnode = (struct slot *)cap_object(cnode) + (cptr >> (32 - radix));
        cptr <<= radix;
        left -= guard_bits + radix;
        if (cnode->type == OBJECT_NULL || cnode->type >= OBJECT_COUNT)
            return E_BAD_CAP;
        if (cnode->revoking)
            return E_REVOKING;
        *out = cnode;
        if (left == 0)
            return E_OK;
    }
    return E_BAD_CAP;
}

void proof_cspace_lookup(void)
{
    struct slot root = any_capability(), *slot;
    const struct slot *found;
    uint32_t cptr = nondet_u32();
    enum error error;

    fill(SLOTS);
    error = cspace_lookup(&root, cptr, &slot);
    CHECK(error == walk(&root, cptr, &found));
    CHECK(error != E_OK || slot == found);
    COVER(error == E_OK && slot == &arena[7] && root.word == FIRST && cnode_guard_bits(&root) == 8);
    COVER(error == E_REVOKING);
}

/* ---- through a process ---- */

static struct slot process_root;

/* A root without further CNodes below it is enough: the cache knows the root only. */
static void flat_space(void)
{
    process_root = any_capability();
    fill(4);
    for (unsigned i = 0; i < 4; i++)
        ASSUME(arena[i].type != OBJECT_CNODE);
    if (process_root.type == OBJECT_CNODE)
        process_root.word = FIRST;
}

void proof_cspace_cache(void)
{
    struct cspace_cache cache;
    struct slot *slot, *cached;
    uint64_t cptr = nondet_u64();
    uint32_t types = nondet_u32() & CAP_ANY;
    unsigned rights = (unsigned)below(16);
    enum error error, cached_error;

    flat_space();
    cspace_cache_update(&cache, &process_root);
    error = cspace_find(&process_root, cptr, types, rights, &slot);
    cached_error = cspace_find_cached(&cache, &process_root, cptr, types, rights, &cached);
    CHECK(error == cached_error);
    CHECK(error != E_OK || slot == cached);
    COVER(error == E_OK && cache.count == 4);
    COVER(error == E_OK && cache.count == 0);
    COVER(error == E_REVOKING);
}

void proof_cspace_find(void)
{
    uint64_t cptr = nondet_u64();
    uint32_t types = nondet_u32() & CAP_ANY;
    unsigned rights = (unsigned)below(16);
    struct slot *slot, *there;
    enum error error, found;

    flat_space();
    error = cspace_find(&process_root, cptr, types, rights, &slot);
    found = cspace_lookup(&process_root, (uint32_t)cptr, &there);
    if (cptr >> 32)
        CHECK(error == E_BAD_CAP);
    else if (found != E_OK)
        CHECK(error == found);
    else if (!(types & 1u << there->type))
        CHECK(error == E_BAD_TYPE);
    else if ((there->rights & rights) != rights)
        CHECK(error == E_NO_RIGHT);
    else
        CHECK(error == E_OK && slot == there);
    COVER(error == E_OK && rights == (RIGHT_READ | RIGHT_WRITE));
    COVER(error == E_NO_RIGHT);
}
