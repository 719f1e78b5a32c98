/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped memory: what can be made of it, where, and how it comes back. */
#include "suite.h"

static long retype(uint32_t untyped, unsigned type, unsigned size_bits, uint32_t slot,
                   uint32_t count)
{
    return sys_untyped_retype(untyped, (enum object_type)type, size_bits, ROOT_CNODE, slot, count);
}

static uint64_t frame_paddr(uint32_t frame)
{
    struct sys_frame_info info;

    CHECK_OK(sys_frame_info(frame, &info));
    return info.paddr;
}

static uint64_t untyped_paddr(uint32_t untyped)
{
    struct sys_untyped_info info;

    CHECK_OK(sys_untyped_info(untyped, &info));
    return info.paddr;
}

CASE(untyped, objects_have_the_documented_sizes)
{
    static const struct {
        enum object_type type;
        unsigned size_bits;
        uint64_t bytes;
    } rows[] = {
        {OBJECT_UNTYPED, 4, 16},      {OBJECT_UNTYPED, 13, 8192},  {OBJECT_CNODE, 1, 64},
        {OBJECT_CNODE, 8, 8192},      {OBJECT_PROCESS, 0, 16384},  {OBJECT_THREAD, 0, 1024},
        {OBJECT_PAGE_TABLE, 0, 4096}, {OBJECT_FRAME, 12, 4096},    {OBJECT_FRAME, 21, 2 << 20},
        {OBJECT_ENDPOINT, 0, 128},    {OBJECT_RENDEZVOUS, 0, 128}, {OBJECT_REPLY, 0, 128},
        {OBJECT_IRQ, 0, 128},         {OBJECT_TIMER, 0, 128},
    };
    uint32_t slot = slots_take(1), untyped = make(OBJECT_UNTYPED, 21);

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_OK(retype(untyped, rows[i].type, rows[i].size_bits, slot, 1));
        CHECK_EQ(untyped_used(untyped), rows[i].bytes);
        revoke(untyped);
    }
}

CASE(untyped, objects_are_aligned)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 16), frame;

    make_from(untyped, OBJECT_ENDPOINT, 0);
    frame = make_from(untyped, OBJECT_FRAME, 12);
    CHECK_EQ(frame_paddr(frame), untyped_paddr(untyped) + 4096);
    make_from(untyped, OBJECT_PROCESS, 0);
    CHECK_EQ(untyped_used(untyped), 32768);
}

CASE(untyped, large_frames_are_aligned)
{
    uint32_t frame;

    make(OBJECT_ENDPOINT, 0);
    frame = make(OBJECT_FRAME, 21);
    CHECK_EQ(frame_paddr(frame) % (2 << 20), 0);
}

CASE(untyped, objects_do_not_overlap)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 16), first = slots_take(16);
    uint64_t base = untyped_paddr(untyped);

    CHECK_OK(retype(untyped, OBJECT_FRAME, 12, first, 5));
    CHECK_OK(retype(untyped, OBJECT_FRAME, 12, first + 5, 11));
    for (uint32_t i = 0; i < 16; i++)
        CHECK_EQ(frame_paddr(first + i), base + 4096 * i);
    CHECK_EQ(retype(untyped, OBJECT_UNTYPED, 4, slots_take(1), 1), E_NO_MEMORY);
}

CASE(untyped, exhaustion_makes_nothing)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 14), first = slots_take(5);

    CHECK_EQ(retype(untyped, OBJECT_FRAME, 12, first, 5), E_NO_MEMORY);
    for (uint32_t i = 0; i < 5; i++)
        CHECK(!present(first + i));
    CHECK_EQ(untyped_used(untyped), 0);
    CHECK_OK(retype(untyped, OBJECT_FRAME, 12, first, 4));
    CHECK_EQ(retype(untyped, OBJECT_ENDPOINT, 0, first + 4, 1), E_NO_MEMORY);
}

CASE(untyped, object_larger_than_all)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 12), slot = slots_take(1);

    CHECK_EQ(retype(untyped, OBJECT_PROCESS, 0, slot, 1), E_NO_MEMORY);
    CHECK_EQ(retype(untyped, OBJECT_FRAME, 21, slot, 1), E_NO_MEMORY);
    CHECK_EQ(retype(untyped, OBJECT_FRAME, 30, slot, 256), E_NO_MEMORY);
    CHECK_EQ(retype(untyped, OBJECT_UNTYPED, 38, slot, 256), E_NO_MEMORY);
    CHECK_EQ(retype(untyped, OBJECT_CNODE, 20, slot, 1), E_NO_MEMORY);
}

CASE(untyped, count_is_limited)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 16), first = slots_take(257);

    CHECK_EQ(retype(untyped, OBJECT_ENDPOINT, 0, first, 0), E_BAD_ARGUMENT);
    CHECK_EQ(retype(untyped, OBJECT_ENDPOINT, 0, first, 257), E_BAD_ARGUMENT);
    CHECK_EQ(retype(untyped, OBJECT_ENDPOINT, 0, first, ~0u), E_BAD_ARGUMENT);
    CHECK_OK(retype(untyped, OBJECT_ENDPOINT, 0, first, 256));
    CHECK(present(first + 255));
    CHECK(!present(first + 256));
}

CASE(untyped, occupied_slot_makes_nothing)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 16), first = slots_take(3);

    CHECK_OK(sys_cnode_copy(ROOT_CNODE, first + 2, ROOT_CNODE, ROOT_DEBUG_PUT, ALL));
    CHECK_EQ(retype(untyped, OBJECT_ENDPOINT, 0, first, 3), E_SLOT_FULL);
    CHECK(!present(first) && !present(first + 1));
    CHECK_EQ(untyped_used(untyped), 0);
}

CASE(untyped, slots_out_of_range)
{
    uint32_t cnode = make(OBJECT_CNODE, 2), untyped = make(OBJECT_UNTYPED, 12);

    CHECK_EQ(sys_untyped_retype(untyped, OBJECT_ENDPOINT, 0, cnode, 0, 1), E_BAD_ARGUMENT);
    CHECK_EQ(sys_untyped_retype(untyped, OBJECT_ENDPOINT, 0, cnode, 4, 1), E_BAD_ARGUMENT);
    CHECK_EQ(sys_untyped_retype(untyped, OBJECT_ENDPOINT, 0, cnode, 2, 3), E_BAD_ARGUMENT);
    CHECK_EQ(sys_untyped_retype(untyped, OBJECT_ENDPOINT, 0, cnode, ~0u, 2), E_BAD_ARGUMENT);
    CHECK_OK(sys_untyped_retype(untyped, OBJECT_ENDPOINT, 0, cnode, 1, 3));
}

CASE(untyped, types_that_cannot_be_made)
{
    static const unsigned types[] = {
        OBJECT_NULL, OBJECT_IRQ_CONTROL, OBJECT_DEBUG_PUT, OBJECT_POWER, OBJECT_COUNT, 99, ~0u};
    uint32_t slot = slots_take(1);

    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++)
        CHECK_EQ(retype(arena, types[i], 12, slot, 1), E_BAD_ARGUMENT);
}

CASE(untyped, sizes_that_cannot_be_made)
{
    uint32_t slot = slots_take(1);

    CHECK_EQ(retype(arena, OBJECT_UNTYPED, 3, slot, 1), E_BAD_ARGUMENT);
    CHECK_EQ(retype(arena, OBJECT_UNTYPED, 39, slot, 1), E_BAD_ARGUMENT);
    CHECK_EQ(retype(arena, OBJECT_UNTYPED, 64 + 12, slot, 1), E_BAD_ARGUMENT);
    CHECK_EQ(retype(arena, OBJECT_CNODE, 0, slot, 1), E_BAD_ARGUMENT);
    CHECK_EQ(retype(arena, OBJECT_CNODE, 21, slot, 1), E_BAD_ARGUMENT);
    CHECK_EQ(retype(arena, OBJECT_FRAME, 11, slot, 1), E_BAD_ARGUMENT);
    CHECK_EQ(retype(arena, OBJECT_FRAME, 13, slot, 1), E_BAD_ARGUMENT);
    CHECK_EQ(retype(arena, OBJECT_FRAME, 39, slot, 1), E_BAD_ARGUMENT);
}

CASE(untyped, destination_is_checked)
{
    uint32_t cnode = make(OBJECT_CNODE, 2), frame = make(OBJECT_FRAME, 12);

    CHECK_EQ(sys_untyped_retype(arena, OBJECT_ENDPOINT, 0, slots_take(1), 1, 1), E_BAD_CAP);
    CHECK_EQ(sys_untyped_retype(arena, OBJECT_ENDPOINT, 0, frame, 1, 1), E_BAD_TYPE);
    CHECK_EQ(sys_untyped_retype(arena, OBJECT_ENDPOINT, 0, copy(cnode, READ), 1, 1), E_NO_RIGHT);
    CHECK_EQ(sys_untyped_retype(frame, OBJECT_ENDPOINT, 0, cnode, 1, 1), E_BAD_TYPE);
}

CASE(untyped, revoking_reaches_nested_ones)
{
    uint32_t outer = make(OBJECT_UNTYPED, 16), inner, innermost, frame;

    inner = make_from(outer, OBJECT_UNTYPED, 14);
    innermost = make_from(inner, OBJECT_UNTYPED, 13);
    frame = make_from(innermost, OBJECT_FRAME, 12);
    map(frame, ROOT_PROCESS, WINDOW, READ);
    revoke(outer);
    CHECK(!present(inner) && !present(innermost) && !present(frame));
    CHECK_EQ(untyped_used(outer), 0);
    frame = make_from(outer, OBJECT_FRAME, 12);
    CHECK_EQ(frame_paddr(frame), untyped_paddr(outer));
}

CASE(untyped, memory_in_use_below_a_deleted_one_stays_used)
{
    uint32_t outer = make(OBJECT_UNTYPED, 13), inner, frame, slot = slots_take(1);

    inner = make_from(outer, OBJECT_UNTYPED, 13);
    frame = make_from(inner, OBJECT_FRAME, 12);
    delete (inner);
    CHECK(present(frame));
    CHECK_EQ(retype(outer, OBJECT_FRAME, 12, slot, 1), E_NO_MEMORY);
    delete (frame);
    CHECK_OK(retype(outer, OBJECT_FRAME, 12, slot, 1));
}

static void check_zeroed(unsigned size_bits)
{
    uint32_t untyped = make(OBJECT_UNTYPED, size_bits), frame;
    volatile uint64_t *words = (volatile uint64_t *)WINDOW;
    uint64_t count = (1ull << size_bits) / sizeof *words;

    frame = make_from(untyped, OBJECT_FRAME, size_bits);
    map(frame, ROOT_PROCESS, WINDOW, READ | WRITE);
    for (uint64_t i = 0; i < count; i++)
        words[i] = ~i;
    revoke(untyped);
    frame = make_from(untyped, OBJECT_FRAME, size_bits);
    map(frame, ROOT_PROCESS, WINDOW, READ | WRITE);
    for (uint64_t i = 0; i < count; i++)
        CHECK_EQ(words[i], 0);
}

CASE(untyped, memory_comes_back_zeroed)
{
    check_zeroed(12);
}

CASE(untyped, large_memory_comes_back_zeroed)
{
    check_zeroed(21);
}

CASE(untyped, kernel_objects_leave_no_trace)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 14), first = slots_take(4);
    volatile uint64_t *words = (volatile uint64_t *)WINDOW;

    make_from(untyped, OBJECT_PROCESS, 0);
    revoke(untyped);
    CHECK_OK(retype(untyped, OBJECT_FRAME, 12, first, 4));
    for (uint32_t i = 0; i < 4; i++)
        map(first + i, ROOT_PROCESS, WINDOW + 4096 * i, READ);
    for (uint32_t i = 0; i < 4 * 512; i++)
        CHECK_EQ(words[i], 0);
}

CASE(untyped, info)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 14);
    struct sys_untyped_info info;

    make_from(untyped, OBJECT_ENDPOINT, 0);
    CHECK_OK(sys_untyped_info(untyped, &info));
    CHECK_EQ(info.paddr % 16384, 0);
    CHECK_EQ(info.size_bits, 14);
    CHECK_EQ(info.bytes_used, 128);
    CHECK_EQ(info.device, 0);
}

CASE(untyped, device_memory_makes_frames_only)
{
    uint64_t base;
    uint32_t untyped = device_untyped(0x101000, &base), slot = slots_take(1);
    struct sys_untyped_info info;

    CHECK(untyped);
    CHECK_OK(sys_untyped_info(untyped, &info));
    CHECK_EQ(info.device, 1);
    CHECK_EQ(retype(untyped, OBJECT_ENDPOINT, 0, slot, 1), E_BAD_ARGUMENT);
    CHECK_EQ(retype(untyped, OBJECT_CNODE, 1, slot, 1), E_BAD_ARGUMENT);
    CHECK_EQ(retype(untyped, OBJECT_PAGE_TABLE, 0, slot, 1), E_BAD_ARGUMENT);
    CHECK_OK(retype(untyped, OBJECT_FRAME, 12, slot, 1));
    CHECK_EQ(frame_paddr(slot), info.paddr);
    revoke(untyped);
}
