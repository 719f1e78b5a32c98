/* SPDX-License-Identifier: BSD-2-Clause */
/* What counts as a stretch, without QEMU: blocks are run by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "stretch.h"

#define LIMIT 100

static struct stretch stretch;
static struct stretch_block user = {.start = 0x1000, .instructions = 7, .place = PLACE_USER};
static struct stretch_block firmware = {
    .start = 0x80000000, .instructions = 1000, .place = PLACE_FIRMWARE};
static struct stretch_block entry, handler, other, loop, poll, wait;

static struct stretch_block kernel(uint64_t start, uint32_t instructions)
{
    return (struct stretch_block){
        .start = start, .instructions = instructions, .place = PLACE_KERNEL};
}

static int setup(void **state)
{
    (void)state;
    stretch_init(&stretch, LIMIT);
    assert_true(stretch_add_cause(&stretch, 0xa00));
    assert_true(stretch_add_cause(&stretch, 0xb00));
    entry = kernel(0x100, 10);
    handler = kernel(0xa00, 20);
    handler.cause = stretch_find_cause(&stretch, 0xa00);
    other = kernel(0xb00, 30);
    other.cause = stretch_find_cause(&stretch, 0xb00);
    loop = kernel(0x200, 40);
    poll = kernel(0x300, 5);
    poll.poll = true;
    wait = kernel(0x400, 500);
    wait.wait = true;
    assert_int_equal(stretch_find_cause(&stretch, 0xc00), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    stretch_free(&stretch);
    return 0;
}

static void run(unsigned hart, struct stretch_block *block)
{
    if (stretch_ends(&stretch, hart, block))
        stretch_end(&stretch, hart);
    stretch_run(&stretch, hart, block);
}

static void boot(unsigned hart)
{
    run(hart, &user); /* the reset code */
    run(hart, &firmware);
    run(hart, &entry);
    run(hart, &user);
}

static const struct stretch_cause *cause(uint64_t address)
{
    return &stretch.cause[stretch_find_cause(&stretch, address)];
}

static void test_boot_is_apart(void **state)
{
    (void)state;
    boot(0);
    for (unsigned i = 0; i < stretch.cause_count; i++)
        assert_int_equal(stretch.cause[i].count, 0);
    assert_int_equal(stretch.harts[0].boot, 10);
    assert_int_equal(stretch.harts[1].boot, 0);
}

static void test_entry_to_exit(void **state)
{
    (void)state;
    boot(0);
    run(0, &entry);
    run(0, &handler);
    run(0, &other); /* called by the handler: the cause is the first one */
    run(0, &firmware);
    run(0, &loop);
    run(0, &loop);
    run(0, &user);
    assert_int_equal(cause(0xb00)->count, 0);
    assert_int_equal(cause(0xa00)->count, 1);
    assert_int_equal(cause(0xa00)->longest, 10 + 20 + 30 + 2 * 40);
    assert_int_equal(cause(0xa00)->over, 1);
    assert_int_equal(cause(0xa00)->first_count, 5);
    assert_int_equal(cause(0xa00)->first[1], 0xa00);
    assert_int_equal(stretch.lengths[8], 1); /* 128 <= 140 < 256 */
}

static void test_poll_begins_anew(void **state)
{
    (void)state;
    boot(0);
    run(0, &entry);
    run(0, &handler);
    run(0, &poll);
    run(0, &other);
    run(0, &poll);
    run(0, &user);
    assert_int_equal(cause(0xa00)->longest, 30);
    assert_int_equal(cause(0xb00)->longest, 35);
    assert_int_equal(stretch.cause[0].count, 1);
    assert_int_equal(stretch.cause[0].longest, 5);
}

static void test_a_hart_that_idles_has_booted(void **state)
{
    (void)state;
    run(1, &entry);
    run(1, &poll);
    run(1, &handler);
    run(1, &poll);
    assert_int_equal(stretch.harts[1].boot, 10);
    assert_int_equal(cause(0xa00)->longest, 25);
    assert_int_equal(cause(0xa00)->hart, 1);
}

static void test_waiting_is_apart(void **state)
{
    (void)state;
    boot(0);
    run(0, &handler);
    run(0, &wait);
    run(0, &user);
    assert_int_equal(cause(0xa00)->longest, 520);
    assert_int_equal(cause(0xa00)->wait, 500);
    assert_int_equal(cause(0xa00)->over, 0);
    run(0, &handler);
    run(0, &loop); /* less in all, but more work */
    run(0, &user);
    assert_int_equal(cause(0xa00)->longest, 60);
    assert_int_equal(cause(0xa00)->wait, 0);
}

static void test_profile_is_of_the_longest(void **state)
{
    const struct stretch_profile *profile;

    (void)state;
    boot(0);
    for (unsigned runs = 1; runs <= 9; runs += 4) { /* 1, 5, 9 and then 2 */
        run(0, &handler);
        for (unsigned i = 0; i < runs; i++)
            run(0, &loop);
        run(0, &user);
    }
    run(0, &handler);
    run(0, &loop);
    run(0, &loop);
    run(0, &user);
    profile = &cause(0xa00)->profile;
    assert_int_equal(cause(0xa00)->count, 4);
    assert_int_equal(cause(0xa00)->over, 2);
    assert_int_equal(profile->block_count, 2);
    assert_int_equal(profile->blocks[1].start, 0x200);
    assert_int_equal(profile->blocks[1].runs, 9);
}

static void test_harts_are_apart(void **state)
{
    (void)state;
    boot(0);
    boot(1);
    run(0, &handler);
    run(1, &other);
    run(0, &loop);
    run(1, &loop);
    run(1, &loop);
    run(0, &user);
    run(1, &user);
    assert_int_equal(cause(0xa00)->longest, 60);
    assert_int_equal(cause(0xa00)->profile.blocks[1].runs, 1);
    assert_int_equal(cause(0xb00)->longest, 110);
    assert_int_equal(cause(0xb00)->profile.blocks[1].runs, 2);
}

static void test_many_blocks(void **state)
{
    enum { COUNT = 3000 };
    struct stretch_block *blocks = calloc(COUNT, sizeof *blocks);
    uint64_t total = 0;

    (void)state;
    boot(0);
    for (unsigned i = 0; i < COUNT; i++) {
        blocks[i] = kernel(0x10000 + 8 * i, 1 + i % 5);
        run(0, &blocks[i]);
        total += 1 + i % 5;
    }
    run(0, &user);
    assert_int_equal(stretch.cause[0].longest, total);
    assert_int_equal(stretch.cause[0].profile.block_count, COUNT);
    assert_int_equal(stretch.cause[0].first_count, STRETCH_FIRST);
    free(blocks);
}

static void test_report(void **state)
{
    char text[1000] = "";
    FILE *out = fmemopen(text, sizeof text, "w");

    (void)state;
    boot(0);
    run(0, &handler);
    run(0, &user);
    stretch_report(&stretch, out);
    fclose(out);
    assert_string_equal(text, "boot 0 10\nlength 5 1\ncause a00 1 0 20 0 0\nfirst a00\n"
                              "block a00 20 1\nend\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_boot_is_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_entry_to_exit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_poll_begins_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_hart_that_idles_has_booted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_waiting_is_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_profile_is_of_the_longest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_harts_are_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_blocks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_report, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
