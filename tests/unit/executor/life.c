/* SPDX-License-Identifier: BSD-2-Clause */
/* Spawn, slots and cids, calls, join, nested runs. */
#include "fixture.h"

static struct tracer a, b, c;
static struct tracer many[SLOTS + 1];

static void test_current_is_none_outside(void **state)
{
    (void)state;
    assert_int_equal(co_current().raw, 0);
    co_run(false);
    co_run(true); /* nothing lives: returns */
    trace(&a, "a", 1, OP_YIELD, 1, 0);
    assert_int_equal(co_cid(&a.co).raw, a.cid.raw);
    assert_int_equal(co_current().raw, 0);
    co_run(true);
    assert_log("a a:0 a. ");
    assert_int_equal(co_current().raw, 0);
}

static void test_slot_table_full(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SLOTS; i++)
        assert_int_not_equal(trace(&many[i], "m", 7, OP_PARK, 1, 0).raw, 0);
    assert_int_equal(trace(&many[SLOTS], "x", 7, OP_PARK, 1, 0).raw, 0);
    run();
    check_invariants(&fixture, SLOTS);
    assert_int_equal(co_wake(many[3].cid), E_OK);
    run();
    check_invariants(&fixture, SLOTS - 1);
    log_clear();
    assert_int_not_equal(trace(&many[SLOTS], "x", 7, OP_PARK, 0, 0).raw, 0);
    assert_int_equal((uint32_t)many[SLOTS].cid.raw, (uint32_t)many[3].cid.raw);
    assert_int_not_equal(many[SLOTS].cid.raw, many[3].cid.raw);
    run();
    assert_log("x x. ");
}

static void test_slots_are_used_again_in_any_order(void **state)
{
    static const unsigned order[] = {5, 0, 7, 2, 1, 6, 3, 4};

    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < SLOTS; i++)
            assert_int_not_equal(trace(&many[i], "m", 7, OP_PARK, 1, 0).raw, 0);
        run();
        for (unsigned i = 0; i < SLOTS; i++) {
            co_wake(many[order[i]].cid);
            run();
            check_invariants(&fixture, SLOTS - 1 - i);
        }
    }
}

static void test_generation_skips_zero(void **state)
{
    (void)state;
    fixture.slots[0].cid |= 0xffffffff00000000;
    assert_int_equal(trace(&a, "a", 1, OP_YIELD, 0, 0).raw, 1ull << 32);
    run();
}

static void test_slot_count_is_rounded_down(void **state)
{
    (void)state;
    executor_init(&fixture.executor, &fixture.line, fixture.slots, 7);
    assert_int_equal(fixture.executor.slot_count, 4);
}

/* Each level of a call chain: awaits its op once before and once after its own child. */
struct level {
    struct co co;
    unsigned depth;
    struct level *child;
};
static struct level levels[4];
static unsigned resumes;

static CO_BODY enum co_state level_body(struct co *co)
{
    struct level *l = co_frame(struct level, co);
    long n;

    resumes++;
    co_begin(co);
    co_await(n, co_park(co));
    log_add("%u<%ld ", l->depth, n);
    if (l->child) {
        co_await(n, co_call(co, &l->child->co, level_body));
        log_add("%u>%ld ", l->depth, n);
        co_await(n, co_call(co, &l->child->co, level_body));
        log_add("%u>%ld ", l->depth, n);
    }
    co_return(l->depth * 10);
}

static cid_t spawn_levels(unsigned count, unsigned priority)
{
    memset(levels, 0x5a, sizeof levels);
    for (unsigned i = 0; i < count; i++) {
        levels[i].depth = i;
        levels[i].child = i + 1 < count ? &levels[i + 1] : NULL;
    }
    resumes = 0;
    return co_spawn(&levels[0].co, level_body, priority, NULL);
}

static void test_calls_resume_the_leaf_directly(void **state)
{
    cid_t cid = spawn_levels(3, 8);

    (void)state;
    run();
    co_wake(cid);
    run();
    co_wake(cid);
    run();
    assert_ptr_equal(fixture.slots[0].leaf, &levels[2].co);
    assert_int_equal(resumes, 3 + 2); /* three starts, two resumes */
    resumes = 0;
    co_wake(cid);
    run(); /* level 2 ends, level 1 goes on and calls it again */
    assert_int_equal(resumes, 3);
    check_invariants(&fixture, 1);
    while (co_wake(cid) == E_OK)
        run();
    assert_log("0<0 1<0 2<0 1>20 2<0 1>20 0>10 1<0 2<0 1>20 2<0 1>20 0>10 ");
    check_invariants(&fixture, 0);
}

static void test_priority_and_flags_follow_the_leaf(void **state)
{
    cid_t cid = spawn_levels(2, 8);

    (void)state;
    run();
    co_wake(cid);
    run();
    assert_int_equal(co_set_priority(cid, 12), E_OK);
    assert_int_equal(levels[1].co.priority, 12);
    co_change_priority(&levels[0].co, 13); /* means the coroutine, so its leaf */
    assert_int_equal(levels[1].co.priority, 13);
    co_wake(cid);
    run();
    co_wake(cid);
    run(); /* the second child has ended as well */
    assert_int_equal(levels[0].co.priority, 13);
    check_invariants(&fixture, 0);
}

/* A child that finishes at once, called by one that does. */
static CO_BODY enum co_state leaf_now_body(struct co *co)
{
    assert_ptr_equal(fixture.slots[co->index / sizeof fixture.slots[0]].leaf, co);
    assert_int_not_equal(co_current().raw, 0);
    co_change_priority(co, 20);
    co_return(7);
}

static CO_BODY enum co_state caller_now_body(struct co *co)
{
    struct level *l = co_frame(struct level, co);
    long n;

    co_begin(co);
    co_await(n, co_call(co, &l[1].co, leaf_now_body));
    assert_ptr_equal(fixture.executor.current, co);
    assert_ptr_equal(fixture.slots[co->index / sizeof fixture.slots[0]].leaf, co);
    assert_int_equal(co->priority, 20);
    co_return(n + 1);
}

static CO_BODY enum co_state caller_of_caller_body(struct co *co)
{
    struct level *l = co_frame(struct level, co);
    long n;

    co_begin(co);
    co_await(n, co_call(co, &l[1].co, caller_now_body));
    log_value(n);
    co_return(n);
}

static void test_calls_that_finish_at_once(void **state)
{
    (void)state;
    co_spawn(&levels[0].co, caller_of_caller_body, 30, NULL);
    trace(&a, "a", 25, OP_JOIN, 1, (intptr_t)co_cid(&levels[0].co).raw);
    run();
    assert_log("a 8 a:8 a. ");
}

static void test_join(void **state)
{
    (void)state;
    trace(&a, "a", 5, OP_PARK, 1, 0);
    trace(&b, "b", 5, OP_JOIN, 2, (intptr_t)a.cid.raw);
    trace(&c, "c", 5, OP_JOIN, 1, (intptr_t)a.cid.raw);
    run();
    check_invariants(&fixture, 3);
    co_wake(a.cid);
    run();
    assert_log("a b c a:0 a. b:100 b:stale b. c:100 c. ");
    check_invariants(&fixture, 0);
}

/* Runs others to their end within its own turn. */
static CO_BODY enum co_state nest_body(struct co *co)
{
    struct tracer *t = co_frame(struct tracer, co);
    cid_t self = co_current();

    log_add("%s( ", t->name);
    trace(&b, "b", 20, OP_YIELD, 2, 0);
    trace(&c, "c", 2, OP_PARK, 1, 0);
    co_wake(self); /* sticky: a running coroutine is not queued */
    co_run(false);
    assert_int_equal(co_current().raw, self.raw);
    assert_int_equal(fixture.line.running, 10);
    check_invariants(&fixture, 2);
    co_wake(c.cid);
    co_run(true); /* until only those below it are left */
    assert_int_equal(co_current().raw, self.raw);
    assert_int_equal(co_status(co), CO_RUNNING);
    log_add("%s) ", t->name);
    co_return(0);
}

static void test_nested_runs(void **state)
{
    (void)state;
    a.name = "a";
    co_spawn(&a.co, nest_body, 10, NULL);
    co_run(true);
    assert_log("a( c b b:0 b:0 b. c:0 c. a) ");
    assert_int_equal(fixture.executor.outer, 0);
    check_invariants(&fixture, 0);
}

static void test_two_executors(void **state)
{
    static struct fixture other;

    (void)state;
    fixture_init(&other);
    trace(&a, "a", 5, OP_YIELD, 1, 0);
    assert_ptr_equal(executor_set_line(&other.line), &fixture.line);
    trace(&b, "b", 5, OP_YIELD, 1, 0);
    co_run(false);
    assert_log("b b:0 b. ");
    assert_ptr_equal(executor_set_line(&fixture.line), &other.line);
    check_invariants(&fixture, 1);
    run();
    assert_log("a a:0 a. ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_current_is_none_outside, setup),
        cmocka_unit_test_setup(test_slot_table_full, setup),
        cmocka_unit_test_setup(test_slots_are_used_again_in_any_order, setup),
        cmocka_unit_test_setup(test_generation_skips_zero, setup),
        cmocka_unit_test_setup(test_slot_count_is_rounded_down, setup),
        cmocka_unit_test_setup(test_calls_resume_the_leaf_directly, setup),
        cmocka_unit_test_setup(test_priority_and_flags_follow_the_leaf, setup),
        cmocka_unit_test_setup(test_calls_that_finish_at_once, setup),
        cmocka_unit_test_setup(test_join, setup),
        cmocka_unit_test_setup(test_nested_runs, setup),
        cmocka_unit_test_setup(test_two_executors, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
