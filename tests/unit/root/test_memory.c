/* SPDX-License-Identifier: BSD-2-Clause */
/* The pool: every byte is free or accounted, nothing overlaps, areas are contiguous. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "fake_kernel.h"
#include "memory.h"

static struct boot_info info;
static struct process owner;

static void set_up(unsigned size_bits)
{
    fake_reset();
    memset(&info, 0, sizeof info);
    owner = (struct process){.name = "owner"};
    fake_untyped(&info, 0x80000000, size_bits);
    fake_untyped(&info, 0x90000000, PAGE_BITS);
    memory_open(&info);
}

static void check_sum(void)
{
    assert_int_equal(memory_free_bytes() + owner.bytes, memory_total_bytes());
    fake_check_disjoint();
}

static void test_small_objects_come_from_small_blocks(void **state)
{
    uint32_t cptr;

    (void)state;
    set_up(24);
    for (int i = 0; i < 32; i++) {
        assert_int_equal(memory_make(&owner, OBJECT_ENDPOINT, 0, 1, &cptr), E_OK);
        assert_true(fake_caps[cptr].paddr >= 0x90000000); /* the page, not the 16 MiB */
        check_sum();
    }
    assert_int_equal(owner.bytes, 4096);
    assert_int_equal(memory_make(&owner, OBJECT_ENDPOINT, 0, 1, &cptr), E_OK);
    assert_true(fake_caps[cptr].paddr < 0x90000000);
    check_sum();
}

static void test_all_memory_can_be_used(void **state)
{
    uint32_t cptr;

    (void)state;
    set_up(22);
    for (int i = 0; i < 1024 + 1; i++)
        assert_int_equal(memory_make(&owner, OBJECT_FRAME, PAGE_BITS, 1, &cptr), E_OK);
    assert_int_equal(memory_free_bytes(), 0);
    check_sum();
    assert_int_equal(memory_make(&owner, OBJECT_FRAME, PAGE_BITS, 1, &cptr), E_NO_MEMORY);
    check_sum();
}

static void test_area_is_contiguous(void **state)
{
    const uint64_t bytes = 2 * LARGE_BYTES + 300 * PAGE_BYTES;
    struct area area;
    uint64_t at;

    (void)state;
    set_up(26);
    assert_int_equal(memory_make_area(&owner, bytes, &area), E_OK);
    assert_int_equal(area.large_count, 2);
    assert_int_equal(area.small_count, 300);
    assert_int_equal(area.paddr % LARGE_BYTES, 0);
    at = area.paddr;
    for (uint32_t i = 0; i < area.large_count; i++, at += LARGE_BYTES)
        assert_int_equal(fake_caps[area.large + i].paddr, at);
    for (uint32_t i = 0; i < area.small_count; i++, at += PAGE_BYTES)
        assert_int_equal(fake_caps[area.small + i].paddr, at);
    assert_int_equal(owner.bytes, bytes);
    check_sum();
}

static void test_slots_run_out(void **state)
{
    uint32_t first;

    (void)state;
    set_up(24);
    assert_int_equal(slots_take((1u << ROOT_CNODE_BITS) - (uint32_t)slots_used(), &first), E_OK);
    assert_int_equal(slots_take(1, &first), E_TOO_MANY);
    assert_int_equal(memory_make(&owner, OBJECT_FRAME, PAGE_BITS, 1, &first), E_TOO_MANY);
}

static void test_random_sizes(void **state)
{
    unsigned seed = (unsigned)time(NULL);
    long error = E_OK;
    uint32_t cptr;

    (void)state;
    printf("seed %u\n", seed);
    srand(seed);
    set_up(25);
    for (int i = 0; i < 400 && error == E_OK; i++) {
        static const enum object_type types[] = {OBJECT_FRAME,      OBJECT_CNODE, OBJECT_PROCESS,
                                                 OBJECT_PAGE_TABLE, OBJECT_TIMER, OBJECT_FRAME};
        enum object_type type = types[rand() % 6];
        unsigned bits = type == OBJECT_CNODE ? 4 + (unsigned)rand() % 6 : PAGE_BITS;

        error = memory_make(&owner, type, bits, 1 + (uint32_t)rand() % 20, &cptr);
        if (error == E_OK)
            check_sum();
    }
    assert_true(error == E_OK || error == E_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_objects_come_from_small_blocks),
        cmocka_unit_test(test_all_memory_can_be_used),
        cmocka_unit_test(test_area_is_contiguous),
        cmocka_unit_test(test_slots_run_out),
        cmocka_unit_test(test_random_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
