/* SPDX-License-Identifier: BSD-2-Clause */
/* Capability spaces: how a 32-bit address becomes a slot. */
#include "suite.h"

static struct child child;

/* A child whose capability space is this CNode capability with this guard. */
static void start_with_space(uint32_t cnode, uint64_t guard)
{
    uint32_t stacks;

    child = (struct child){.process = make(OBJECT_PROCESS, 0), .cnode = cnode};
    child.bell = make(OBJECT_ENDPOINT, 0);
    map_image(child.process);
    stacks = make(OBJECT_FRAME, 12);
    map(stacks, child.process, STACKS, READ | WRITE);
    CHECK_OK(sys_process_map_executor(child.process, EXECUTOR_BASE));
    CHECK_OK(sys_process_configure(child.process, cnode, guard, 0, 0));
    CHECK_OK(sys_process_bind(child.process, child.bell, BELL_SLOT, 0));
    CHECK_OK(sys_process_harts(child.process, 1));
    child_start(&child, child_invoker, 0, WORSE);
    run_children();
}

/* What the child hears of a Frame at the address: its size, or the error. */
static long ask(uint32_t cptr)
{
    long error = child_call(&child, SYS_FRAME_INFO, cptr, 0, 0, 0, 0, 0);

    return error ? error : (long)SHARED->request[0].x[2];
}

static void put_frame(uint32_t cnode, uint32_t index)
{
    CHECK_OK(sys_untyped_retype(arena, OBJECT_FRAME, 12, cnode, index, 1));
}

CASE(cnode, one_level)
{
    uint32_t cnode = make(OBJECT_CNODE, 6);

    put_frame(cnode, 1);
    put_frame(cnode, 63);
    start_with_space(cnode, 26);
    CHECK_EQ(ask(1), 12);
    CHECK_EQ(ask(63), 12);
    CHECK_EQ(ask(0), E_BAD_CAP);
    CHECK_EQ(ask(2), E_BAD_CAP);
    CHECK_EQ(ask(64), E_BAD_CAP);
    CHECK_EQ(ask(65), E_BAD_CAP);
    CHECK_EQ(ask(~0u), E_BAD_CAP);
    CHECK_EQ(ask(1u << 31 | 1), E_BAD_CAP);
}

CASE(cnode, guard_value)
{
    uint32_t cnode = make(OBJECT_CNODE, 4);

    put_frame(cnode, 3);
    start_with_space(cnode, 0x5a5a5ull << 6 | 28);
    CHECK_EQ(ask(0x5a5a53), 12);
    CHECK_EQ(ask(0x5a5a43), E_BAD_CAP);
    CHECK_EQ(ask(3), E_BAD_CAP);
    CHECK_EQ(ask(0x15a5a53), E_BAD_CAP);
}

CASE(cnode, two_levels_with_guards)
{
    uint32_t top = make(OBJECT_CNODE, 8), low = make(OBJECT_CNODE, 8);

    /* 8 bits guard 0x12, 8 bits index, 8 bits guard 0x34, 8 bits index */
    put_frame(low, 7);
    CHECK_OK(sys_cnode_mint(top, 0x77, ROOT_CNODE, low, ALL, 0x34 << 6 | 8));
    put_frame(top, 0x78);
    start_with_space(top, 0x12 << 6 | 8);
    CHECK_EQ(ask(0x12773407), 12);
    CHECK_EQ(ask(0x12773408), E_BAD_CAP);
    CHECK_EQ(ask(0x12773507), E_BAD_CAP);
    CHECK_EQ(ask(0x13773407), E_BAD_CAP);
    CHECK_EQ(ask(0x12763407), E_BAD_CAP);
    CHECK_EQ(ask(0x12783407), E_BAD_CAP); /* a Frame on the way */
    CHECK_EQ(ask(0x12773400), E_BAD_CAP);
    CHECK_EQ(ask(0x12003407), E_BAD_CAP);
}

CASE(cnode, four_levels)
{
    uint32_t level[4];

    for (unsigned i = 0; i < 4; i++)
        level[i] = make(OBJECT_CNODE, 8);
    put_frame(level[3], 4);
    for (unsigned i = 3; i > 0; i--)
        CHECK_OK(sys_cnode_copy(level[i - 1], i, ROOT_CNODE, level[i], ALL));
    start_with_space(level[0], 0);
    CHECK_EQ(ask(0x01020304), 12);
    CHECK_EQ(ask(0x01020305), E_BAD_CAP);
    CHECK_EQ(ask(0x01030304), E_BAD_CAP);
}

CASE(cnode, five_levels_are_too_many)
{
    uint32_t level[5];

    for (unsigned i = 0; i < 5; i++)
        level[i] = make(OBJECT_CNODE, i < 3 ? 6 : 7);
    put_frame(level[4], 5);
    put_frame(level[3], 6);
    for (unsigned i = 4; i > 0; i--)
        CHECK_OK(sys_cnode_copy(level[i - 1], i, ROOT_CNODE, level[i], ALL));
    start_with_space(level[0], 0);
    CHECK_EQ(ask(1u << 26 | 2u << 20 | 3u << 14 | 4u << 7 | 5), E_BAD_CAP);
    delete (child.process);
    start_with_space(level[1], 6);
    CHECK_EQ(ask(2u << 20 | 3u << 14 | 4u << 7 | 5), 12);
}

CASE(cnode, address_bits_must_be_used_up)
{
    uint32_t top = make(OBJECT_CNODE, 8);

    put_frame(top, 5);
    start_with_space(top, 0);
    CHECK_EQ(ask(0x05000000), E_BAD_CAP);
    CHECK_EQ(ask(5), E_BAD_CAP);
}

CASE(cnode, doorbell_finds_deep_capabilities)
{
    uint32_t top = make(OBJECT_CNODE, 8), low = make(OBJECT_CNODE, 8);
    uint32_t endpoint = suite_endpoint(80, 0);

    CHECK_OK(sys_cnode_copy(low, 9, ROOT_CNODE, endpoint, ALL));
    CHECK_OK(sys_cnode_mint(top, 2, ROOT_CNODE, low, ALL, 16));
    start_with_space(top, 0);
    CHECK_OK(child_call(&child, SYS_DOORBELL, 0x02000009, WORSE + 1, 0, 0, 0, 0));
    CHECK(wake_taken(80));
    CHECK_EQ(child_call(&child, SYS_DOORBELL, 0x03000009, WORSE, 0, 0, 0, 0), E_BAD_CAP);
    CHECK(!wake_taken(80));
}

CASE(cnode, deleting_a_space_takes_all_capabilities)
{
    uint32_t cnode = make(OBJECT_CNODE, 6);

    put_frame(cnode, 1);
    start_with_space(cnode, 26);
    CHECK_EQ(ask(1), 12);
    revoke(cnode); /* the process's own capability to it was derived from this one */
    CHECK_EQ(ask(1), E_BAD_CAP);
    CHECK_EQ(child_call(&child, SYS_DOORBELL, 1, 0, 0, 0, 0, 0), E_BAD_CAP);
    delete (cnode);
    CHECK_EQ(ask(1), E_BAD_CAP);
}

CASE(cnode, radix_1_has_one_slot)
{
    uint32_t cnode = make(OBJECT_CNODE, 1), frame = make(OBJECT_FRAME, 12);

    CHECK_OK(sys_cnode_copy(cnode, 1, ROOT_CNODE, frame, ALL));
    CHECK_EQ(sys_cnode_copy(cnode, 2, ROOT_CNODE, frame, ALL), E_BAD_ARGUMENT);
}

CASE(cnode, deleting_a_full_one_empties_it)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 20), cnode = make(OBJECT_CNODE, 12);

    for (uint32_t i = 0; i < 15; i++)
        CHECK_OK(sys_untyped_retype(untyped, OBJECT_ENDPOINT, 0, cnode, 1 + 256 * i, 256));
    delete (cnode);
    /* What is left of it is reaped by whoever comes next. */
    for (unsigned i = 0; i < 1000 && untyped_used(untyped); i++)
        delete (cnode);
    CHECK_EQ(untyped_used(untyped), 0);
}

CASE(cnode, revoking_its_memory_empties_it)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 18), holder = make(OBJECT_UNTYPED, 20), cnode;

    cnode = make_from(holder, OBJECT_CNODE, 12);
    for (uint32_t i = 0; i < 8; i++)
        CHECK_OK(sys_untyped_retype(untyped, OBJECT_ENDPOINT, 0, cnode, 1 + 256 * i, 256));
    revoke(holder);
    CHECK_EQ(untyped_used(holder), 0);
    CHECK_EQ(untyped_used(untyped), 0);
}

CASE(cnode, one_that_holds_itself_dies)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 14), cnode = make_from(untyped, OBJECT_CNODE, 4);

    CHECK_OK(sys_cnode_move(cnode, 3, ROOT_CNODE, cnode));
    revoke(untyped);
    CHECK_EQ(untyped_used(untyped), 0);
}

CASE(cnode, rings_of_cnodes_die)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 16);
    uint32_t a = make_from(untyped, OBJECT_CNODE, 4), b = make_from(untyped, OBJECT_CNODE, 4);

    CHECK_OK(sys_cnode_copy(a, 1, ROOT_CNODE, b, ALL));
    CHECK_OK(sys_cnode_copy(b, 1, ROOT_CNODE, a, ALL));
    CHECK_OK(sys_cnode_move(b, 2, ROOT_CNODE, b));
    delete (a);
    revoke(untyped);
    CHECK_EQ(untyped_used(untyped), 0);
}
