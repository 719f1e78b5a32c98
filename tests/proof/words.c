/* SPDX-License-Identifier: BSD-2-Clause */
/* What is packed into the words of a slot comes out as it went in, and nothing beside it changes.
 * With the kernel's own memory.h. */
#include "proof.h"
#include <kernel/cnode.h>
#include <kernel/memory.h>
#include <kernel/untyped.h>

struct slot nondet_slot(void);

#define DIRECT_MAP_BYTES (1ull << 38)

static bool all_but_data_same(struct slot a, struct slot b)
{
    return a.type == b.type && a.rights == b.rights && a.revoking == b.revoking &&
           a.last == b.last && a.watched == b.watched && a.device == b.device &&
           a.size_bits == b.size_bits && a.child == b.child && a.next == b.next &&
           a.prev == b.prev && a.word == b.word;
}

void proof_slot_pack(void)
{
    uint64_t offset = below(DIRECT_MAP_BYTES), link;
    struct slot *slot = (struct slot *)(uintptr_t)(DIRECT_MAP_BASE + offset);
    struct slot holder = nondet_slot();

    ASSUME(offset % sizeof *slot == 0);
    link = slot_pack(slot);
    holder.prev = link;
    holder.next = link;
    holder.child = link;
    CHECK(holder.prev == link && holder.next == link && holder.child == link);
    CHECK((uintptr_t)slot_unpack(link) == (uintptr_t)slot);
    CHECK((link == 0) == (offset == 0));
    COVER(offset == DIRECT_MAP_BYTES - sizeof *slot);
}

void proof_cap_data(void)
{
    struct slot slot = nondet_slot(), before = slot;
    uint64_t data = below(1ull << CAP_DATA_BITS);

    cap_set_data(&slot, data);
    CHECK(cap_data(&slot) == data && cap_data(&slot) == data);
    CHECK(all_but_data_same(slot, before));
    COVER(data == (1ull << CAP_DATA_BITS) - 1);
}

void proof_cap_permits(void)
{
    struct slot slot = nondet_slot();
    enum object_type type = (enum object_type)below(32);
    unsigned rights = (unsigned)below(16);
    bool permitted = cap_permits(&slot, type, rights);

    CHECK(permitted == (slot.type == type && (rights & ~slot.rights) == 0 &&
                        !slot.revoking));
    COVER(permitted && rights == RIGHT_ALL);
    COVER(!permitted && slot.type == type && !slot.revoking);
}

void proof_cnode_guard(void)
{
    struct slot slot = nondet_slot(), before = slot;
    uint32_t guard = nondet_u32();
    unsigned guard_bits = (unsigned)below(33);

    cnode_set_guard(&slot, guard, guard_bits);
    CHECK(cnode_guard(&slot) == guard && cnode_guard_bits(&slot) == guard_bits);
    CHECK(all_but_data_same(slot, before));
    COVER(guard == UINT32_MAX && guard_bits == 32);
}

void proof_untyped_words(void)
{
    struct slot slot = nondet_slot(), before = slot;
    uint64_t size = 1ull << UNTYPED_SIZE_BITS_MAX;
    uint64_t watermark = below(size + 1), cleared = below(size + 1);

    ASSUME(watermark % (1ull << UNTYPED_SIZE_BITS_MIN) == 0);
    ASSUME(slot.size_bits >= UNTYPED_SIZE_BITS_MIN && slot.size_bits <= UNTYPED_SIZE_BITS_MAX);
    ASSUME(watermark <= 1ull << slot.size_bits && cleared <= 1ull << slot.size_bits);
    ASSUME(cleared % untyped_clear_bytes(&slot) == 0);
    untyped_set(&slot, watermark, cleared);
    CHECK(untyped_watermark(&slot) == watermark && untyped_cleared(&slot) == cleared);
    CHECK(all_but_data_same(slot, before));
    COVER(watermark == size && cleared == size);
}
