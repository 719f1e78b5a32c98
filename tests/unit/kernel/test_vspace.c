/* SPDX-License-Identifier: BSD-2-Clause */
/* Mapping frames and page tables. */
#include "kernel_host.h"

#define PROCESS 10
#define TABLES  20 /* four page tables */
#define FRAMES  30 /* four 4 KiB frames */
#define MEGA    40
#define OTHER   11
#define VADDR   0x40201000ull
#define RW      (RIGHT_READ | RIGHT_WRITE)
#define RX      (RIGHT_READ | RIGHT_EXECUTE)

static int setup(void **state)
{
    host_setup(state);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_PROCESS, 0, ROOT_SELF, PROCESS, 2), E_OK);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_PAGE_TABLE, 0, ROOT_SELF, TABLES, 4), E_OK);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_FRAME, 12, ROOT_SELF, FRAMES, 4), E_OK);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_FRAME, 21, ROOT_SELF, MEGA, 1), E_OK);
    return 0;
}

static long map_table(uint32_t table, uint32_t process, uint64_t vaddr)
{
    return do_call(sys_page_table_map, table, process, vaddr, 0, 0, 0);
}
static long map(uint32_t frame, uint32_t process, uint64_t vaddr, uint64_t rights)
{
    return do_call(sys_frame_map, frame, process, vaddr, rights, 0, 0);
}
static long unmap(uint32_t frame)
{
    return do_call(sys_frame_unmap, frame, 0, 0, 0, 0, 0);
}
static long delete (uint32_t index)
{
    return do_call(sys_cnode_delete, ROOT_SELF, index, 0, 0, 0, 0);
}
static void tables_ready(uint32_t process)
{
    assert_int_equal(map_table(TABLES, process, VADDR), E_OK);
    assert_int_equal(map_table(TABLES + 1, process, VADDR), E_OK);
}

/* What the hardware would find: the leaf entry, or 0. */
static uint64_t translate(uint32_t process, uint64_t vaddr)
{
    uint64_t *table = ((struct process *)cap_object(at(process)))->vspace.root;

    for (int level = 2; level >= 0; level--) {
        uint64_t entry = table[vaddr >> (12 + 9 * level) & 511];

        if (!(entry & 1))
            return 0;
        if (entry & 0xe)
            return entry;
        table = paddr_to_ptr((paddr_t){entry >> 10 << 12});
    }
    fail_msg("a table stands where a page should");
    return 0;
}

static void test_map(void **state)
{
    unsigned before;

    (void)state;
    assert_int_equal(map(FRAMES, PROCESS, VADDR, RW), E_NO_TABLE);
    assert_int_equal(map_table(TABLES, PROCESS, VADDR), E_OK);
    assert_int_equal(map(FRAMES, PROCESS, VADDR, RW), E_NO_TABLE);
    assert_int_equal(map_table(TABLES + 1, PROCESS, VADDR), E_OK);
    assert_int_equal(map_table(TABLES + 2, PROCESS, VADDR), E_MAPPED);
    assert_int_equal(map_table(TABLES, PROCESS, 0), E_MAPPED);
    assert_int_equal(map(FRAMES, PROCESS, VADDR, RW), E_OK);
    assert_int_equal(translate(PROCESS, VADDR), at(FRAMES)->word >> 12 << 10 | 0xd7);
    assert_int_equal(map(FRAMES, PROCESS, VADDR + 4096, RW), E_MAPPED);
    assert_int_equal(map(FRAMES + 1, PROCESS, VADDR, RW), E_MAPPED);
    assert_int_equal(map(FRAMES + 1, PROCESS, VADDR + 4096, RX), E_OK);
    assert_int_equal(translate(PROCESS, VADDR + 4096) & 0x3ff, 0xdb);
    before = flushes;
    assert_int_equal(unmap(FRAMES), E_OK);
    assert_true(flushes > before);
    assert_int_equal(translate(PROCESS, VADDR), 0);
    assert_int_equal(unmap(FRAMES), E_NOT_MAPPED);
    assert_int_equal(map(FRAMES, OTHER, VADDR, RW), E_NO_TABLE);
}

static void test_refused(void **state)
{
    (void)state;
    tables_ready(PROCESS);
    assert_int_equal(map(FRAMES, PROCESS, VADDR + 1, RW), E_ALIGNMENT);
    assert_int_equal(map(MEGA, PROCESS, VADDR, RW), E_ALIGNMENT);
    assert_int_equal(map(FRAMES, PROCESS, USER_TOP, RW), E_BAD_ARGUMENT);
    assert_int_equal(map(FRAMES, PROCESS, 0xffffffc000000000ull, RW), E_BAD_ARGUMENT);
    assert_int_equal(map(FRAMES, PROCESS, 1ull << 39 | VADDR, RW), E_BAD_ARGUMENT);
    assert_int_equal(map_table(TABLES + 2, PROCESS, USER_TOP), E_BAD_ARGUMENT);
    assert_int_equal(map_table(TABLES + 2, PROCESS, ~0ull), E_BAD_ARGUMENT);
    assert_int_equal(map(FRAMES, PROCESS, VADDR, 0), E_NO_RIGHT);
    assert_int_equal(map(FRAMES, PROCESS, VADDR, RIGHT_WRITE), E_NO_RIGHT);
    assert_int_equal(map(FRAMES, PROCESS, VADDR, RW | RIGHT_EXECUTE), E_NO_RIGHT);
    assert_int_equal(map(FRAMES, ROOT_UNTYPED, VADDR, RW), E_BAD_TYPE);
    /* A copy with fewer rights. */
    assert_int_equal(do_call(sys_cnode_copy, ROOT_SELF, 50, ROOT_SELF, FRAMES, RIGHT_READ, 0),
                     E_OK);
    assert_int_equal(map(50, PROCESS, VADDR, RW), E_NO_RIGHT);
    assert_int_equal(map(50, PROCESS, VADDR, RX), E_NO_RIGHT);
    assert_int_equal(map(50, PROCESS, VADDR, RIGHT_READ), E_OK);
    assert_int_equal(do_call(sys_cnode_copy, ROOT_SELF, 51, ROOT_SELF, 50, RIGHT_ALL, 0),
                     E_NO_RIGHT);
    /* A process that may not be written. */
    assert_int_equal(do_call(sys_cnode_copy, ROOT_SELF, 52, ROOT_SELF, PROCESS, RIGHT_READ, 0),
                     E_OK);
    assert_int_equal(map(FRAMES, 52, VADDR + 4096, RW), E_NO_RIGHT);
    assert_int_equal(do_call(sys_cnode_copy, ROOT_SELF, 53, ROOT_SELF, TABLES, RIGHT_ALL, 0),
                     E_NO_RIGHT);
}

static void test_mega(void **state)
{
    (void)state;
    assert_int_equal(map(MEGA, PROCESS, 0x40200000, RW), E_NO_TABLE);
    assert_int_equal(map_table(TABLES, PROCESS, VADDR), E_OK);
    assert_int_equal(map(MEGA, PROCESS, 0x40200000, RW), E_OK);
    assert_int_equal(translate(PROCESS, 0x40234000) >> 10, at(MEGA)->word >> 12);
    assert_int_equal(map_table(TABLES + 1, PROCESS, VADDR), E_MAPPED);
    assert_int_equal(map(FRAMES, PROCESS, VADDR, RW), E_MAPPED);
    assert_int_equal(unmap(MEGA), E_OK);
    assert_int_equal(map_table(TABLES + 1, PROCESS, VADDR), E_OK);
    assert_int_equal(map(MEGA, PROCESS, 0x40200000, RW), E_MAPPED); /* a table hangs there */
}

static void test_delete_unmaps(void **state)
{
    (void)state;
    tables_ready(PROCESS);
    assert_int_equal(map(FRAMES, PROCESS, VADDR, RW), E_OK);
    assert_int_equal(do_call(sys_cnode_copy, ROOT_SELF, 50, ROOT_SELF, FRAMES, RIGHT_ALL, 0), E_OK);
    assert_int_equal(map(50, PROCESS, VADDR + 4096, RW), E_OK);
    assert_int_equal(delete (FRAMES), E_OK);
    assert_int_equal(translate(PROCESS, VADDR), 0);
    assert_true(translate(PROCESS, VADDR + 4096));
    assert_int_equal(do_call(sys_cnode_move, ROOT_SELF, 51, ROOT_SELF, 50, 0, 0), E_OK);
    assert_true(translate(PROCESS, VADDR + 4096));
    assert_int_equal(do_call(sys_cnode_revoke, ROOT_SELF, ROOT_UNTYPED, 0, 0, 0, 0), E_OK);
    assert_true(cap_is_empty(at(51)));
}

/* A table is taken out, its frame's capability goes, the table comes back: the page must not. */
static void test_table_comes_back_empty(void **state)
{
    (void)state;
    tables_ready(PROCESS);
    assert_int_equal(map(FRAMES, PROCESS, VADDR, RW), E_OK);
    assert_int_equal(do_call(sys_page_table_unmap, TABLES + 1, 0, 0, 0, 0, 0), E_OK);
    assert_int_equal(translate(PROCESS, VADDR), 0);
    assert_int_equal(delete (FRAMES), E_OK);
    assert_int_equal(map_table(TABLES + 1, PROCESS, VADDR), E_OK);
    assert_int_equal(translate(PROCESS, VADDR), 0);
}

/* What a frame once had is another frame's now: its capability must leave that alone. */
static void test_place_taken(void **state)
{
    (void)state;
    tables_ready(PROCESS);
    assert_int_equal(map(FRAMES, PROCESS, VADDR, RW), E_OK);
    assert_int_equal(do_call(sys_page_table_unmap, TABLES + 1, 0, 0, 0, 0, 0), E_OK);
    assert_int_equal(map_table(TABLES + 1, PROCESS, VADDR), E_OK);
    assert_int_equal(map(FRAMES + 1, PROCESS, VADDR, RW), E_OK);
    assert_int_equal(unmap(FRAMES), E_NOT_MAPPED);
    assert_int_equal(translate(PROCESS, VADDR) >> 10, at(FRAMES + 1)->word >> 12);
    assert_int_equal(map(FRAMES, PROCESS, VADDR + 4096, RW), E_OK);
}

/* A table is emptied as well when the one above is taken out, and when the whole process dies. */
static void test_fallen_out_tables(void **state)
{
    (void)state;
    tables_ready(PROCESS);
    assert_int_equal(map(FRAMES, PROCESS, VADDR, RW), E_OK);
    assert_int_equal(do_call(sys_page_table_unmap, TABLES, 0, 0, 0, 0, 0), E_OK);
    assert_int_equal(delete (FRAMES), E_OK);
    assert_int_equal(map_table(TABLES, PROCESS, VADDR), E_OK);
    assert_int_equal(map_table(TABLES + 1, PROCESS, VADDR), E_OK);
    assert_int_equal(translate(PROCESS, VADDR), 0);

    assert_int_equal(map(FRAMES + 1, PROCESS, VADDR, RW), E_OK);
    assert_int_equal(delete (PROCESS), E_OK);
    assert_int_equal(alive[OBJECT_PROCESS], 2);
    assert_int_equal(map_table(TABLES + 1, OTHER, VADDR), E_OK); /* now an upper table */
    assert_int_equal(map_table(TABLES, OTHER, VADDR), E_OK);
    assert_int_equal(translate(OTHER, VADDR), 0);
    assert_int_equal(unmap(FRAMES + 1), E_NOT_MAPPED);
    assert_int_equal(map(FRAMES + 1, OTHER, VADDR, RW), E_OK);
}

/* A capability that remembers a dead space does nothing to the one that has its number now. */
static void test_number_reused(void **state)
{
    struct vspace *vspace;
    unsigned id;

    (void)state;
    tables_ready(PROCESS);
    assert_int_equal(map(FRAMES, PROCESS, VADDR, RW), E_OK);
    assert_int_equal(do_call(sys_cnode_copy, ROOT_SELF, 50, ROOT_SELF, FRAMES, RIGHT_ALL, 0), E_OK);
    id = process_vspace(cap_object(at(PROCESS)))->id;
    assert_int_equal(delete (PROCESS), E_OK);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_PROCESS, 0, ROOT_SELF, PROCESS, 1), E_OK);
    vspace = process_vspace(cap_object(at(PROCESS)));
    assert_int_equal(vspace->id, id);
    tables_ready(PROCESS);
    assert_int_equal(map(50, PROCESS, VADDR, RW), E_OK);
    assert_int_equal(unmap(FRAMES), E_NOT_MAPPED);
    assert_true(translate(PROCESS, VADDR));
    assert_int_equal(delete (FRAMES), E_OK);
    assert_true(translate(PROCESS, VADDR));
}

/* The upper half is the kernel's, in every space. */
static void test_kernel_half(void **state)
{
    const uint64_t *root = process_vspace(cap_object(at(PROCESS)))->root;

    (void)state;
    for (unsigned i = 0; i < 256; i++)
        assert_int_equal(root[i], 0);
    assert_memory_equal(&root[256], &kernel_root_table[256], 256 * 8);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, host_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_map),           TEST(test_refused),           TEST(test_mega),
        TEST(test_delete_unmaps), TEST(test_kernel_half),       TEST(test_table_comes_back_empty),
        TEST(test_number_reused), TEST(test_fallen_out_tables), TEST(test_place_taken),
    };

    return cmocka_run_group_tests_name("vspace", tests, NULL, NULL);
}
