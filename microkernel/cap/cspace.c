/* SPDX-License-Identifier: BSD-2-Clause */
/* Capability spaces: from a 32-bit address to a slot. */
#include <kernel/cnode.h>

/* Resolve one level: take guard and index from the top of the `*bits` low bits of the address.
 * NULL: not a CNode, or the address does not fit it. The radix is at least 1, so bits shrink. */
static struct slot *lookup_level(const struct slot *cnode, uint32_t cptr, unsigned *bits)
{
    unsigned guard_bits, radix;
    uint64_t rest;

    if (cnode->type != OBJECT_CNODE)
        return NULL;
    guard_bits = cnode_guard_bits(cnode);
    radix = cnode_radix(cnode);
    if (guard_bits + radix > *bits)
        return NULL;
    rest = cptr & ((1ull << *bits) - 1);
    if (rest >> (*bits - guard_bits) != cnode_guard(cnode))
        return NULL;
    *bits -= guard_bits + radix;
    return (struct slot *)cap_object(cnode) + (rest >> *bits & ((1ull << radix) - 1));
}

enum error cspace_lookup(const struct slot *root, uint32_t cptr, struct slot **out)
{
    const struct slot *cnode = root;
    unsigned bits = 32;

    for (unsigned level = 0; level < CSPACE_LEVELS_MAX; level++) {
        struct slot *slot = lookup_level(cnode, cptr, &bits);
        enum error error = slot ? cap_check(slot) : E_BAD_CAP;

        if (error != E_OK)
            return error;
        if (bits == 0) {
            *out = slot;
            return E_OK;
        }
        cnode = slot;
    }
    return E_BAD_CAP;
}

void cspace_cache_update(struct cspace_cache *cache, const struct slot *root)
{
    bool flat = root->type == OBJECT_CNODE && cnode_guard(root) == 0 &&
                cnode_guard_bits(root) + cnode_radix(root) == 32;

    cache->slots = flat ? cap_object(root) : NULL;
    cache->count = flat ? 1u << cnode_radix(root) : 0;
}

enum error cspace_find(const struct slot *root, uint64_t cptr, uint32_t types, unsigned rights,
                       struct slot **out)
{
    struct slot *slot;

    if (cptr > UINT32_MAX)
        return E_BAD_CAP;
    TRY(cspace_lookup(root, (uint32_t)cptr, &slot));
    if (!(types >> slot->type & 1))
        return needs(types, E_BAD_TYPE);
    if (rights & ~slot->rights)
        return needs(rights & ~slot->rights, E_NO_RIGHT);
    *out = slot;
    return E_OK;
}
