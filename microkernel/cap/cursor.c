/* SPDX-License-Identifier: BSD-2-Clause */
/* Cursors: how a revoke that is suspended keeps its place.
 *
 * Invariant, whenever the kernel lock is free:
 *   - a capability is `revoking` if and only if its first child is a cursor;
 *   - cursors stand before all other children of their parent, at most CURSORS_MAX;
 *   - each belongs to a job that has been started and not ended (job.h).
 *
 * It holds because nothing can be derived from a capability that is revoking (so nothing is
 * inserted before the cursors), because the children of a deleted capability take its place behind
 * them, because a deletion ends the cursors of the capability itself first, and because the end of
 * a job, for whatever reason, takes its cursor out. So E_REVOKING lasts as long as somebody revokes
 * and no longer, and a cursor never comes to stand below another capability than it was meant for
 * (tests/model/revoke.pml).
 */
#include <string.h>
#include <kernel/cap.h>

static bool has_cursor(const struct slot *cap)
{
    return cap->child && tree_child(cap)->type == SLOT_CURSOR;
}

bool cursor_open(struct slot *cursor, struct slot *cap)
{
    struct slot *child = tree_child(cap);

    for (unsigned i = 0; child && child->type == SLOT_CURSOR; child = tree_sibling(child)) {
        if (++i == CURSORS_MAX)
            return false;
    }
    *cursor = (struct slot){.type = SLOT_CURSOR};
    tree_insert(cap, cursor);
    cap->revoking = 1;
    cap_tag(cap);
    return true;
}

struct slot *cursor_place(const struct slot *cursor)
{
    const struct slot *before;

    if (cursor->type != SLOT_CURSOR)
        return NULL;
    /* Back to the first sibling, whose prev is the last, which names the parent. */
    while (before = slot_unpack(cursor->prev), !before->last)
        cursor = before;
    return slot_unpack(before->next);
}

void cursor_close(struct slot *cursor)
{
    struct slot *cap = cursor_place(cursor);

    if (!cap)
        return;
    tree_remove(cursor);
    memset(cursor, 0, sizeof *cursor);
    if (!has_cursor(cap)) {
        cap->revoking = 0;
        cap_tag(cap);
    }
}

void cursors_end(struct slot *cap)
{
    while (has_cursor(cap)) {
        struct slot *cursor = tree_child(cap);

        tree_remove(cursor);
        memset(cursor, 0, sizeof *cursor);
    }
}

struct slot *cursors_skip(const struct slot *cap)
{
    struct slot *child = tree_child(cap);

    while (child && child->type == SLOT_CURSOR)
        child = tree_sibling(child);
    return child;
}
