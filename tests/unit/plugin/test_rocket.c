/* SPDX-License-Identifier: BSD-2-Clause */
/* The model of the core on traces whose answers are known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "core.h"
#include "rocket.h"

#define RAM       0x80000000ull
#define RAM_WORDS (1u << 20) /* 8 MiB */
#define ROOT      (RAM + 0x1000)
#define SATP      (8ull << 60 | ROOT >> 12)
#define LEAF      0xcfull /* V R W X A D */
#define GLOBAL    0x20ull
#define KERNEL    0xffffffc000000000ull
#define DATA      (RAM + 0x100000)

static uint64_t ram[RAM_WORDS];
static struct rocket rocket;
static uint64_t cycles[ROCKET_COSTS];
static struct rocket_touch last;

static bool read_word(void *memory, uint64_t physical, uint64_t *word)
{
    assert_ptr_equal(memory, ram);
    if (physical < RAM || physical >= RAM + sizeof ram)
        return false;
    *word = ram[(physical - RAM) / 8];
    return true;
}

static void set_entry(uint64_t table, unsigned index, uint64_t physical, uint64_t bits)
{
    ram[(table - RAM) / 8 + index] = physical >> 12 << 10 | bits;
}

/* The first GiB: pages of 4 KiB and of 2 MiB, one after the other in memory. The last: the
 * kernel's, all of RAM by one global entry. */
static int setup(void **state)
{
    (void)state;
    memset(ram, 0, sizeof ram);
    memset(cycles, 0, sizeof cycles);
    set_entry(ROOT, 0, ROOT + 0x1000, 1);
    set_entry(ROOT, 256, 0, LEAF | GLOBAL);
    set_entry(ROOT, 258, 0x80000000, LEAF | GLOBAL);
    set_entry(ROOT + 0x1000, 0, ROOT + 0x2000, 1);
    set_entry(ROOT + 0x1000, 1, RAM + 0x200000, LEAF);
    for (unsigned i = 0; i < 256; i++)
        set_entry(ROOT + 0x2000, i, DATA + 0x1000ull * i, LEAF);
    rocket_init(&rocket, read_word, ram);
    rocket.cycles = cycles;
    rocket_space(&rocket, SATP);
    return 0;
}

static bool load(uint64_t address)
{
    return rocket_access(&rocket, ACCESS_LOAD, address, true, &last);
}

static bool store(uint64_t address)
{
    return rocket_access(&rocket, ACCESS_STORE, address, true, &last);
}

static bool fetch(uint64_t address)
{
    return rocket_access(&rocket, ACCESS_FETCH, address, true, &last);
}

/* So that nothing misses L1 but what the test is about. */
static void forget(void)
{
    memset(cycles, 0, sizeof cycles);
}

/* ---------------------------------------------------------------- translation */

static void test_three_levels(void **state)
{
    (void)state;
    assert_true(load(0x3008));
    assert_int_equal(last.physical, DATA + 0x3008);
    assert_int_equal(last.level, 0);
    assert_false(last.global);
    assert_true(last.tlb_miss && last.l1_miss);
    assert_int_equal(last.tables, 3);
    assert_int_equal(last.table[2], ROOT + 0x2000 + 3 * 8);
    assert_int_equal(cycles[COST_DTLB], 21);
    assert_int_equal(cycles[COST_TABLES], 3 * 50);
    assert_int_equal(cycles[COST_DCACHE], 50);
    forget();
    assert_true(load(0x3000));
    assert_false(last.tlb_miss || last.l1_miss);
    assert_true(load(0x4000)); /* only the last table */
    assert_int_equal(last.tables, 1);
    assert_int_equal(cycles[COST_DTLB], 12);
    assert_int_equal(cycles[COST_TABLES], 0); /* entries 3 and 4 share a line */
}

static void test_large_pages(void **state)
{
    (void)state;
    assert_true(load(0x201234));
    assert_int_equal(last.physical, RAM + 0x201234);
    assert_int_equal(last.level, 1);
    assert_int_equal(cycles[COST_DTLB], 16);
    assert_true(load(0x3ff000)); /* the same page */
    assert_false(last.tlb_miss);
    assert_true(load(KERNEL + RAM + 0x300000));
    assert_int_equal(last.physical, RAM + 0x300000);
    assert_int_equal(last.level, 2);
    assert_true(last.global && last.tlb_miss);
    assert_int_equal(cycles[COST_DTLB], 16 + 12);
}

static void test_no_page(void **state)
{
    (void)state;
    assert_false(load(0x40000000));
    assert_false(load(0x400000));
    for (unsigned i = 0; i < ROCKET_COSTS; i++)
        assert_int_equal(cycles[i], 0);
}

static void test_fences(void **state)
{
    (void)state;
    load(0x3040);
    load(KERNEL + RAM + 0x304000);
    fetch(0x3040);
    rocket_fence(&rocket, false);
    forget();
    load(KERNEL + RAM + 0x304000);
    assert_false(last.tlb_miss);
    load(0x3040);
    assert_int_equal(last.tables, 3);
    fetch(0x3040);
    assert_true(last.tlb_miss);
    assert_int_equal(cycles[COST_DTLB], 21);
    assert_int_equal(cycles[COST_ITLB], 12); /* the walker remembers its tables */
    assert_int_equal(cycles[COST_TABLES], 0);
    rocket_fence(&rocket, true);
    load(KERNEL + RAM + 0x304000);
    assert_true(last.tlb_miss);
}

/* 32 pages stay, the 33rd replaces the one that was used longest ago. */
static void test_tlb_holds_32(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROCKET_TLB; i++)
        load(0x1000ull * i);
    load(0);
    assert_false(last.tlb_miss);
    load(0x1000ull * ROCKET_TLB);
    assert_true(last.tlb_miss);
    load(0);
    assert_false(last.tlb_miss);
    load(0x1000);
    assert_true(last.tlb_miss);
    fetch(0x2000); /* not the same TLB */
    assert_true(last.tlb_miss);
}

static void test_look_touches_nothing(void **state)
{
    uint64_t physical;

    (void)state;
    assert_true(rocket_look(&rocket, 0x3456, &physical));
    assert_int_equal(physical, DATA + 0x3456);
    assert_true(rocket_look(&rocket, KERNEL + RAM + 8, &physical));
    assert_int_equal(physical, RAM + 8);
    assert_false(rocket_look(&rocket, 0x40000000, &physical));
    load(0x3456);
    assert_true(last.tlb_miss);
}

/* ---------------------------------------------------------------- L1 */

/* Four lines of one set stay; a fifth drives one of them out. */
static void test_four_ways(void **state)
{
    unsigned misses = 0;

    (void)state;
    for (unsigned i = 0; i < 2 * ROCKET_WAYS; i++) {
        load(0x201100 + 0x1000ull * (i % ROCKET_WAYS));
        assert_int_equal(last.l1_miss, i < ROCKET_WAYS);
    }
    load(0x201100 + 0x1000ull * ROCKET_WAYS);
    for (unsigned i = 0; i < ROCKET_WAYS; i++) {
        load(0x201100 + 0x1000ull * i);
        misses += last.l1_miss;
    }
    assert_true(misses > 0);
}

/* Nine lines of one set miss again and again; in nine sets they stay. */
static void test_page_aligned_lines_fight(void **state)
{
    (void)state;
    load(0x201000);
    forget();
    for (unsigned round = 0; round < 1000; round++) {
        for (unsigned i = 0; i < 9; i++)
            load(0x202000 + 0x1000ull * i);
    }
    printf("nine lines of a set: %.1f misses a round\n", (double)cycles[COST_DCACHE] / 50e3);
    assert_in_range(cycles[COST_DCACHE], 1000 * 6 * 50, 1000 * 8 * 50);
    forget();
    for (unsigned round = 0; round < 1000; round++) {
        for (unsigned i = 0; i < 9; i++)
            load(0x212000 + 0x1040ull * i);
    }
    assert_in_range(cycles[COST_DCACHE], 9 * 50, 9 * 50);
}

static void test_dirty_lines_cost_more(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROCKET_WAYS; i++)
        store(0x201000 + 0x1000ull * i);
    forget();
    load(0x209000);
    assert_int_equal(cycles[COST_DCACHE], 56);
    forget();
    fetch(0x209000); /* the other L1 */
    assert_int_equal(cycles[COST_ICACHE], 50);
    assert_int_equal(cycles[COST_DCACHE], 0);
    fetch(0x209000);
    assert_false(last.l1_miss);
    rocket_fence_code(&rocket);
    fetch(0x209000);
    assert_true(last.l1_miss);
}

static void test_devices_and_firmware(void **state)
{
    (void)state;
    load(KERNEL + 0x10000000);
    forget();
    load(KERNEL + 0x10000000);
    assert_int_equal(cycles[COST_STALL], 7);
    assert_int_equal(cycles[COST_DCACHE], 0);
    assert_true(rocket_access(&rocket, ACCESS_LOAD, RAM, false, &last));
    assert_int_equal(last.level, ROCKET_LEVELS);
    assert_false(last.tlb_miss);
}

/* ---------------------------------------------------------------- instructions */

static void run(struct core *core, uint32_t bits)
{
    core_instruction(core, &rocket, decode(bits));
}

static void test_results_that_are_late(void **state)
{
    struct core core = {0, 0};

    (void)state;
    run(&core, 0x0005b503); /* ld a0, 0(a1) */
    run(&core, 0x00150513); /* addi a0, a0, 1 */
    assert_int_equal(cycles[COST_STALL], 1);
    run(&core, 0x0005b503);
    run(&core, 0x00158593); /* addi a1, a1, 1 */
    run(&core, 0x00150513);
    assert_int_equal(cycles[COST_STALL], 1);
    run(&core, 0x14102573); /* csrr a0, sepc */
    run(&core, 0x00450513);
    assert_int_equal(cycles[COST_STALL], 3);
    run(&core, 0x02b50533); /* mul a0, a0, a1 */
    assert_int_equal(cycles[COST_STALL], 11);
    assert_int_equal(cycles[COST_BASE], 8);
}

/* U -> S -> U by itself: an ecall, the return address moved on, sret. Measured: 16. */
static void test_bare_round_trip(void **state)
{
    struct core core = {0, 0};
    uint64_t sum = 0;

    (void)state;
    run(&core, 0x00000073); /* ecall */
    core_trap(&core, &rocket, true);
    run(&core, 0x141022f3); /* csrr t0, sepc */
    run(&core, 0x00428293); /* addi t0, t0, 4 */
    run(&core, 0x14129073); /* csrw sepc, t0 */
    run(&core, 0x10200073); /* sret */
    for (unsigned i = 0; i < ROCKET_COSTS; i++)
        sum += cycles[i];
    assert_int_equal(sum, 15);
}

/* The same with 31 registers saved and restored. Measured: 103. */
static void test_round_trip_with_registers(void **state)
{
    struct core core = {0, 0};
    uint64_t sum = 0;

    (void)state;
    run(&core, 0x00000073);
    core_trap(&core, &rocket, true);
    run(&core, 0x14011173); /* csrrw sp, sscratch, sp */
    for (unsigned i = 1; i < 32; i++)
        run(&core, 0x00013023 | i << 20); /* sd xi, 0(sp) */
    run(&core, 0x141022f3);
    run(&core, 0x00428293);
    run(&core, 0x14129073);
    for (unsigned i = 1; i < 32; i++) {
        if (i != 2)
            run(&core, 0x00013003 | i << 7); /* ld xi, 0(sp) */
    }
    run(&core, 0x14011173);
    run(&core, 0x10200073);
    for (unsigned i = 0; i < ROCKET_COSTS; i++)
        sum += cycles[i];
    assert_int_equal(sum, 80);
}

/* U -> S, another satp, a fence, -> U, a fetch and a load there. Measured: 73 to 76. */
static void test_switch_with_refill(void **state)
{
    struct core core = {0, 0};
    uint64_t sum = 0;

    (void)state;
    fetch(0x3000);
    load(0x201000);
    forget();
    run(&core, 0x00000073);
    core_trap(&core, &rocket, true);
    run(&core, 0x18051073); /* csrw satp, a0 */
    run(&core, 0x12b00073); /* sfence.vma x0, a1 */
    run(&core, 0x10200073);
    fetch(0x3000);
    load(0x201000);
    run(&core, 0x0005b503);
    for (unsigned i = 0; i < ROCKET_COSTS; i++)
        sum += cycles[i];
    assert_int_equal(sum, 64);
    assert_int_equal(cycles[COST_SWITCH], 4 + 4 + 14 + 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_three_levels, setup),
        cmocka_unit_test_setup(test_large_pages, setup),
        cmocka_unit_test_setup(test_no_page, setup),
        cmocka_unit_test_setup(test_fences, setup),
        cmocka_unit_test_setup(test_tlb_holds_32, setup),
        cmocka_unit_test_setup(test_look_touches_nothing, setup),
        cmocka_unit_test_setup(test_four_ways, setup),
        cmocka_unit_test_setup(test_page_aligned_lines_fight, setup),
        cmocka_unit_test_setup(test_dirty_lines_cost_more, setup),
        cmocka_unit_test_setup(test_devices_and_firmware, setup),
        cmocka_unit_test_setup(test_results_that_are_late, setup),
        cmocka_unit_test_setup(test_bare_round_trip, setup),
        cmocka_unit_test_setup(test_round_trip_with_registers, setup),
        cmocka_unit_test_setup(test_switch_with_refill, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
