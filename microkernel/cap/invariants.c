/* SPDX-License-Identifier: BSD-2-Clause */
/* The invariants of the capability system, checked by walking the whole tree. For tests: it takes
 * time in the square of the number of capabilities. */
#include <kernel/cnode.h>
#include <kernel/object.h>
#include <kernel/untyped.h>

/* The next slot in pre-order, NULL after the last. */
static struct slot *tree_next(struct slot *slot)
{
    if (slot->child)
        return tree_child(slot);
    while (slot != &cap_tree_root && slot->last)
        slot = tree_parent(slot);
    return slot == &cap_tree_root ? NULL : slot_unpack(slot->next);
}

static const char *check_ring(struct slot *parent)
{
    struct slot *first = tree_child(parent), *child = first, *before;

    if (!first)
        return NULL;
    before = slot_unpack(first->prev);
    if (!before->last)
        return "prev of the first child is not the last child";
    for (;; child = slot_unpack(child->next)) {
        if (slot_unpack(child->prev) != before)
            return "prev and next disagree";
        if (child->last)
            break;
        before = child;
    }
    if (tree_parent(child) != parent)
        return "the last child does not name its parent";
    return slot_unpack(first->prev) == child ? NULL : "prev of the first child is wrong";
}

/* The memory that a capability stands for; bits 0: none. */
static uint64_t memory_of(const struct slot *cap, unsigned *bits)
{
    switch (cap->type) {
    case OBJECT_UNTYPED:
    case OBJECT_FRAME:
        *bits = cap->size_bits;
        return cap->word;
    case OBJECT_CNODE:
        *bits = cap->size_bits + CNODE_SLOT_BITS;
        return ptr_to_paddr(cap_object(cap)).raw;
    case SLOT_CNODE_DYING:
        *bits = cap->size_bits + CNODE_SLOT_BITS;
        return ptr_to_paddr(cap).raw;
    default:
        *bits = object_ops[cap->type].size_bits;
        return *bits ? ptr_to_paddr(cap_object(cap)).raw : 0;
    }
}

static const char *check_below_untyped(const struct slot *parent, const struct slot *cap)
{
    unsigned bits;
    uint64_t begin = memory_of(cap, &bits);

    if (bits == 0)
        return "no memory, but derived from an Untyped";
    if (begin & ((1ull << bits) - 1))
        return "an object is not aligned to its size";
    if (begin < parent->word || begin + (1ull << bits) > parent->word + untyped_watermark(parent))
        return "an object lies outside of what its Untyped handed out";
    return cap->device == parent->device ? NULL : "device memory became memory, or the reverse";
}

static const char *check_below_copy(const struct slot *parent, const struct slot *cap)
{
    if (cap->type != parent->type || cap->word != parent->word)
        return "a copy names something else than its source";
    if (cap->rights & ~parent->rights)
        return "a copy has more rights than its source";
    return NULL;
}

/* Siblings stand for different memory, or for the same object. */
static const char *check_overlap(const struct slot *cap)
{
    unsigned bits, other_bits;
    uint64_t begin = memory_of(cap, &bits), other_begin;

    for (const struct slot *other = cap; !other->last;) {
        other = slot_unpack(other->next);
        other_begin = memory_of(other, &other_bits);
        if (bits == 0 || other_bits == 0 || (cap->type == other->type && begin == other_begin))
            continue;
        if (begin < other_begin + (1ull << other_bits) && other_begin < begin + (1ull << bits))
            return "two objects overlap";
    }
    return NULL;
}

static const char *check_references(const struct slot *cap)
{
    uint64_t count = 0, refs;

    if (cap->type == OBJECT_CNODE)
        refs = ((struct slot *)cap_object(cap))->word;
    else if (cap->type < OBJECT_COUNT && object_ops[cap->type].counted)
        refs = ((struct object *)cap_object(cap))->refs;
    else
        return NULL;
    for (struct slot *slot = tree_next(&cap_tree_root); slot; slot = tree_next(slot))
        count += slot->type == cap->type && slot->word == cap->word;
    return count == refs ? NULL : "the references of an object are miscounted";
}

static const char *check_slot(struct slot *slot)
{
    const struct slot *parent = tree_parent(slot);
    const char *wrong = NULL;

    if (slot->type == OBJECT_NULL || slot->type == SLOT_CNODE_HEADER ||
        slot->type > SLOT_CNODE_DYING)
        return "a slot in the tree holds no capability";
    if (parent != &cap_tree_root)
        wrong = parent->type == OBJECT_UNTYPED ? check_below_untyped(parent, slot)
                                               : check_below_copy(parent, slot);
    wrong = wrong ? wrong : check_ring(slot);
    wrong = wrong ? wrong : check_overlap(slot);
    return wrong ? wrong : check_references(slot);
}

const char *cap_check_invariants(void)
{
    const char *wrong = check_ring(&cap_tree_root);

    for (struct slot *slot = tree_next(&cap_tree_root); slot && !wrong; slot = tree_next(slot))
        wrong = check_slot(slot);
    return wrong;
}
