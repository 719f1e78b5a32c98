/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include "derivation.h"

static struct model_cap caps[CAPS_MAX];
unsigned model_live;

bool model_stems_from(const struct model_cap *cap, const struct model_cap *of)
{
    size_t i = (size_t)(of - caps);

    return cap->ancestors[i / 64] >> i % 64 & 1;
}

struct model_cap *model_find(const struct slot *slot)
{
    for (unsigned i = 0; i < CAPS_MAX; i++)
        if (caps[i].slot == slot)
            return &caps[i];
    return NULL;
}

struct model_cap *model_add(struct slot *slot, const struct model_cap *parent)
{
    struct model_cap *cap = model_find(NULL);
    size_t i = parent ? (size_t)(parent - caps) : 0;

    assert_non_null(cap);
    *cap = (struct model_cap){.slot = slot};
    if (parent) {
        memcpy(cap->ancestors, parent->ancestors, sizeof cap->ancestors);
        cap->ancestors[i / 64] |= 1ull << i % 64;
    }
    model_live++;
    return cap;
}

/* Whether the last capability to what it names destroys something that can hold slots. */
static bool is_container(const struct model_cap *cap)
{
    return cap->type == OBJECT_CNODE || cap->type == OBJECT_PROCESS;
}

void model_kill(struct model_cap *dead)
{
    struct model_cap was = *dead;
    size_t bit = (size_t)(dead - caps);

    dead->slot = NULL;
    model_live--;
    for (unsigned i = 0; i < CAPS_MAX; i++)
        caps[i].ancestors[bit / 64] &= ~(1ull << bit % 64);
    if (!is_container(&was))
        return;
    for (unsigned i = 0; i < CAPS_MAX; i++)
        if (caps[i].slot && caps[i].type == was.type && caps[i].object == was.object)
            return;
    for (unsigned i = 0; i < CAPS_MAX; i++)
        if (caps[i].slot && ptr_to_paddr(caps[i].slot).raw - was.object < 1ull << was.bits)
            model_kill(&caps[i]);
}

struct model_cap *model_descendant(const struct model_cap *of)
{
    for (unsigned i = 0; i < CAPS_MAX; i++)
        if (caps[i].slot && model_stems_from(&caps[i], of))
            return &caps[i];
    return NULL;
}

void model_describe(struct model_cap *cap)
{
    const struct slot *slot = cap->slot;

    cap->type = slot->type;
    cap->rights = slot->rights;
    cap->bits = cap->type == OBJECT_CNODE     ? slot->size_bits + CNODE_SLOT_BITS
                : cap->type == OBJECT_PROCESS ? 14
                                              : slot->size_bits;
    cap->object = cap->type == OBJECT_UNTYPED || cap->type == OBJECT_FRAME
                      ? slot->word
                      : ptr_to_paddr(cap_object(slot)).raw;
}

/* Along its siblings to the last one, which names the parent. */
static struct slot *parent_of(const struct slot *slot)
{
    while (!slot->last)
        slot = slot_unpack(slot->next);
    return slot->next ? slot_unpack(slot->next) : &cap_tree_root;
}

static void compare_ancestors(const struct model_cap *cap)
{
    unsigned in_model = 0, in_tree = 0;

    for (unsigned w = 0; w < WORDS; w++)
        in_model += (unsigned)__builtin_popcountll(cap->ancestors[w]);
    for (struct slot *up = parent_of(cap->slot); up != &cap_tree_root; up = parent_of(up)) {
        const struct model_cap *ancestor = model_find(up);

        if (!ancestor || !model_stems_from(cap, ancestor))
            fail_msg("an ancestor in the tree is none in the model");
        in_tree++;
    }
    assert_int_equal(in_tree, in_model);
}

static unsigned count_tree(const struct slot *slot)
{
    unsigned count = 0;

    for (const struct slot *child = tree_child(slot); child;
         child = child->last ? NULL : slot_unpack(child->next))
        count += 1 + count_tree(child);
    return count;
}

void model_compare(bool deep)
{
    for (unsigned i = 0; i < CAPS_MAX; i++) {
        const struct model_cap *cap = &caps[i];

        if (!cap->slot)
            continue;
        if (cap->slot->type != cap->type || cap->slot->rights != cap->rights)
            fail_msg("a capability that should model_live is gone or changed");
        if (deep)
            compare_ancestors(cap);
    }
    assert_int_equal(count_tree(&cap_tree_root), model_live);
    if (deep)
        check_invariants();
}

void model_start(void)
{
    memset(caps, 0, sizeof caps);
    model_live = 0;
    for (uint32_t i = ROOT_SELF; i <= ROOT_SELF_PROCESS; i++)
        model_describe(model_add(at(i), NULL));
    model_describe(model_add(&caller->cspace_root, model_find(at(ROOT_SELF))));
}
