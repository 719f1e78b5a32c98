/* SPDX-License-Identifier: BSD-2-Clause */
/* The derivation tree: each capability is visited once as a child of its parent. */
#include <kernel/cnode.h>
#include <kernel/object.h>
#include <kernel/untyped.h>
#include <kernel/vspace.h>
#include "check.h"

/* What the last sibling names. */
static struct slot *parent_of(const struct slot *last)
{
    return last->next ? slot_unpack(last->next) : &cap_tree_root;
}

/* The next slot in pre-order, NULL after the last. */
static struct slot *tree_next(struct slot *slot)
{
    if (slot->child)
        return tree_child(slot);
    while (slot != &cap_tree_root && slot->last)
        slot = parent_of(slot);
    return slot == &cap_tree_root ? NULL : slot_unpack(slot->next);
}

/* The memory that a capability stands for; end 0: none. */
static struct check_range memory_of(const struct slot *cap)
{
    struct check_range range = {.slot = cap};
    unsigned bits;

    switch (cap->type) {
    case OBJECT_UNTYPED:
    case OBJECT_FRAME:
        bits = cap->size_bits;
        range.begin = cap->word;
        break;
    case OBJECT_CNODE:
        bits = cap->size_bits + CNODE_SLOT_BITS;
        range.begin = ptr_to_paddr(cap_object(cap)).raw;
        break;
    case SLOT_CNODE_DYING:
        bits = cap->size_bits + CNODE_SLOT_BITS;
        range.begin = ptr_to_paddr(cap).raw;
        break;
    case SLOT_CURSOR:
        return range;
    default:
        bits = object_ops[cap->type].size_bits;
        if (bits)
            range.begin = ptr_to_paddr(cap_object(cap)).raw;
    }
    if (bits)
        range.end = range.begin + (1ull << bits);
    return range;
}

static bool same_object(const struct slot *a, const struct slot *b)
{
    return a->type == b->type && cap_object(a) == cap_object(b);
}

/* ---- a capability and its parent ---- */

/* Objects are taken upwards and stand newest first; a copy whose source was deleted stands beside
 * the others. So comparing neighbours finds every overlap. */
static const char *check_below_untyped(const struct slot *parent, const struct slot *slot,
                                       const struct slot *before)
{
    struct check_range range = memory_of(slot);

    if (range.end == 0)
        return "no memory, but derived from an Untyped";
    if (range.begin & (range.end - range.begin - 1))
        return "an object is not aligned to its size";
    if (range.begin < parent->word || range.end > parent->word + untyped_watermark(parent))
        return "an object lies outside of what its Untyped handed out";
    if (before && before->type != SLOT_CURSOR && !same_object(before, slot) &&
        memory_of(before).begin < range.end)
        return "two objects overlap";
    return slot->device == parent->device ? NULL : "device memory became memory, or the reverse";
}

static const char *check_below_copy(const struct slot *parent, const struct slot *slot)
{
    bool badged = parent->type == OBJECT_ENDPOINT || parent->type == OBJECT_RENDEZVOUS;

    if (!same_object(parent, slot) &&
        !(parent->type == OBJECT_CNODE && slot->type == SLOT_CNODE_DYING))
        return "a copy names something else than its source";
    if (slot->type != SLOT_CNODE_DYING && slot->size_bits != parent->size_bits)
        return "a copy has another size than its source";
    if (slot->rights & ~parent->rights)
        return "a copy has more rights than its source";
    if (badged && cap_data(parent) && cap_data(slot) != cap_data(parent))
        return "a copy of a capability with a badge has another badge";
    return slot->device == parent->device ? NULL : "device memory became memory, or the reverse";
}

static const char *check_untyped(const struct slot *slot)
{
    uint64_t size = 1ull << slot->size_bits;

    if (slot->word & (size - 1))
        return "an Untyped is not aligned to its size";
    if (untyped_watermark(slot) > size)
        return "a watermark lies outside of its Untyped";
    return untyped_cleared(slot) > size ? "an Untyped says it cleared more than it has" : NULL;
}

/* ---- what it names ---- */

static const char *note_object(struct check *check, const struct slot *slot, void *address)
{
    bool added;
    uint32_t *index = check_map_add(&check->known, (uintptr_t)address, &added);

    if (!index || (added && check->object_count == CHECK_OBJECTS_MAX))
        return CHECK_FULL;
    if (added) {
        *index = check->object_count++;
        check->objects[*index] = (struct check_object){.address = address, .type = slot->type};
    }
    check->objects[*index].caps++;
    return check->objects[*index].type == slot->type
               ? NULL
               : "capabilities of different types name the same object";
}

static const char *note_installed(struct check *check, struct slot *slot)
{
    if (slot->type == OBJECT_FRAME && mapping_get(slot).id == 0)
        return NULL;
    if (check->installed_count == CHECK_INSTALLED)
        return CHECK_FULL;
    check->installed[check->installed_count++] = slot;
    return NULL;
}

static const char *note(struct check *check, struct slot *slot)
{
    const char *wrong = NULL;

    switch (slot->type) {
    case OBJECT_UNTYPED:
        return check_untyped(slot);
    case OBJECT_FRAME:
        return note_installed(check, slot);
    case OBJECT_PAGE_TABLE:
        wrong = note_installed(check, slot);
        return wrong ? wrong : note_object(check, slot, cap_object(slot));
    case SLOT_CNODE_DYING:
        check->dying++;
        return note_object(check, slot, slot);
    default:
        if (slot->type == OBJECT_CNODE || object_ops[slot->type].counted)
            return note_object(check, slot, cap_object(slot));
        return NULL;
    }
}

/* ---- the tree ---- */

static const char *check_cursor(const struct slot *parent, const struct slot *before)
{
    if (!parent->revoking)
        return "a cursor stands below a capability that is not being revoked";
    return before && before->type != SLOT_CURSOR ? "a cursor is not in front" : NULL;
}

/* What a doorbell finds out without the lock. */
static bool rings(const struct slot *slot)
{
    return slot->type == OBJECT_ENDPOINT && (slot->rights & RIGHT_WRITE) && !slot->revoking;
}

static const char *check_slot(struct check *check, const struct slot *parent, struct slot *slot,
                              const struct slot *before)
{
    const char *wrong = NULL;
    bool added;
    uint32_t *index = check_map_add(&check->slots, (uintptr_t)slot, &added);

    check->where = slot;
    if (!index || check->slot_count == CHECK_SLOTS_MAX)
        return CHECK_FULL;
    if (!added)
        return "a slot stands twice in the tree";
    *index = check->slot_count;
    check->held[check->slot_count] = slot->type == SLOT_CNODE_DYING;
    check->slot_list[check->slot_count++] = slot;
    if (slot->type == OBJECT_NULL || slot->type == SLOT_CNODE_HEADER || slot->type > SLOT_CURSOR)
        return "a slot in the tree holds no capability";
    if (slot->type == SLOT_CURSOR)
        return check_cursor(parent, before);
    if ((slot->word & CAP_RINGS) != (rings(slot) ? CAP_RINGS : 0))
        return "a slot says wrongly that it may be rung";
    if (parent == &cap_tree_root) {
        if (check->top_count == CHECK_TOP_MAX)
            return CHECK_FULL;
        check->top[check->top_count++] = memory_of(slot);
        if (slot->type == OBJECT_PROCESS)
            check->first_process = cap_object(slot);
    } else if (parent->type == OBJECT_UNTYPED) {
        wrong = check_below_untyped(parent, slot, before);
    } else {
        wrong = check_below_copy(parent, slot);
    }
    return wrong ? wrong : note(check, slot);
}

static const char *check_children(struct check *check, struct slot *parent)
{
    struct slot *first = tree_child(parent), *slot = first, *before = NULL;
    const char *wrong;

    check->where = parent;
    if (parent->revoking && (!first || first->type != SLOT_CURSOR))
        return "a capability is being revoked by nobody";
    if (!first)
        return NULL;
    for (;; slot = slot_unpack(slot->next)) {
        wrong = check_slot(check, parent, slot, before);
        if (wrong)
            return wrong;
        if (before && slot_unpack(slot->prev) != before)
            return "prev and next disagree";
        if (slot->last)
            break;
        before = slot;
    }
    if (slot_unpack(first->prev) != slot)
        return "prev of the first child is not the last child";
    return parent_of(slot) == parent ? NULL : "the last child does not name its parent";
}

/* At the top there is no order: sort by address (heap sort), then compare neighbours. */
static void sift(struct check_range *heap, uint32_t at, uint32_t count)
{
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        struct check_range swapped = heap[at];

        if (child + 1 < count && heap[child + 1].begin > heap[child].begin)
            child++;
        if (heap[child].begin <= heap[at].begin)
            return;
        heap[at] = heap[child];
        heap[child] = swapped;
    }
}

static const char *check_top(struct check *check)
{
    struct check_range *top = check->top;
    const struct check_range *before = NULL;

    for (uint32_t i = check->top_count; i-- > 0;)
        sift(top, i, check->top_count);
    for (uint32_t end = check->top_count; end-- > 1;) {
        struct check_range swapped = top[0];

        top[0] = top[end];
        top[end] = swapped;
        sift(top, 0, end);
    }
    for (uint32_t i = 0; i < check->top_count; i++) {
        if (top[i].end == 0)
            continue;
        check->where = top[i].slot;
        if (before && before->end > top[i].begin && !same_object(before->slot, top[i].slot))
            return "two objects overlap";
        before = &top[i];
    }
    return NULL;
}

const char *check_tree(struct check *check)
{
    const char *wrong = NULL;

    for (struct slot *slot = &cap_tree_root; slot && !wrong; slot = tree_next(slot))
        wrong = check_children(check, slot);
    return wrong ? wrong : check_top(check);
}
