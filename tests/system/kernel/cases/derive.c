/* SPDX-License-Identifier: BSD-2-Clause */
/* Move, delete and revoke: the derivation tree. */
#include "suite.h"

CASE(move, leaves_nothing_behind)
{
    uint32_t frame = make(OBJECT_FRAME, 12), slot = slots_take(1);

    CHECK_OK(sys_cnode_move(ROOT_CNODE, slot, ROOT_CNODE, frame));
    CHECK(!present(frame));
    CHECK(present(slot));
}

CASE(move, refuses)
{
    uint32_t a = make(OBJECT_FRAME, 12), b = make(OBJECT_FRAME, 12), slot = slots_take(2);

    CHECK_EQ(sys_cnode_move(ROOT_CNODE, b, ROOT_CNODE, a), E_SLOT_FULL);
    CHECK_EQ(sys_cnode_move(ROOT_CNODE, slot, ROOT_CNODE, slot + 1), E_BAD_CAP);
    CHECK_EQ(sys_cnode_move(ROOT_CNODE, 0, ROOT_CNODE, a), E_BAD_ARGUMENT);
    CHECK_EQ(sys_cnode_move(ROOT_CNODE, slot, ROOT_CNODE, 0), E_BAD_ARGUMENT);
    CHECK_EQ(sys_cnode_move(ROOT_CNODE, slot, ROOT_CNODE, 1u << ROOT_CNODE_BITS), E_BAD_ARGUMENT);
    CHECK_EQ(sys_cnode_move(ROOT_CNODE, slot, a, 1), E_BAD_TYPE);
    CHECK(present(a));
}

CASE(move, needs_write_on_both_cnodes)
{
    uint32_t frame = make(OBJECT_FRAME, 12), slot = slots_take(1);
    uint32_t readable = copy(ROOT_CNODE, READ);

    CHECK_EQ(sys_cnode_move(ROOT_CNODE, slot, readable, frame), E_NO_RIGHT);
    CHECK_EQ(sys_cnode_move(readable, slot, ROOT_CNODE, frame), E_NO_RIGHT);
}

CASE(move, needs_no_grant)
{
    uint32_t frame = copy(make(OBJECT_FRAME, 12), READ), slot = slots_take(1);

    CHECK_OK(sys_cnode_move(ROOT_CNODE, slot, ROOT_CNODE, frame));
}

CASE(move, keeps_the_mapping)
{
    uint32_t frame = make(OBJECT_FRAME, 12), slot = slots_take(1);

    map(frame, ROOT_PROCESS, WINDOW, READ | WRITE);
    *(volatile uint64_t *)WINDOW = 5;
    CHECK_OK(sys_cnode_move(ROOT_CNODE, slot, ROOT_CNODE, frame));
    CHECK_EQ(*(volatile uint64_t *)WINDOW, 5);
    CHECK_OK(sys_frame_unmap(slot));
    CHECK_EQ(sys_frame_unmap(slot), E_NOT_MAPPED);
}

CASE(move, keeps_the_place_in_the_tree)
{
    uint32_t a = make(OBJECT_FRAME, 12), b = copy(a, ALL), c = copy(b, ALL), slot = slots_take(1);

    CHECK_OK(sys_cnode_move(ROOT_CNODE, slot, ROOT_CNODE, b));
    revoke(slot);
    CHECK(!present(c));
    revoke(a);
    CHECK(!present(slot));
    CHECK(present(a));
}

CASE(delete, empty_slot_is_no_error)
{
    CHECK_OK(sys_cnode_delete(ROOT_CNODE, slots_take(1)));
}

CASE(delete, refuses)
{
    uint32_t frame = make(OBJECT_FRAME, 12);

    CHECK_EQ(sys_cnode_delete(ROOT_CNODE, 0), E_BAD_ARGUMENT);
    CHECK_EQ(sys_cnode_delete(ROOT_CNODE, 1u << ROOT_CNODE_BITS), E_BAD_ARGUMENT);
    CHECK_EQ(sys_cnode_delete(copy(ROOT_CNODE, READ), frame), E_NO_RIGHT);
    CHECK_EQ(sys_cnode_delete(frame, 1), E_BAD_TYPE);
    CHECK(present(frame));
}

CASE(delete, one_of_two_keeps_the_object)
{
    uint32_t endpoint = suite_endpoint(70, 0), other = copy(endpoint, ALL);

    delete (endpoint);
    CHECK_OK(sys_doorbell(other, SUITE_PRIORITY));
    CHECK(wake_taken(70));
}

CASE(delete, last_one_frees_the_memory)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 12), slot;

    slot = make_from(untyped, OBJECT_FRAME, 12);
    CHECK_EQ(untyped_used(untyped), 4096);
    delete (slot);
    CHECK_EQ(untyped_used(untyped), 0);
    make_from(untyped, OBJECT_FRAME, 12);
}

CASE(delete, children_go_to_the_grandparent)
{
    uint32_t a = make(OBJECT_FRAME, 12), b = copy(a, ALL), c = copy(b, ALL), d = copy(c, ALL);

    delete (b);
    delete (c);
    CHECK(present(d));
    revoke(a);
    CHECK(!present(d));
}

CASE(delete, orphans_do_not_join_their_uncles)
{
    uint32_t a = make(OBJECT_FRAME, 12), b = copy(a, ALL), c = copy(a, ALL), d = copy(b, ALL);

    delete (b);
    revoke(c);
    CHECK(present(d));
    revoke(d);
    CHECK(present(c));
}

CASE(revoke, depth_8_at_every_level)
{
    uint32_t cap[8];

    for (unsigned level = 0; level < 8; level++) {
        cap[0] = make(OBJECT_FRAME, 12);
        for (unsigned i = 1; i < 8; i++)
            cap[i] = copy(cap[i - 1], ALL);
        revoke(cap[level]);
        for (unsigned i = 0; i < 8; i++)
            CHECK_EQ(present(cap[i]), i <= level);
    }
}

CASE(revoke, depth_200)
{
    uint32_t first = make(OBJECT_ENDPOINT, 0), last = first;

    for (unsigned i = 0; i < 200; i++)
        last = copy(last, ALL);
    revoke(first);
    for (uint32_t i = first + 1; i <= last; i++)
        CHECK(!present(i));
    CHECK(present(first));
}

CASE(revoke, width_500)
{
    uint32_t first = make(OBJECT_ENDPOINT, 0), last = first;

    for (unsigned i = 0; i < 500; i++)
        last = copy(first, ALL);
    revoke(first);
    for (uint32_t i = first + 1; i <= last; i++)
        CHECK(!present(i));
}

CASE(revoke, spares_siblings_and_ancestors)
{
    uint32_t a = make(OBJECT_FRAME, 12), b = copy(a, ALL), c = copy(a, ALL), d = copy(a, ALL);
    uint32_t below = copy(c, ALL);

    revoke(c);
    CHECK(!present(below));
    CHECK(present(a) && present(b) && present(c) && present(d));
}

CASE(revoke, leaf_stays_usable)
{
    uint32_t frame = make(OBJECT_FRAME, 12), other;

    revoke(frame);
    other = copy(frame, ALL);
    revoke(frame);
    CHECK(!present(other));
    map(frame, ROOT_PROCESS, WINDOW, READ);
}

CASE(revoke, refuses)
{
    uint32_t frame = make(OBJECT_FRAME, 12);

    CHECK_EQ(sys_cnode_revoke(ROOT_CNODE, slots_take(1)), E_BAD_CAP);
    CHECK_EQ(sys_cnode_revoke(ROOT_CNODE, 0), E_BAD_ARGUMENT);
    CHECK_EQ(sys_cnode_revoke(copy(ROOT_CNODE, READ), frame), E_NO_RIGHT);
    CHECK_EQ(sys_cnode_revoke(frame, 1), E_BAD_TYPE);
}

CASE(revoke, reaches_into_other_cnodes)
{
    uint32_t cnode = make(OBJECT_CNODE, 3), frame = make(OBJECT_FRAME, 12);

    CHECK_OK(sys_cnode_copy(cnode, 5, ROOT_CNODE, frame, ALL));
    CHECK_EQ(sys_cnode_copy(cnode, 5, ROOT_CNODE, frame, ALL), E_SLOT_FULL);
    revoke(frame);
    CHECK_OK(sys_cnode_copy(cnode, 5, ROOT_CNODE, frame, ALL));
}

CASE(revoke, minted_ones_too)
{
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0), badged = mint(endpoint, ALL, 3);
    uint32_t below = copy(badged, READ);

    revoke(endpoint);
    CHECK(!present(badged) && !present(below));
}
