/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities and objects of a case. */
#include <sys/program.h>
#include "suite.h"

#define INFO ((const struct boot_info *)ROOT_BOOT_INFO_BASE)

uint32_t arena;
uint32_t lasting;
static uint32_t first_slot; /* of the case */
static uint32_t next_slot;

static uint32_t largest_block(void)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < INFO->untyped_count; i++) {
        const struct boot_untyped *row = &INFO->untyped[i], *most = &INFO->untyped[best];

        if (!row->device && (most->device || row->size_bits > most->size_bits))
            best = i;
    }
    return INFO->untyped[best].cptr;
}

void objects_open(void)
{
    next_slot = INFO->first_free;
    lasting = largest_block();
    arena = make_from(lasting, OBJECT_UNTYPED, ARENA_BITS);
}

void objects_begin(void)
{
    first_slot = next_slot;
}

/* All that the arena's revocation left are copies of boot capabilities. */
void objects_close(void)
{
    revoke(arena);
    while (next_slot > first_slot)
        delete (--next_slot);
    CHECK_EQ(untyped_used(arena), 0);
}

uint32_t slots_take(uint32_t count)
{
    uint32_t first = next_slot;

    if (count > (1u << ROOT_CNODE_BITS) - next_slot)
        die("no slot is left");
    next_slot += count;
    return first;
}

uint32_t make_from(uint32_t untyped, enum object_type type, unsigned size_bits)
{
    uint32_t slot = slots_take(1);
    long error = sys_untyped_retype(untyped, type, size_bits, ROOT_CNODE, slot, 1);

    CHECK_OK(error);
    return slot;
}

uint32_t make(enum object_type type, unsigned size_bits)
{
    return make_from(arena, type, size_bits);
}

uint32_t make_many(enum object_type type, unsigned size_bits, uint32_t count)
{
    uint32_t first = slots_take(count);

    CHECK_OK(sys_untyped_retype(arena, type, size_bits, ROOT_CNODE, first, count));
    return first;
}

uint32_t copy(uint32_t cptr, unsigned rights)
{
    uint32_t slot = slots_take(1);

    CHECK_OK(sys_cnode_copy(ROOT_CNODE, slot, ROOT_CNODE, cptr, rights));
    return slot;
}

uint32_t mint(uint32_t cptr, unsigned rights, uint64_t badge)
{
    uint32_t slot = slots_take(1);

    CHECK_OK(sys_cnode_mint(ROOT_CNODE, slot, ROOT_CNODE, cptr, rights, badge));
    return slot;
}

void delete (uint32_t cptr)
{
    CHECK_OK(sys_cnode_delete(ROOT_CNODE, cptr));
}

void revoke(uint32_t cptr)
{
    CHECK_OK(sys_cnode_revoke(ROOT_CNODE, cptr));
}

/* An empty slot can be moved from as little as it can be copied. */
bool present(uint32_t cptr)
{
    return sys_cnode_move(ROOT_CNODE, cptr, ROOT_CNODE, cptr) == E_SLOT_FULL;
}

uint64_t untyped_used(uint32_t untyped)
{
    struct sys_untyped_info info;

    CHECK_OK(sys_untyped_info(untyped, &info));
    return info.bytes_used;
}

uint32_t device_untyped(uint64_t paddr, uint64_t *base)
{
    for (uint32_t i = 0; i < INFO->untyped_count; i++) {
        const struct boot_untyped *row = &INFO->untyped[i];

        if (row->device && paddr - row->paddr < 1ull << row->size_bits) {
            *base = row->paddr;
            return row->cptr;
        }
    }
    *base = 0;
    return 0;
}
