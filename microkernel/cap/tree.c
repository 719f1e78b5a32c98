/* SPDX-License-Identifier: BSD-2-Clause */
/* The derivation tree: rings of siblings through their parent, see cap.h for the picture.
 *
 * Every operation changes a fixed number of links. "After" is the sibling whose prev names a slot:
 * the next one, or the first one if the slot is the last. */
#include <string.h>
#include <kernel/cap.h>

/* Not in the direct map like all other slots: link 0 stands for it where a parent is named. */
struct slot cap_tree_root;

static uint64_t pack_parent(const struct slot *parent)
{
    return parent == &cap_tree_root ? 0 : slot_pack(parent);
}

static struct slot *unpack_parent(uint64_t link)
{
    return link ? slot_unpack(link) : &cap_tree_root;
}

struct slot *tree_child(const struct slot *slot)
{
    return slot->child ? slot_unpack(slot->child) : NULL;
}

struct slot *tree_sibling(const struct slot *slot)
{
    return slot->last ? NULL : slot_unpack(slot->next);
}

void tree_insert(struct slot *parent, struct slot *slot)
{
    struct slot *first = tree_child(parent);

    slot->child = 0;
    if (first) {
        slot->prev = first->prev;
        slot->next = slot_pack(first);
        slot->last = 0;
        first->prev = slot_pack(slot);
    } else {
        slot->prev = slot_pack(slot);
        slot->next = pack_parent(parent);
        slot->last = 1;
    }
    parent->child = slot_pack(slot);
}

/* Where a slot stands among its siblings. */
struct place {
    bool first;
    bool only;
    struct slot *before; /* previous sibling; of the first one: the last */
    struct slot *after;
    struct slot *parent; /* set if the slot is the first or the last */
};

static struct place tree_place(const struct slot *slot)
{
    struct place place = {.before = slot_unpack(slot->prev)};

    place.first = place.before->last;
    place.only = place.first && slot->last;
    if (slot->last)
        place.parent = unpack_parent(slot->next);
    else if (place.first)
        place.parent = unpack_parent(place.before->next);
    place.after = slot->last ? tree_child(place.parent) : slot_unpack(slot->next);
    return place;
}

static void remove_leaf(struct slot *slot, const struct place *place)
{
    if (place->only) {
        place->parent->child = 0;
        return;
    }
    place->after->prev = slot->prev;
    if (place->first) {
        place->parent->child = slot->next;
    } else {
        place->before->next = slot->next;
        place->before->last = slot->last;
    }
}

/* Put the run of the slot's children where the slot was. */
static void remove_inner(struct slot *slot, const struct place *place)
{
    struct slot *first = tree_child(slot);
    struct slot *last = slot_unpack(first->prev);

    last->next = slot->next;
    last->last = slot->last;
    if (!place->only) {
        place->after->prev = slot_pack(last);
        first->prev = slot->prev;
    }
    if (place->first)
        place->parent->child = slot_pack(first);
    else
        place->before->next = slot_pack(first);
}

void tree_remove(struct slot *slot)
{
    struct place place = tree_place(slot);

    if (slot->child)
        remove_inner(slot, &place);
    else
        remove_leaf(slot, &place);
    slot->child = slot->next = slot->prev = slot->last = 0;
}

void tree_move(struct slot *to, struct slot *from)
{
    struct place place = tree_place(from);

    *to = *from;
    if (to->child)
        slot_unpack(tree_child(to)->prev)->next = slot_pack(to);
    if (place.only)
        to->prev = slot_pack(to);
    else
        place.after->prev = slot_pack(to);
    if (place.first)
        place.parent->child = slot_pack(to);
    else
        place.before->next = slot_pack(to);
    memset(from, 0, sizeof *from);
}
