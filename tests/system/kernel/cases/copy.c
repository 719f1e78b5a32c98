/* SPDX-License-Identifier: BSD-2-Clause */
/* Copy and mint: rights, badges, guards, and what is refused. */
#include "suite.h"

CASE(copy, shrinks_rights)
{
    uint32_t frame = make(OBJECT_FRAME, 12);

    map_tables(ROOT_PROCESS, WINDOW);
    CHECK_EQ(sys_frame_map(copy(frame, READ), ROOT_PROCESS, WINDOW, READ | WRITE), E_NO_RIGHT);
    CHECK_OK(sys_frame_map(copy(frame, READ), ROOT_PROCESS, WINDOW, READ));
}

CASE(copy, cannot_add_rights)
{
    uint32_t weak = copy(make(OBJECT_FRAME, 12), READ | GRANT);
    uint32_t strong = copy(weak, ALL);

    map_tables(ROOT_PROCESS, WINDOW);
    CHECK_EQ(sys_frame_map(strong, ROOT_PROCESS, WINDOW, READ | WRITE), E_NO_RIGHT);
    CHECK_EQ(sys_frame_map(strong, ROOT_PROCESS, WINDOW, READ | EXECUTE), E_NO_RIGHT);
}

CASE(copy, rights_beyond_all_are_ignored)
{
    uint32_t slot = slots_take(1), frame = copy(make(OBJECT_FRAME, 12), READ | GRANT);

    CHECK_OK(sys_cnode_copy(ROOT_CNODE, slot, ROOT_CNODE, frame, ~0u));
    map_tables(ROOT_PROCESS, WINDOW);
    CHECK_EQ(sys_frame_map(slot, ROOT_PROCESS, WINDOW, READ | WRITE), E_NO_RIGHT);
}

CASE(copy, needs_grant)
{
    uint32_t frame = copy(make(OBJECT_FRAME, 12), READ | WRITE), slot = slots_take(1);

    CHECK_EQ(sys_cnode_copy(ROOT_CNODE, slot, ROOT_CNODE, frame, READ), E_NO_RIGHT);
    CHECK(!present(slot));
}

CASE(copy, full_slot_is_refused)
{
    uint32_t a = make(OBJECT_FRAME, 12), b = make(OBJECT_FRAME, 12);

    CHECK_EQ(sys_cnode_copy(ROOT_CNODE, b, ROOT_CNODE, a, ALL), E_SLOT_FULL);
    CHECK_EQ(sys_cnode_copy(ROOT_CNODE, a, ROOT_CNODE, a, ALL), E_SLOT_FULL);
}

CASE(copy, empty_source_is_refused)
{
    uint32_t slots = slots_take(2);

    CHECK_EQ(sys_cnode_copy(ROOT_CNODE, slots, ROOT_CNODE, slots + 1, ALL), E_BAD_CAP);
}

CASE(copy, index_out_of_range)
{
    uint32_t frame = make(OBJECT_FRAME, 12), slot = slots_take(1), cnode = make(OBJECT_CNODE, 2);

    CHECK_EQ(sys_cnode_copy(ROOT_CNODE, 0, ROOT_CNODE, frame, ALL), E_BAD_ARGUMENT);
    CHECK_EQ(sys_cnode_copy(cnode, 4, ROOT_CNODE, frame, ALL), E_BAD_ARGUMENT);
    CHECK_EQ(sys_cnode_copy(cnode, ~0u, ROOT_CNODE, frame, ALL), E_BAD_ARGUMENT);
    CHECK_EQ(sys_cnode_copy(ROOT_CNODE, slot, ROOT_CNODE, 0, ALL), E_BAD_ARGUMENT);
    CHECK_EQ(sys_cnode_copy(ROOT_CNODE, slot, cnode, 4, ALL), E_BAD_ARGUMENT);
    CHECK_OK(sys_cnode_copy(cnode, 3, ROOT_CNODE, frame, ALL));
}

CASE(copy, source_cnode_is_checked)
{
    uint32_t frame = make(OBJECT_FRAME, 12), slot = slots_take(2);

    CHECK_EQ(sys_cnode_copy(ROOT_CNODE, slot, slot + 1, 1, ALL), E_BAD_CAP);
    CHECK_EQ(sys_cnode_copy(ROOT_CNODE, slot, frame, 1, ALL), E_BAD_TYPE);
}

CASE(copy, needs_rights_on_both_cnodes)
{
    uint32_t cnode = make(OBJECT_CNODE, 2), frame = make(OBJECT_FRAME, 12);
    uint32_t unreadable = copy(ROOT_CNODE, WRITE), unwritable = copy(cnode, READ);

    CHECK_EQ(sys_cnode_copy(unwritable, 1, ROOT_CNODE, frame, ALL), E_NO_RIGHT);
    CHECK_EQ(sys_cnode_copy(cnode, 1, unreadable, frame, ALL), E_NO_RIGHT);
    CHECK_OK(sys_cnode_copy(cnode, 1, ROOT_CNODE, frame, ALL));
}

CASE(copy, page_table_has_no_copies)
{
    uint32_t table = make(OBJECT_PAGE_TABLE, 0);

    CHECK_EQ(sys_cnode_copy(ROOT_CNODE, slots_take(1), ROOT_CNODE, table, ALL), E_NO_RIGHT);
}

CASE(copy, untyped_in_use_has_no_copies)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 16), slot = slots_take(1);

    make_from(untyped, OBJECT_FRAME, 12);
    CHECK_EQ(sys_cnode_copy(ROOT_CNODE, slot, ROOT_CNODE, untyped, ALL), E_IN_USE);
}

CASE(copy, untyped_memory_goes_to_the_copy)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 12), slot = slots_take(1);
    uint32_t other = copy(untyped, ALL);

    CHECK_EQ(sys_untyped_retype(untyped, OBJECT_ENDPOINT, 0, ROOT_CNODE, slot, 1), E_NO_MEMORY);
    make_from(other, OBJECT_FRAME, 12);
    delete (other);
    CHECK_EQ(sys_untyped_retype(untyped, OBJECT_ENDPOINT, 0, ROOT_CNODE, slot, 1), E_NO_MEMORY);
    revoke(untyped);
    CHECK_OK(sys_untyped_retype(untyped, OBJECT_ENDPOINT, 0, ROOT_CNODE, slot, 1));
}

CASE(copy, frame_copy_is_not_mapped)
{
    uint32_t frame = make(OBJECT_FRAME, 12), other;

    map(frame, ROOT_PROCESS, WINDOW, READ | WRITE);
    other = copy(frame, ALL);
    CHECK_EQ(sys_frame_unmap(other), E_NOT_MAPPED);
    map(other, ROOT_PROCESS, WINDOW + 4096, READ);
    *(volatile uint64_t *)WINDOW = 42;
    CHECK_EQ(*(volatile uint64_t *)(WINDOW + 4096), 42);
}

CASE(mint, badge_is_set_once)
{
    uint32_t badged = mint(make(OBJECT_RENDEZVOUS, 0), ALL, 77), slot = slots_take(1);

    CHECK_EQ(sys_cnode_mint(ROOT_CNODE, slot, ROOT_CNODE, badged, ALL, 78), E_NO_RIGHT);
    CHECK_OK(sys_cnode_copy(ROOT_CNODE, slot, ROOT_CNODE, badged, ALL));
    delete (slot);
    badged = mint(make(OBJECT_ENDPOINT, 0), ALL, 77);
    CHECK_EQ(sys_cnode_mint(ROOT_CNODE, slot, ROOT_CNODE, badged, ALL, 78), E_NO_RIGHT);
}

CASE(mint, badge_has_60_bits)
{
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0), slot = slots_take(1);

    CHECK_EQ(sys_cnode_mint(ROOT_CNODE, slot, ROOT_CNODE, endpoint, ALL, 1ull << 60),
             E_BAD_ARGUMENT);
    CHECK(!present(slot));
    CHECK_OK(sys_cnode_mint(ROOT_CNODE, slot, ROOT_CNODE, endpoint, ALL, (1ull << 60) - 1));
}

CASE(mint, others_have_no_badge)
{
    static const enum object_type types[] = {OBJECT_PROCESS, OBJECT_THREAD, OBJECT_REPLY,
                                             OBJECT_TIMER, OBJECT_IRQ};
    uint32_t slot = slots_take(1);

    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++)
        CHECK_EQ(sys_cnode_mint(ROOT_CNODE, slot, ROOT_CNODE, make(types[i], 0), ALL, 1),
                 E_BAD_TYPE);
    CHECK_EQ(sys_cnode_mint(ROOT_CNODE, slot, ROOT_CNODE, make(OBJECT_FRAME, 12), ALL, 1),
             E_BAD_TYPE);
    CHECK_EQ(sys_cnode_mint(ROOT_CNODE, slot, ROOT_CNODE, make(OBJECT_UNTYPED, 12), ALL, 1),
             E_BAD_TYPE);
}

CASE(mint, guard_must_fit)
{
    uint32_t cnode = make(OBJECT_CNODE, 4), slot = slots_take(1);

    CHECK_EQ(sys_cnode_mint(ROOT_CNODE, slot, ROOT_CNODE, cnode, ALL, 29), E_BAD_ARGUMENT);
    CHECK_EQ(sys_cnode_mint(ROOT_CNODE, slot, ROOT_CNODE, cnode, ALL, 63), E_BAD_ARGUMENT);
    CHECK_EQ(sys_cnode_mint(ROOT_CNODE, slot, ROOT_CNODE, cnode, ALL, 4 << 6 | 2), E_BAD_ARGUMENT);
    CHECK_EQ(sys_cnode_mint(ROOT_CNODE, slot, ROOT_CNODE, cnode, ALL, 1 << 6), E_BAD_ARGUMENT);
    CHECK_OK(sys_cnode_mint(ROOT_CNODE, slot, ROOT_CNODE, cnode, ALL, 3 << 6 | 2));
    delete (slot);
    CHECK_OK(sys_cnode_mint(ROOT_CNODE, slot, ROOT_CNODE, cnode, ALL, 28));
}

CASE(mint, needs_grant_and_an_empty_slot)
{
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0), weak = copy(endpoint, READ | WRITE);
    uint32_t slot = slots_take(1);

    CHECK_EQ(sys_cnode_mint(ROOT_CNODE, slot, ROOT_CNODE, weak, ALL, 1), E_NO_RIGHT);
    CHECK_EQ(sys_cnode_mint(ROOT_CNODE, weak, ROOT_CNODE, endpoint, ALL, 1), E_SLOT_FULL);
    CHECK_EQ(sys_cnode_mint(ROOT_CNODE, slot, ROOT_CNODE, slot, ALL, 1), E_BAD_CAP);
}
