/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities that are derived from nothing, made at boot. */
#include <kernel/cnode.h>
#include <kernel/object.h>

static void make(struct slot *slot, const struct slot *cap)
{
    *slot = *cap;
    cap_tag(slot);
    tree_insert(&cap_tree_root, slot);
}

void cap_make_memory(struct slot *slot, enum object_type type, paddr_t paddr, unsigned size_bits,
                     unsigned rights)
{
    make(slot,
         &(struct slot){.type = type, .rights = rights, .size_bits = size_bits, .word = paddr.raw});
}

void cap_make_object(struct slot *slot, enum object_type type, void *object, unsigned rights)
{
    if (object_ops[type].counted)
        object_init(type, object);
    make(slot, &(struct slot){.type = type, .rights = rights, .word = (uintptr_t)object});
}

void cap_make_cnode(struct slot *slot, struct slot *slots, unsigned radix, uint32_t guard,
                    unsigned guard_bits)
{
    struct slot cap = {
        .type = OBJECT_CNODE, .rights = RIGHT_ALL, .size_bits = radix, .word = (uintptr_t)slots};

    cnode_set_guard(&cap, guard, guard_bits);
    cnode_init(slots, radix);
    make(slot, &cap);
}
