/* SPDX-License-Identifier: BSD-2-Clause */
/* Strict executors and the floor. */
#include "fixture.h"

static struct tracer a, b, c;
static uint64_t global[EXECUTOR_LINES];
static unsigned yields;

/* What the kernel does: whoever is better runs, and then nobody better waits. */
static void yield(struct executor *executor)
{
    assert_int_equal(executor->line->running, PRIORITY_NONE);
    assert_true(executor->line->bitmap != 0);
    log_add("| ");
    yields++;
    global[3] = 0;
}

static void open(void)
{
    memset(global, 0, sizeof global);
    yields = 0;
    fixture.executor.global = global;
    fixture.executor.yield = yield;
}

static void test_strict_yields_to_better_only(void **state)
{
    (void)state;
    open();
    assert_int_equal(co_policy(true, 0), E_OK);
    trace(&a, "a", 10, OP_YIELD, 1, 0);
    global[3] = 1ull << 10 | 1ull << 63; /* equal and worse */
    run();
    assert_log("a a:0 a. ");
    assert_int_equal(yields, 0);
    trace(&a, "a", 10, OP_YIELD, 1, 0);
    global[3] = 1ull << 9;
    run();
    assert_log("| a a:0 a. ");
    assert_int_equal(co_policy(false, 0), E_OK);
    trace(&a, "a", 10, OP_YIELD, 1, 0);
    global[3] = 1;
    run();
    assert_log("a a:0 a. "); /* relaxed */
    check_invariants(&fixture, 0);
}

static void test_strict_needs_the_bitmap(void **state)
{
    (void)state;
    assert_int_equal(co_policy(true, 0), E_UNSUPPORTED);
    open();
    fixture.executor.yield = NULL;
    assert_int_equal(co_policy(true, 0), E_UNSUPPORTED);
    assert_int_equal(fixture.executor.no_heat, 0);
}

static void test_floor_takes_one_in_n_from_the_lowest(void **state)
{
    (void)state;
    assert_int_equal(co_policy(false, 3), E_OK);
    trace(&a, "a", 1, OP_YIELD, 6, 0);
    trace(&b, "b", 5, OP_YIELD, 0, 0);
    trace(&c, "c", 60, OP_YIELD, 0, 0);
    run();
    assert_log("a a:0 c c. a:0 a:0 b b. a:0 a:0 a:0 a. ");
    assert_int_equal(co_policy(false, 0), E_OK);
    check_invariants(&fixture, 0);
}

static void test_policies_change_back_and_forth(void **state)
{
    (void)state;
    open();
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(co_policy(i & 1, i & 2), E_OK);
        assert_int_equal(fixture.executor.no_heat, (i & 3) != 0);
        trace(&a, "a", 4, OP_YIELD, 1, 0);
        run();
        assert_log("a a:0 a. ");
    }
    assert_int_equal(co_policy(false, 0), E_OK);
    check_invariants(&fixture, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_strict_yields_to_better_only, setup),
        cmocka_unit_test_setup(test_strict_needs_the_bitmap, setup),
        cmocka_unit_test_setup(test_floor_takes_one_in_n_from_the_lowest, setup),
        cmocka_unit_test_setup(test_policies_change_back_and_forth, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
