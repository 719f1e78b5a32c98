/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces: what can be mapped, and what is gone when it is taken out. */
#include "suite.h"

static volatile uint64_t *at(uint64_t vaddr)
{
    return (volatile uint64_t *)vaddr;
}

CASE(vspace, small_page)
{
    map(make(OBJECT_FRAME, 12), ROOT_PROCESS, WINDOW, READ | WRITE);
    for (uint64_t i = 0; i < 4096; i += 8)
        *at(WINDOW + i) = i;
    for (uint64_t i = 0; i < 4096; i += 8)
        CHECK_EQ(*at(WINDOW + i), i);
}

CASE(vspace, large_page)
{
    map(make(OBJECT_FRAME, 21), ROOT_PROCESS, WINDOW, READ | WRITE);
    for (uint64_t i = 0; i < 2 << 20; i += 4096)
        *at(WINDOW + i) = i;
    for (uint64_t i = 0; i < 2 << 20; i += 4096)
        CHECK_EQ(*at(WINDOW + i), i);
}

CASE(vspace, copies_show_the_same_memory)
{
    uint32_t frame = make(OBJECT_FRAME, 12);

    map(frame, ROOT_PROCESS, WINDOW, READ | WRITE);
    for (unsigned i = 1; i < 16; i++)
        map(copy(frame, READ), ROOT_PROCESS, WINDOW + 4096 * i, READ);
    *at(WINDOW + 80) = 7;
    for (unsigned i = 1; i < 16; i++)
        CHECK_EQ(*at(WINDOW + 4096 * i + 80), 7);
}

CASE(vspace, write_and_execute_are_refused_together)
{
    uint32_t frame = make(OBJECT_FRAME, 12);

    map_tables(ROOT_PROCESS, WINDOW);
    CHECK_EQ(sys_frame_map(frame, ROOT_PROCESS, WINDOW, READ | WRITE | EXECUTE), E_NO_RIGHT);
    CHECK_EQ(sys_frame_map(frame, ROOT_PROCESS, WINDOW, WRITE | EXECUTE), E_NO_RIGHT);
    CHECK_EQ(sys_frame_map(frame, ROOT_PROCESS, WINDOW, ALL), E_NO_RIGHT);
    CHECK_OK(sys_frame_map(frame, ROOT_PROCESS, WINDOW, READ | EXECUTE));
}

CASE(vspace, write_only_and_nothing_are_refused)
{
    uint32_t frame = make(OBJECT_FRAME, 12);

    map_tables(ROOT_PROCESS, WINDOW);
    CHECK_EQ(sys_frame_map(frame, ROOT_PROCESS, WINDOW, WRITE), E_NO_RIGHT);
    CHECK_EQ(sys_frame_map(frame, ROOT_PROCESS, WINDOW, 0), E_NO_RIGHT);
    CHECK_EQ(sys_frame_map(frame, ROOT_PROCESS, WINDOW, GRANT), E_NO_RIGHT);
}

CASE(vspace, tables_are_needed_level_by_level)
{
    uint32_t frame = make(OBJECT_FRAME, 12), large = make(OBJECT_FRAME, 21);

    CHECK_EQ(sys_frame_map(large, ROOT_PROCESS, WINDOW, READ), E_NO_TABLE);
    CHECK_OK(sys_page_table_map(make(OBJECT_PAGE_TABLE, 0), ROOT_PROCESS, WINDOW));
    CHECK_EQ(sys_frame_map(frame, ROOT_PROCESS, WINDOW, READ), E_NO_TABLE);
    CHECK_OK(sys_frame_map(large, ROOT_PROCESS, WINDOW + (2 << 20), READ));
    CHECK_OK(sys_page_table_map(make(OBJECT_PAGE_TABLE, 0), ROOT_PROCESS, WINDOW));
    CHECK_OK(sys_frame_map(frame, ROOT_PROCESS, WINDOW, READ));
    CHECK_EQ(sys_page_table_map(make(OBJECT_PAGE_TABLE, 0), ROOT_PROCESS, WINDOW), E_MAPPED);
}

CASE(vspace, occupied_address_is_refused)
{
    map(make(OBJECT_FRAME, 12), ROOT_PROCESS, WINDOW, READ);
    CHECK_EQ(sys_frame_map(make(OBJECT_FRAME, 12), ROOT_PROCESS, WINDOW, READ), E_MAPPED);
}

CASE(vspace, a_capability_is_mapped_once)
{
    uint32_t frame = make(OBJECT_FRAME, 12);

    map(frame, ROOT_PROCESS, WINDOW, READ);
    CHECK_EQ(sys_frame_map(frame, ROOT_PROCESS, WINDOW + 4096, READ), E_MAPPED);
    CHECK_OK(sys_frame_unmap(frame));
    CHECK_OK(sys_frame_map(frame, ROOT_PROCESS, WINDOW + 4096, READ));
}

CASE(vspace, large_and_small_do_not_overlap)
{
    uint32_t large = make(OBJECT_FRAME, 21), small = make(OBJECT_FRAME, 12);

    map(large, ROOT_PROCESS, WINDOW, READ);
    CHECK_EQ(sys_frame_map(small, ROOT_PROCESS, WINDOW + 4096, READ), E_MAPPED);
    CHECK_EQ(sys_page_table_map(make(OBJECT_PAGE_TABLE, 0), ROOT_PROCESS, WINDOW), E_MAPPED);
    CHECK_OK(sys_frame_unmap(large));
    map(small, ROOT_PROCESS, WINDOW + 4096, READ);
    CHECK_EQ(sys_frame_map(large, ROOT_PROCESS, WINDOW, READ), E_MAPPED);
}

CASE(vspace, alignment)
{
    uint32_t frame = make(OBJECT_FRAME, 12), large = make(OBJECT_FRAME, 21);

    map_tables(ROOT_PROCESS, WINDOW);
    CHECK_EQ(sys_frame_map(frame, ROOT_PROCESS, WINDOW + 1, READ), E_ALIGNMENT);
    CHECK_EQ(sys_frame_map(frame, ROOT_PROCESS, WINDOW + 2048, READ), E_ALIGNMENT);
    CHECK_EQ(sys_frame_map(large, ROOT_PROCESS, WINDOW + 4096, READ), E_ALIGNMENT);
}

CASE(vspace, kernel_half_is_refused)
{
    static const uint64_t addresses[] = {USER_TOP,   USER_TOP + 4096,    1ull << 39,
                                         1ull << 63, 0xffffffc000000000, 0xfffffffffffff000};
    uint32_t frame = make(OBJECT_FRAME, 12), table = make(OBJECT_PAGE_TABLE, 0);

    for (unsigned i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        CHECK_EQ(sys_frame_map(frame, ROOT_PROCESS, addresses[i], READ), E_BAD_ARGUMENT);
        CHECK_EQ(sys_page_table_map(table, ROOT_PROCESS, addresses[i]), E_BAD_ARGUMENT);
    }
}

CASE(vspace, highest_user_page)
{
    map(make(OBJECT_FRAME, 12), ROOT_PROCESS, USER_TOP - 4096, READ | WRITE);
    *at(USER_TOP - 8) = 9;
    CHECK_EQ(*at(USER_TOP - 8), 9);
}

/* What the processor remembers of the page goes too: nobody else runs in between. */
CASE(vspace, unmapping_ones_own_page_is_felt_at_once)
{
    struct child child;
    uint32_t frame = make(OBJECT_FRAME, 12);

    child_make(&child, 0);
    map(frame, child.process, WINDOW, READ | WRITE);
    CHECK_OK(sys_cnode_move(child.cnode, child.next, ROOT_CNODE, frame));
    SHARED->word[1] = WINDOW;
    SHARED->word[2] = 1;
    SHARED->request[0].invoked = SYS_INVOKED_(SYS_FRAME_UNMAP, child.next);
    child_start(&child, child_touch_call_touch, 0, WORSE);
    run_children();
    CHECK_EQ(SHARED->request[0].done, 1);
    CHECK_EQ(SHARED->request[0].x[0], E_OK);
    CHECK_EQ(child_fault(&child).address, WINDOW);
    CHECK_EQ(SHARED->word[2], 1);
}

CASE(vspace, unmapping_twice_is_an_error)
{
    uint32_t frame = make(OBJECT_FRAME, 12), table = make(OBJECT_PAGE_TABLE, 0);

    CHECK_EQ(sys_frame_unmap(frame), E_NOT_MAPPED);
    map(frame, ROOT_PROCESS, WINDOW, READ);
    CHECK_OK(sys_frame_unmap(frame));
    CHECK_EQ(sys_frame_unmap(frame), E_NOT_MAPPED);
    CHECK_EQ(sys_page_table_unmap(table), E_NOT_MAPPED);
}

CASE(vspace, a_table_is_installed_once)
{
    uint32_t table = make(OBJECT_PAGE_TABLE, 0);

    CHECK_OK(sys_page_table_map(table, ROOT_PROCESS, WINDOW));
    CHECK_EQ(sys_page_table_map(table, ROOT_PROCESS, 4 * WINDOW), E_MAPPED);
    CHECK_OK(sys_page_table_unmap(table));
    CHECK_OK(sys_page_table_map(table, ROOT_PROCESS, 4 * WINDOW));
}

CASE(vspace, a_table_comes_back_empty)
{
    uint32_t top = make(OBJECT_PAGE_TABLE, 0), low = make(OBJECT_PAGE_TABLE, 0);
    uint32_t frame = make(OBJECT_FRAME, 12);

    CHECK_OK(sys_page_table_map(top, ROOT_PROCESS, WINDOW));
    CHECK_OK(sys_page_table_map(low, ROOT_PROCESS, WINDOW));
    CHECK_OK(sys_frame_map(frame, ROOT_PROCESS, WINDOW, READ | WRITE));
    CHECK_OK(sys_page_table_unmap(low));
    CHECK_EQ(sys_frame_unmap(frame), E_NOT_MAPPED);
    CHECK_OK(sys_page_table_map(low, ROOT_PROCESS, WINDOW));
    CHECK_OK(sys_frame_map(frame, ROOT_PROCESS, WINDOW, READ | WRITE));
    CHECK_OK(sys_page_table_unmap(top));
    CHECK_EQ(sys_page_table_unmap(low), E_NOT_MAPPED);
    CHECK_EQ(sys_frame_map(frame, ROOT_PROCESS, WINDOW, READ | WRITE), E_NO_TABLE);
}

CASE(vspace, frame_survives_its_address_space)
{
    uint32_t frame = make(OBJECT_FRAME, 12), process = make(OBJECT_PROCESS, 0);

    map(frame, process, WINDOW, READ);
    delete (process);
    CHECK_EQ(sys_frame_unmap(frame), E_NOT_MAPPED);
    map(frame, ROOT_PROCESS, WINDOW, READ);
}

CASE(vspace, process_argument_is_checked)
{
    uint32_t frame = make(OBJECT_FRAME, 12), table = make(OBJECT_PAGE_TABLE, 0);

    CHECK_EQ(sys_frame_map(frame, slots_take(1), WINDOW, READ), E_BAD_CAP);
    CHECK_EQ(sys_frame_map(frame, frame, WINDOW, READ), E_BAD_TYPE);
    CHECK_EQ(sys_page_table_map(table, slots_take(1), WINDOW), E_BAD_CAP);
    CHECK_EQ(sys_page_table_map(table, frame, WINDOW), E_BAD_TYPE);
}

CASE(vspace, fixed_pages_stay_as_they_are)
{
    map_tables(ROOT_PROCESS, WINDOW);
    CHECK_EQ(sys_frame_map(copy(ROOT_GLOBAL_BITMAP, ALL), ROOT_PROCESS, WINDOW, READ | WRITE),
             E_NO_RIGHT);
    CHECK_EQ(sys_frame_map(copy(ROOT_BOOT_INFO, ALL), ROOT_PROCESS, WINDOW, READ | WRITE),
             E_NO_RIGHT);
    CHECK_EQ(sys_frame_map(copy(ROOT_GLOBAL_BITMAP, ALL), ROOT_PROCESS, WINDOW, READ | EXECUTE),
             E_NO_RIGHT);
    CHECK_OK(sys_frame_map(copy(ROOT_GLOBAL_BITMAP, ALL), ROOT_PROCESS, WINDOW, READ));
}
