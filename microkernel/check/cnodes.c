/* SPDX-License-Identifier: BSD-2-Clause */
/* Where capabilities lie: every full slot of a CNode is in the tree, and what is in the tree lies
 * in a CNode or in an object that holds capabilities of its own. */
#include <kernel/cnode.h>
#include <kernel/object.h>
#include "check.h"

#define CURSOR_MASK ((1ull << 21) - 1) /* of a dying CNode: slots not yet visited (cnode.c) */

/* Whether all that lies in the CNode is in the tree. */
static bool hold(struct check *check, const struct slot *slots)
{
    uint64_t count = 1ull << slots[0].size_bits;

    for (uint64_t i = 1; i < count; i++) {
        uint32_t *index;

        if (cap_is_empty(&slots[i]))
            continue;
        check->where = &slots[i];
        index = check_map_find(&check->slots, (uintptr_t)&slots[i]);
        if (!index)
            return false;
        check->held[*index] = true;
    }
    return true;
}

/* What the cursor of a dying CNode has passed is empty. */
static bool rest_is_empty(const struct slot *header)
{
    uint64_t cursor = cap_data(header) & CURSOR_MASK;

    for (uint64_t i = cursor + 1; i < 1ull << header->size_bits; i++)
        if (!cap_is_empty(&header[i]))
            return false;
    return true;
}

static const char *check_dying(struct check *check)
{
    uint32_t count = 0;
    uint64_t before = 0;

    for (struct slot *header = cnode_dying(); header; count++) {
        check->where = header;
        if (count == check->dying || header->type != SLOT_CNODE_DYING ||
            !check_live(check, header, SLOT_CNODE_DYING))
            return "the list of dying CNodes holds something else";
        if (cap_data(header) >> 21 != before)
            return "the list of dying CNodes is not linked both ways";
        if (!rest_is_empty(header))
            return "a dying CNode holds what it has been emptied of";
        before = slot_pack(header);
        header = header->word ? slot_unpack(header->word >> 1) : NULL;
    }
    return count == check->dying ? NULL : "a dying CNode is in no list";
}

/* Whether it lies in a live object: a Process's space, what a Thread may hold. */
static bool inside_object(struct check *check, const struct slot *slot)
{
    for (unsigned type = 0; type < OBJECT_COUNT; type++) {
        uint64_t begin = (uintptr_t)slot & -(1ull << object_ops[type].size_bits);

        if (object_ops[type].counted && check_live(check, (void *)(uintptr_t)begin, type))
            return true;
    }
    return false;
}

const char *check_cnodes(struct check *check)
{
    for (uint32_t i = 0; i < check->object_count; i++) {
        const struct check_object *noted = &check->objects[i];

        if ((noted->type == OBJECT_CNODE || noted->type == SLOT_CNODE_DYING) &&
            !hold(check, noted->address))
            return "a capability in a CNode is not in the tree";
    }
    for (uint32_t i = 0; i < check->slot_count; i++) {
        check->where = check->slot_list[i];
        if (!check->held[i] && !inside_object(check, check->slot_list[i]))
            return "a capability in the tree lies in no CNode";
    }
    return check_dying(check);
}
