/* SPDX-License-Identifier: BSD-2-Clause */
/* Which coroutine runs next. */
#include "fixture.h"

static struct tracer a, b, c;

static void test_best_priority_first(void **state)
{
    (void)state;
    trace(&a, "a", 63, OP_YIELD, 0, 0);
    trace(&b, "b", 0, OP_YIELD, 0, 0);
    trace(&c, "c", 31, OP_YIELD, 0, 0);
    assert_true(fixture.line.bitmap == (1ull << 63 | 1 | 1ull << 31));
    check_invariants(&fixture, 3);
    run();
    assert_log("b b. c c. a a. ");
    check_invariants(&fixture, 0);
}

static void test_each_priority_by_itself(void **state)
{
    (void)state;
    for (unsigned priority = 0; priority < PRIORITY_COUNT; priority++) {
        assert_int_not_equal(trace(&a, "a", priority, OP_YIELD, 1, 0).raw, 0);
        check_invariants(&fixture, 1);
        run();
        assert_log("a a:0 a. ");
    }
}

static void test_fifo_among_equals(void **state)
{
    (void)state;
    trace(&a, "a", 5, OP_YIELD, 2, 0);
    trace(&b, "b", 5, OP_YIELD, 1, 0);
    trace(&c, "c", 5, OP_YIELD, 2, 0);
    run();
    assert_log("a b c a:0 b:0 b. c:0 a:0 a. c:0 c. ");
}

static void test_yield_lets_no_worse_one_run(void **state)
{
    (void)state;
    trace(&a, "a", 5, OP_YIELD, 2, 0);
    trace(&b, "b", 6, OP_YIELD, 1, 0);
    run();
    assert_log("a a:0 a:0 a. b b:0 b. ");
}

static void test_better_one_runs_at_next_await(void **state)
{
    (void)state;
    trace(&a, "a", 5, OP_PARK, 2, 0);
    run();
    trace(&b, "b", 9, OP_YIELD, 1, 0);
    co_wake(a.cid);
    run();
    assert_log("a a:0 b b:0 b. ");
    co_wake(a.cid);
    run();
    assert_log("a:0 a. ");
}

static void test_set_priority_of_ready(void **state)
{
    (void)state;
    trace(&a, "a", 5, OP_YIELD, 0, 0);
    trace(&b, "b", 5, OP_YIELD, 0, 0);
    trace(&c, "c", 5, OP_YIELD, 0, 0);
    assert_int_equal(co_set_priority(b.cid, 4), E_OK); /* from the middle */
    check_invariants(&fixture, 3);
    assert_int_equal(co_set_priority(c.cid, 4), E_OK); /* from the end */
    check_invariants(&fixture, 3);
    assert_int_equal(co_set_priority(a.cid, 3), E_OK); /* the only one */
    assert_true(fixture.line.bitmap == (1ull << 3 | 1ull << 4));
    assert_int_equal(co_set_priority(b.cid, 7), E_OK); /* from the front */
    check_invariants(&fixture, 3);
    run();
    assert_log("a a. c c. b b. ");
}

static void test_set_priority_of_blocked(void **state)
{
    (void)state;
    trace(&a, "a", 5, OP_PARK, 1, 0);
    trace(&b, "b", 6, OP_PARK, 1, 0);
    run();
    assert_int_equal(co_set_priority(a.cid, 7), E_OK);
    co_wake(a.cid);
    co_wake(b.cid);
    check_invariants(&fixture, 2);
    run();
    assert_log("a b b:0 b. a:0 a. ");
}

static CO_BODY enum co_state demote_body(struct co *co)
{
    struct tracer *t = co_frame(struct tracer, co);
    long n;

    co_begin(co);
    log_add("%s ", t->name);
    assert_int_equal(fixture.line.running, 2);
    co_set_priority(co_current(), 40);
    assert_int_equal(fixture.line.running, 40);
    assert_int_equal(co->priority, 40);
    co_await(n, co_yield(co));
    assert_int_equal(fixture.line.running, 40);
    co_change_priority(co, 3);
    assert_int_equal(fixture.line.running, 3);
    log_add("%s:", t->name);
    log_value(n);
    co_return(0);
}

static void test_set_priority_of_running(void **state)
{
    (void)state;
    a.name = "a";
    co_spawn(&a.co, demote_body, 2, NULL);
    trace(&b, "b", 30, OP_YIELD, 0, 0);
    run();
    assert_log("a b b. a:0 ");
}

static void test_bad_priorities(void **state)
{
    (void)state;
    assert_int_equal(trace(&a, "a", 64, OP_YIELD, 0, 0).raw, 0);
    check_invariants(&fixture, 0);
    trace(&a, "a", 9, OP_YIELD, 0, 0);
    assert_int_equal(co_set_priority(a.cid, 64), E_BAD_ARGUMENT);
    assert_int_equal(co_set_priority((cid_t){0}, 3), E_STALE);
    co_change_priority(&a.co, 64); /* ignored */
    assert_int_equal(a.co.priority, 9);
    run();
    assert_int_equal(co_set_priority(a.cid, 3), E_STALE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_best_priority_first, setup),
        cmocka_unit_test_setup(test_each_priority_by_itself, setup),
        cmocka_unit_test_setup(test_fifo_among_equals, setup),
        cmocka_unit_test_setup(test_yield_lets_no_worse_one_run, setup),
        cmocka_unit_test_setup(test_better_one_runs_at_next_await, setup),
        cmocka_unit_test_setup(test_set_priority_of_ready, setup),
        cmocka_unit_test_setup(test_set_priority_of_blocked, setup),
        cmocka_unit_test_setup(test_set_priority_of_running, setup),
        cmocka_unit_test_setup(test_bad_priorities, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
