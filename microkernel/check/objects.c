/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects and the capabilities that name them. */
#include <kernel/cnode.h>
#include <kernel/object.h>
#include "check.h"

static const char *check_cnode(const struct slot *header, uint32_t caps)
{
    if (header->type != SLOT_CNODE_HEADER)
        return "slot 0 of a CNode is not its header";
    return header->word == (uint64_t)caps * CNODE_CAP
               ? NULL
               : "the capabilities to a CNode are miscounted";
}

static const char *check_counted(const struct object *object, const struct check_object *noted)
{
    if (object->type != noted->type)
        return "an object is of another type than its capability";
    return object->refs == noted->caps ? NULL : "the capabilities to an object are miscounted";
}

const char *check_references(struct check *check)
{
    const char *wrong = NULL;

    for (uint32_t i = 0; i < check->object_count && !wrong; i++) {
        const struct check_object *noted = &check->objects[i];

        check->where = noted->address;
        if (noted->type == OBJECT_CNODE)
            wrong = check_cnode(noted->address, noted->caps);
        else if (noted->type == OBJECT_PAGE_TABLE)
            wrong = noted->caps == 1 ? NULL : "a PageTable has two capabilities";
        else if (noted->type != SLOT_CNODE_DYING)
            wrong = check_counted(noted->address, noted);
    }
    return wrong;
}
