/* SPDX-License-Identifier: BSD-2-Clause */
/* One operation at random, on the kernel and on the model. */
#include "derivation.h"

/* A CNode that the caller can name, and a slot of it. Mostly full (or empty) slots, if wanted. */
struct pick {
    uint32_t cptr;
    uint64_t index;
    struct slot *slot;
};

static struct pick pick_slot(bool want_full)
{
    struct pick pick = {ROOT_SELF, 1, NULL};

    for (unsigned tries = 0; tries < 30; tries++) {
        uint32_t cptr = 1 + random_below(ROOT_SLOTS - 1);

        if (at(cptr)->type != OBJECT_CNODE || random_below(4) == 0)
            cptr = ROOT_SELF;
        pick.cptr = cptr;
        pick.index = 1 + random_below((1u << cnode_radix(at(cptr))) - 1);
        pick.slot = (struct slot *)cap_object(at(cptr)) + pick.index;
        if (cap_is_empty(pick.slot) != want_full && !cap_is_empty(at(pick.cptr)))
            return pick;
    }
    return pick;
}

bool is_fixed(const struct slot *slot)
{
    return slot == at(ROOT_SELF) || slot == at(ROOT_UNTYPED) || slot == at(ROOT_DEVICE) ||
           slot == at(ROOT_SELF_PROCESS);
}

static long expect_derive(const struct pick *to, const struct pick *from)
{
    const struct model_cap *source = model_find(from->slot), *via_to = model_find(at(to->cptr)),
                           *via_from = model_find(at(from->cptr));

    if (!(via_to->rights & RIGHT_WRITE) || !(via_from->rights & RIGHT_READ))
        return E_NO_RIGHT;
    if (!source)
        return E_BAD_CAP;
    if (!(source->rights & RIGHT_GRANT) || source->type == OBJECT_PAGE_TABLE)
        return E_NO_RIGHT;
    if (source->type == OBJECT_UNTYPED && model_descendant(source))
        return E_IN_USE;
    return model_find(to->slot) ? E_SLOT_FULL : E_OK;
}

static void random_derive(void)
{
    struct pick to = pick_slot(false), from = pick_slot(true);
    uint64_t rights = random_below(3) ? RIGHT_ALL : random_below(16);
    bool mint = random_below(4) == 0 && from.slot->type == OBJECT_CNODE;
    long expected = expect_derive(&to, &from);
    long result =
        mint ? do_call(sys_cnode_mint, to.cptr, to.index, from.cptr, from.index, rights, 8)
             : do_call(sys_cnode_copy, to.cptr, to.index, from.cptr, from.index, rights, 0);

    assert_int_equal(result, expected);
    if (result == E_OK) {
        struct model_cap *source = model_find(from.slot), *copy = model_add(to.slot, source);

        copy->object = source->object;
        copy->bits = source->bits;
        copy->type = source->type;
        copy->rights = source->rights & (unsigned)rights;
    }
}

static void random_move(void)
{
    struct pick to = pick_slot(false), from = pick_slot(true);
    long result;

    if (is_fixed(from.slot))
        return;
    result = do_call(sys_cnode_move, to.cptr, to.index, from.cptr, from.index, 0, 0);
    if (result == E_OK) {
        assert_null(model_find(to.slot));
        model_find(from.slot)->slot = to.slot;
    } else {
        assert_true(result == E_NO_RIGHT || result == E_BAD_CAP || result == E_SLOT_FULL);
    }
}

static void random_delete(void)
{
    struct pick pick = pick_slot(true);
    struct model_cap *cap = model_find(pick.slot);
    bool allowed = model_find(at(pick.cptr))->rights & RIGHT_WRITE;

    if (is_fixed(pick.slot))
        return;
    assert_int_equal(do_call(sys_cnode_delete, pick.cptr, pick.index, 0, 0, 0, 0),
                     allowed ? E_OK : E_NO_RIGHT);
    if (cap && allowed)
        model_kill(cap);
    reap_all();
}

static void random_revoke(void)
{
    struct pick pick = pick_slot(true);
    struct model_cap *cap = model_find(pick.slot), *child;
    struct slot *slot = pick.slot;

    /* The caller's own space hangs below ROOT_SELF. */
    if (!cap || slot == at(ROOT_SELF) || slot == at(ROOT_SELF_PROCESS) ||
        (slot == at(ROOT_UNTYPED) && random_below(8)) ||
        model_stems_from(model_find(at(pick.cptr)), cap) ||
        !(model_find(at(pick.cptr))->rights & RIGHT_WRITE))
        return;
    assert_int_equal(do_call(sys_cnode_revoke, pick.cptr, pick.index, 0, 0, 0, 0), E_OK);
    while (cap->slot == slot && (child = model_descendant(cap)))
        model_kill(child);
}

static void random_retype(void)
{
    static const uint8_t types[] = {OBJECT_UNTYPED,  OBJECT_CNODE, OBJECT_CNODE, OBJECT_PROCESS,
                                    OBJECT_ENDPOINT, OBJECT_FRAME, OBJECT_TIMER, OBJECT_PAGE_TABLE};
    struct pick to = pick_slot(false), from = pick_slot(true);
    uint64_t type = types[random_below(sizeof types)], count = 1 + random_below(3);
    uint64_t bits = type == OBJECT_CNODE   ? 2 + random_below(4)
                    : type == OBJECT_FRAME ? 12
                                           : 13 + random_below(6);
    struct model_cap *source;
    long result;

    for (unsigned i = 0; i < 100 && at(from.index)->type != OBJECT_UNTYPED; i++)
        from.index = 1 + random_below(ROOT_SLOTS - 1);
    if (from.index >= ROOT_SLOTS)
        return;
    source = model_find(at((uint32_t)from.index));
    result = do_retype((uint32_t)from.index, type, bits, to.cptr, to.index, count);
    if (result != E_OK)
        return;
    for (unsigned i = 0; i < count; i++) {
        struct model_cap *cap;

        assert_null(model_find(to.slot + i));
        cap = model_add(to.slot + i, source);
        model_describe(cap);
        assert_int_equal(cap->type, type);
        assert_int_equal(cap->rights, RIGHT_ALL);
    }
}

/* Give a process a capability space of its own. */
static void random_configure(void)
{
    uint32_t process = 1 + random_below(ROOT_SLOTS - 1), cnode = 1 + random_below(ROOT_SLOTS - 1);
    struct slot *root;

    if (at(process)->type != OBJECT_PROCESS || at(cnode)->type != OBJECT_CNODE)
        return;
    root = host_cspace_root(cap_object(at(process)));
    if (cap_copy(root, at(cnode), RIGHT_ALL) == E_OK) {
        model_add(root, model_find(at(cnode)));
        model_describe(model_find(root));
        root->watched = 1;
    }
}

void random_operation(void)
{
    uint32_t kind = random_below(100);

    if (model_live > CAPS_MAX - 8)
        kind = 80;
    if (kind < 40)
        random_derive();
    else if (kind < 52)
        random_move();
    else if (kind < 72)
        random_retype();
    else if (kind < 78)
        random_configure();
    else if (kind < 96)
        random_delete();
    else
        random_revoke();
}
