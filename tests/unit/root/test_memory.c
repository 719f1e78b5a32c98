/* SPDX-License-Identifier: BSD-2-Clause */
/* Holdings: every byte is free or somebody's, nothing overlaps, areas are contiguous, and all of it
 * comes back. */
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
#include "root.h"

#define HOLDINGS 8

static struct boot_info info;
static struct holding holdings[HOLDINGS];
static uint64_t slots_at_start;

static void set_up(unsigned size_bits)
{
    fake_reset();
    memset(&info, 0, sizeof info);
    memset(holdings, 0, sizeof holdings);
    fake_untyped(&info, 0x80000000, size_bits);
    fake_untyped(&info, 0x90000000, PAGE_BITS + 2);
    memory_open(&info);
    slots_at_start = slots_used();
}

static void check_sum(void)
{
    uint64_t bytes = pool_free_bytes();

    for (unsigned i = 0; i < HOLDINGS; i++)
        bytes += holdings[i].bytes;
    assert_int_equal(bytes, pool_total_bytes());
    fake_check_disjoint();
}

/* All is as at the start, but for the slots that the pool keeps for halves. */
static void check_returned(void)
{
    uint32_t cptr;

    assert_int_equal(pool_free_bytes(), pool_total_bytes());
    assert_int_equal(fake_made(), 0);
    /* It is in one piece again. */
    assert_int_equal(memory_make(&holdings[0], OBJECT_UNTYPED,
                                 (unsigned)__builtin_ctzll(fake_caps[ROOT_FIRST_FREE].bytes), 1,
                                 &cptr),
                     E_OK);
    memory_return(&holdings[0]);
}

static void test_small_objects_share_a_block(void **state)
{
    uint32_t cptr;

    (void)state;
    set_up(24);
    for (int i = 0; i < 128; i++) {
        assert_int_equal(memory_make(&holdings[0], OBJECT_ENDPOINT, 0, 1, &cptr), E_OK);
        assert_true(fake_caps[cptr].paddr >= 0x90000000); /* the 16 KiB, not the 16 MiB */
        check_sum();
    }
    assert_int_equal(holdings[0].bytes, 16384);
    assert_int_equal(memory_make(&holdings[0], OBJECT_ENDPOINT, 0, 1, &cptr), E_OK);
    assert_true(fake_caps[cptr].paddr < 0x90000000);
    check_sum();
    memory_return(&holdings[0]);
    check_returned();
}

static void test_all_memory_can_be_used(void **state)
{
    uint32_t cptr;

    (void)state;
    set_up(22);
    for (int i = 0; i < 1024 + 4 - 16; i++)
        assert_int_equal(memory_make(&holdings[i % 3], OBJECT_FRAME, PAGE_BITS, 1, &cptr), E_OK);
    check_sum();
    for (int i = 0; i < 3; i++) {
        while (memory_make(&holdings[i], OBJECT_FRAME, PAGE_BITS, 1, &cptr) == E_OK)
            ;
    }
    assert_int_equal(fake_count(OBJECT_FRAME), 1024 + 4);
    assert_int_equal(pool_free_bytes(), 0);
    check_sum();
    for (int i = 0; i < 3; i++)
        memory_return(&holdings[i]);
    check_returned();
}

static void test_area_is_contiguous(void **state)
{
    const uint64_t bytes = 2 * LARGE_BYTES + 300 * PAGE_BYTES;
    struct area area;
    uint64_t at;

    (void)state;
    set_up(26);
    assert_int_equal(memory_make_area(&holdings[0], bytes, &area), E_OK);
    assert_int_equal(area.large_count, 2);
    assert_int_equal(area.small_count, 300);
    assert_int_equal(area.paddr % LARGE_BYTES, 0);
    at = area.paddr;
    for (uint32_t i = 0; i < area.large_count; i++, at += LARGE_BYTES)
        assert_int_equal(fake_caps[area.large + i].paddr, at);
    for (uint32_t i = 0; i < area.small_count; i++, at += PAGE_BYTES)
        assert_int_equal(fake_caps[area.small + i].paddr, at);
    check_sum();
    memory_return(&holdings[0]);
    check_returned();
}

static void test_slots_run_out(void **state)
{
    struct slot_list list = {0};
    uint32_t first;

    (void)state;
    set_up(24);
    assert_int_equal(slots_take(&list, (1u << ROOT_CNODE_BITS) - (uint32_t)slots_used(), &first),
                     E_OK);
    assert_int_equal(slots_take(&holdings[0].slots, 1, &first), E_TOO_MANY);
    assert_int_equal(memory_make(&holdings[0], OBJECT_FRAME, PAGE_BITS, 1, &first), E_TOO_MANY);
    check_sum();
    slots_return(&list);
    assert_int_equal(slots_used(), slots_at_start);
    assert_int_equal(memory_make(&holdings[0], OBJECT_FRAME, PAGE_BITS, 1, &first), E_OK);
    memory_return(&holdings[0]);
    check_returned();
}

/* Runs of odd lengths leave gaps, which shorter ones fill. */
static void test_slots_come_back(void **state)
{
    struct slot_list lists[64] = {{0}};
    uint32_t first;

    (void)state;
    set_up(24);
    for (int round = 0; round < 2000; round++) {
        struct slot_list *list = &lists[rand() % 64];

        if (list->first_run && rand() % 2)
            slots_return(list);
        else
            (void)!slots_take(list, 1 + (uint32_t)rand() % 400, &first);
    }
    for (int i = 0; i < 64; i++)
        slots_return(&lists[i]);
    assert_int_equal(slots_used(), slots_at_start);
    assert_int_equal(
        slots_take(&lists[0], (1u << ROOT_CNODE_BITS) - (uint32_t)slots_at_start, &first), E_OK);
}

static long make_something(struct holding *holding)
{
    static const enum object_type types[] = {OBJECT_FRAME,      OBJECT_CNODE, OBJECT_PROCESS,
                                             OBJECT_PAGE_TABLE, OBJECT_TIMER, OBJECT_FRAME};
    enum object_type type = types[rand() % 6];
    unsigned bits = type == OBJECT_CNODE ? 4 + (unsigned)rand() % 6 : PAGE_BITS;
    struct area area;
    uint32_t cptr;

    if (rand() % 8 == 0)
        return memory_make_area(holding, PAGE_BYTES << rand() % 8, &area);
    return memory_make(holding, type, bits, 1 + (uint32_t)rand() % 20, &cptr);
}

static void test_random_lives(void **state)
{
    const char *given = getenv("HEDDLE_SEED");
    unsigned seed = given ? (unsigned)strtoul(given, NULL, 0) : (unsigned)time(NULL);

    (void)state;
    printf("HEDDLE_SEED=%u\n", seed);
    srand(seed);
    set_up(25);
    for (int i = 0; i < 1000; i++) {
        struct holding *holding = &holdings[rand() % HOLDINGS];
        long error = E_OK;

        if (rand() % 16 == 0)
            memory_return(holding);
        else
            error = make_something(holding);
        assert_true(error == E_OK || error == E_NO_MEMORY);
        if (i % 16 == 0)
            check_sum();
    }
    for (int i = 0; i < HOLDINGS; i++)
        memory_return(&holdings[i]);
    check_returned();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_objects_share_a_block),
        cmocka_unit_test(test_all_memory_can_be_used),
        cmocka_unit_test(test_area_is_contiguous),
        cmocka_unit_test(test_slots_run_out),
        cmocka_unit_test(test_slots_come_back),
        cmocka_unit_test(test_random_lives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
