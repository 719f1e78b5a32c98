/* SPDX-License-Identifier: BSD-2-Clause */
/* Await-any over operations and bodies: who is first, who is cancelled, and what is left of them.
 */
#include "fixture.h"

#define BRANCHES 3

struct chooser {
    struct co co;
    struct co_any any;
    struct co_branch branch[BRANCHES];
    struct co_event *event[BRANCHES];
    struct tracer child; /* of the last branch, if it has no event */
    struct co_timeout timeout;
    uint64_t deadline; /* 0: none */
    unsigned branches;
    long value, after;
    cid_t cid;
};

static enum co_state operate(struct chooser *c, unsigned i)
{
    struct co *co = &c->branch[i].co;

    assert_int_equal(co_current().raw, c->branch[i].cid.raw);
    assert_false(executor_only_current(co));
    c->child.cid = c->branch[i].cid;
    return c->event[i] ? co_event_wait(co, c->event[i]) : co_call(co, &c->child.co, tracer_body);
}

static CO_BODY enum co_state chooser_body(struct co *co)
{
    struct chooser *c = co_frame(struct chooser, co);

    co_begin(co);
    co_any_begin(co, &c->any);
    for (unsigned i = 0; i < c->branches; i++)
        co_branch(&c->any, &c->branch[i], operate(c, i));
    assert_int_equal(co_current().raw, c->cid.raw);
    if (c->deadline)
        co_await_until(c->value, &c->timeout, c->deadline, co_any_wait(co, &c->any));
    else
        co_await(c->value, co_any_wait(co, &c->any));
    co_await(c->after, co_yield(co));
    co_return(c->value);
}

static struct co_event events[BRANCHES];

static struct chooser *choose(unsigned branches)
{
    static struct chooser c;

    c = (struct chooser){.branches = branches};
    for (unsigned i = 0; i < branches; i++)
        c.event[i] = &events[i];
    memset(events, 0, sizeof events);
    c.cid = co_spawn(&c.co, chooser_body, 5, NULL);
    return &c;
}

static void check_over(void)
{
    check_invariants(&fixture, 0);
    for (unsigned i = 0; i < BRANCHES; i++)
        assert_null(events[i].waiters.first);
    assert_int_equal(fixture.executor.no_heat, 0);
}

static void test_first(void **state)
{
    (void)state;
    for (unsigned first = 0; first < BRANCHES; first++) {
        struct chooser *c = choose(BRANCHES);

        run();
        assert_int_equal(co_status(&c->co), CO_BLOCKED);
        check_invariants(&fixture, 1 + BRANCHES);
        co_event_set(&events[first]);
        run();
        assert_int_equal(c->value, first);
        assert_int_equal(c->after, E_OK);
        for (unsigned i = 0; i < BRANCHES; i++) {
            assert_int_equal(c->branch[i].value, i == first ? E_OK : E_CANCELLED);
            assert_int_equal(c->branch[i].cid.raw, 0);
        }
        check_over();
    }
}

/* None is begun twice, none is lost: an event of a branch that lost is its own still. */
static void test_at_once(void **state)
{
    struct chooser *c = choose(BRANCHES);

    (void)state;
    events[1].set = true;
    run();
    assert_int_equal(c->value, 1);
    assert_int_equal(c->branch[0].value, E_CANCELLED);
    assert_int_equal(c->branch[2].value, E_CANCELLED);
    check_over();
    c = choose(2);
    events[0].set = events[1].set = true;
    run();
    assert_int_equal(c->value, 0);
    assert_int_equal(c->branch[1].value, E_OK);
    check_over();
    c = choose(2);
    run();
    co_event_set(&events[1]); /* both, before either branch runs */
    co_event_set(&events[0]);
    run();
    assert_int_equal(c->value, 1);
    assert_int_equal(c->branch[0].value, E_OK);
    check_over();
}

static void test_body(void **state)
{
    (void)state;
    for (unsigned by_event = 0; by_event < 2; by_event++) {
        struct chooser *c = choose(2);

        c->event[1] = NULL;
        c->child = (struct tracer){.name = "x", .op = OP_PARK, .times = 1};
        run();
        if (by_event)
            co_event_set(&events[0]);
        else
            co_wake(c->branch[1].cid);
        run();
        assert_int_equal(c->value, !by_event);
        assert_int_equal(c->branch[1].value, 100);
        check_over();
    }
    assert_log("x x:0 x x:cancelled ");
}

static void test_cancel(void **state)
{
    struct chooser *c = choose(BRANCHES);

    (void)state;
    run();
    co_cancel(c->cid);
    run();
    assert_int_equal(c->value, E_CANCELLED);
    assert_int_equal(c->after, E_CANCELLED);
    check_over();
    c = choose(BRANCHES);
    co_cancel(c->cid); /* before it begins */
    run();
    assert_int_equal(c->branch[0].value, E_CANCELLED);
    assert_int_equal(c->after, E_CANCELLED);
    check_over();
}

static void test_timeout(void **state)
{
    struct chooser *c = choose(BRANCHES);

    (void)state;
    c->deadline = 10;
    run();
    executor_expire(&fixture.executor, 10);
    run();
    assert_int_equal(c->value, E_TIMEOUT);
    assert_int_equal(c->after, E_OK);
    check_over();
    c = choose(BRANCHES);
    c->deadline = 10;
    run();
    co_event_set(&events[2]);
    executor_expire(&fixture.executor, 10);
    run();
    assert_true(c->value == 2 || c->value == E_TIMEOUT);
    assert_int_equal(c->branch[2].value, E_OK); /* not lost, whichever it was */
    check_over();
}

/* A row is missing: the branch says so, and the others are taken back. */
static void test_no_row(void **state)
{
    static struct tracer others[SLOTS - 2];
    struct chooser *c = choose(2);

    (void)state;
    for (unsigned i = 0; i < SLOTS - 2; i++)
        trace(&others[i], "o", 9, OP_PARK, 1, 0);
    run();
    assert_int_equal(c->value, 1);
    assert_int_equal(c->branch[1].value, E_NO_MEMORY);
    assert_int_equal(c->branch[0].value, E_CANCELLED);
    check_invariants(&fixture, SLOTS - 2);
}

static void test_no_branch(void **state)
{
    struct chooser *c = choose(0);

    (void)state;
    run();
    assert_int_equal(c->value, E_BAD_ARGUMENT);
    check_over();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_first, setup),     cmocka_unit_test_setup(test_at_once, setup),
        cmocka_unit_test_setup(test_body, setup),      cmocka_unit_test_setup(test_cancel, setup),
        cmocka_unit_test_setup(test_timeout, setup),   cmocka_unit_test_setup(test_no_row, setup),
        cmocka_unit_test_setup(test_no_branch, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
