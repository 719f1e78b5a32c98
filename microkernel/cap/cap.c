/* SPDX-License-Identifier: BSD-2-Clause */
/* Copy, mint, move, delete and revoke. */
#include <string.h>
#include <kernel/cnode.h>
#include <kernel/object.h>
#include <kernel/untyped.h>
#include <kernel/vspace.h>

void cap_tag(struct slot *slot)
{
    bool rings = slot->type == OBJECT_ENDPOINT && (slot->rights & RIGHT_WRITE) && !slot->revoking;

    if (slot->type == OBJECT_ENDPOINT)
        __atomic_store_n(&slot->word, (uintptr_t)cap_object(slot) | (rings ? CAP_RINGS : 0),
                         __ATOMIC_RELEASE);
}

/* Arguments of cnode_copy, cnode_mint and cnode_move. */
enum { ARGUMENT_TO = 1, ARGUMENT_FROM = 3, ARGUMENT_BADGE = 5 };

static enum error check_derive(const struct slot *to, const struct slot *from)
{
    TRY(blame(ARGUMENT_FROM, cap_check(from)));
    if (!(from->rights & RIGHT_GRANT) || from->type == OBJECT_PAGE_TABLE)
        return blame(ARGUMENT_FROM, needs(RIGHT_GRANT & ~from->rights, E_NO_RIGHT));
    if (from->type == OBJECT_UNTYPED && from->child)
        return blame(ARGUMENT_FROM, E_IN_USE);
    return blame(ARGUMENT_TO, cap_is_empty(to) ? E_OK : E_SLOT_FULL);
}

static void reference(const struct slot *cap)
{
    if (cap->type == OBJECT_CNODE)
        cnode_reference(cap_object(cap));
    else if (object_ops[cap->type].counted)
        ((struct object *)cap_object(cap))->refs++;
}

static void derive(struct slot *to, struct slot *from, uint64_t rights, uint64_t data)
{
    *to = (struct slot){.type = from->type,
                        .rights = from->rights & rights,
                        .device = from->device,
                        .size_bits = from->size_bits,
                        .word = from->word & ~CAP_RINGS};
    cap_tag(to);
    cap_set_data(to, data);
    tree_insert(from, to);
    reference(to);
}

enum error cap_copy(struct slot *to, struct slot *from, uint64_t rights)
{
    TRY(check_derive(to, from));
    /* A Frame's copy is mapped nowhere yet. */
    derive(to, from, rights, from->type == OBJECT_FRAME ? 0 : cap_data(from));
    /* Two capabilities must not hand out the same memory: the source has none left now. */
    if (from->type == OBJECT_UNTYPED)
        untyped_set(from, 1ull << from->size_bits, 0);
    return E_OK;
}

static enum error mint_guard(const struct slot *from, uint64_t badge, uint64_t *data)
{
    uint64_t guard_bits = badge & 63, guard = badge >> 6;

    if (guard_bits + cnode_radix(from) > 32 || guard >> guard_bits)
        return blame(ARGUMENT_BADGE, E_BAD_ARGUMENT);
    *data = guard | guard_bits << 32;
    return E_OK;
}

static enum error mint_data(const struct slot *from, uint64_t badge, uint64_t *data)
{
    switch (from->type) {
    case OBJECT_CNODE:
        return mint_guard(from, badge, data);
    case OBJECT_ENDPOINT:
    case OBJECT_RENDEZVOUS:
        if (cap_data(from))
            return blame(ARGUMENT_FROM, E_NO_RIGHT);
        *data = badge;
        return badge >> CAP_DATA_BITS ? out_of_range(ARGUMENT_BADGE, (1ull << CAP_DATA_BITS) - 1)
                                      : E_OK;
    default:
        return blame(ARGUMENT_FROM,
                     needs(1u << OBJECT_CNODE | 1u << OBJECT_ENDPOINT | 1u << OBJECT_RENDEZVOUS,
                           E_BAD_TYPE));
    }
}

enum error cap_mint(struct slot *to, struct slot *from, uint64_t rights, uint64_t badge)
{
    uint64_t data = 0;

    TRY(check_derive(to, from));
    TRY(mint_data(from, badge, &data));
    derive(to, from, rights, data);
    return E_OK;
}

enum error cap_move(struct slot *to, struct slot *from)
{
    TRY(blame(ARGUMENT_FROM, cap_check(from)));
    if (!cap_is_empty(to))
        return blame(ARGUMENT_TO, E_SLOT_FULL);
    tree_move(to, from);
    return E_OK;
}

/* Take the capability out of its slot; what it installed goes with it. */
static void empty_slot(struct slot *slot)
{
    if (slot->type == OBJECT_FRAME || slot->type == OBJECT_PAGE_TABLE)
        mapping_remove(slot);
    else if (slot->type == OBJECT_CNODE && cnode_release(slot))
        return; /* moved into the CNode's slot 0 */
    /* Whole, before the rest: it may be looked at without the lock. */
    __atomic_store_n(&slot->word, 0, __ATOMIC_RELAXED);
    tree_remove(slot);
    memset(slot, 0, sizeof *slot);
}

bool cap_reap_object(const struct slot *slot)
{
    struct object *object = cap_object(slot);

    return slot->type >= OBJECT_COUNT || !object_ops[slot->type].reap_step || object->refs > 1 ||
           object_ops[slot->type].reap_step(object);
}

unsigned cap_work(const struct slot *slot)
{
    return slot->type < OBJECT_COUNT && object_ops[slot->type].work ? object_ops[slot->type].work
                                                                    : 1;
}

void cap_delete(struct slot *slot)
{
    const struct object_ops *ops;
    struct object *object = cap_object(slot);
    bool watched = slot->watched;

    if (cap_is_empty(slot) || slot->type >= OBJECT_COUNT)
        return;
    ops = &object_ops[slot->type];
    cursors_end(slot);
    empty_slot(slot);
    if (watched)
        process_cspace_changed(slot);
    if (ops->counted && --object->refs == 0 && ops->destroy)
        ops->destroy(object);
}

bool cap_revoke_step(struct slot *slot)
{
    struct slot *child;
    unsigned work = 0;

    while ((child = cursors_skip(slot)) != NULL) {
        if (work && (child->type == SLOT_CNODE_DYING || work + cap_work(child) > STEP_WORK))
            return false;
        if (child->type == SLOT_CNODE_DYING) {
            (void)!cnode_reap_step(child);
            return false;
        }
        if (!cap_reap_object(child))
            return false;
        work += cap_work(child);
        cap_delete(child);
    }
    return work ? !cnode_dying() : cap_reap_step();
}

bool cap_reap_step(void)
{
    struct slot *header = cnode_dying();

    return !header || (cnode_reap_step(header) && !cnode_dying());
}
