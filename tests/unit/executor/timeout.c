/* SPDX-License-Identifier: BSD-2-Clause */
/* Limits of time for every kind of await: in time, too late, at the same time; for bodies that are
 * called, nested, and together with co_cancel. The clock is what executor_expire is told. */
#include "fixture.h"

static uint64_t armed;

static void arm(struct executor *executor, uint64_t deadline)
{
    assert_ptr_equal(executor, &fixture.executor);
    armed = deadline;
}

static int begin(void **state)
{
    setup(state);
    fixture.executor.arm = arm;
    armed = 0;
    return 0;
}

static void expire(uint64_t now)
{
    executor_expire(&fixture.executor, now);
    run();
    check_invariants(&fixture, fixture.executor.live);
}

/* A waiter awaits its operation with a limit, or a body that does. */
struct waiter {
    struct co co;
    enum op op;
    intptr_t argument;
    uint64_t deadline;
    struct co_timeout timeout;
    struct waiter *child; /* awaited instead of op */
    long value, after;    /* of the await, and of a co_yield after it */
    bool once;            /* without a limit */
    cid_t cid;
};

static enum co_state operate(struct waiter *w)
{
    switch (w->op) {
    case OP_PARK:
        return co_park(&w->co);
    case OP_EVENT:
        return co_event_wait(&w->co, (struct co_event *)w->argument);
    case OP_SEMAPHORE:
        return co_semaphore_take(&w->co, (struct co_semaphore *)w->argument);
    case OP_MUTEX:
        return co_mutex_lock(&w->co, (struct co_mutex *)w->argument);
    case OP_SLEEP:
        return co_sleep_until(&w->co, (uint64_t)w->argument);
    case OP_JOIN:
        return co_join(&w->co, (cid_t){(uint64_t)w->argument});
    default:
        return never(&w->co);
    }
}

static CO_BODY enum co_state waiter_body(struct co *co)
{
    struct waiter *w = co_frame(struct waiter, co);

    co_begin(co);
    if (w->once)
        co_await(w->value, operate(w));
    else if (w->child)
        co_await_until(w->value, &w->timeout, w->deadline, co_call(co, &w->child->co, waiter_body));
    else
        co_await_until(w->value, &w->timeout, w->deadline, operate(w));
    co_await(w->after, co_yield(co));
    log_value(w->value);
    co_return(w->value);
}

static void start(struct waiter *w)
{
    w->cid = co_spawn(&w->co, waiter_body, 5, NULL);
    run();
    check_invariants(&fixture, fixture.executor.live);
}

/* All operations that can be taken back, as nobody lets them finish. */
static void test_every_operation(void **state)
{
    struct co_event event = {0};
    struct co_semaphore semaphore = {0};
    struct co_mutex mutex = {.owner = (struct co *)1};
    static struct waiter other = {.once = true, .op = OP_PARK};
    const intptr_t arguments[] = {[OP_PARK] = 0,
                                  [OP_EVENT] = (intptr_t)&event,
                                  [OP_SEMAPHORE] = (intptr_t)&semaphore,
                                  [OP_MUTEX] = (intptr_t)&mutex,
                                  [OP_SLEEP] = 5000};
    static struct waiter w;

    (void)state;
    start(&other);
    for (enum op op = OP_PARK; op <= OP_JOIN; op++) {
        if (op == OP_YIELD)
            continue;
        w = (struct waiter){.op = op,
                            .argument = op == OP_JOIN ? (intptr_t)other.cid.raw : arguments[op],
                            .deadline = 1000};
        start(&w);
        assert_int_equal(armed, 1000);
        expire(999);
        assert_int_equal(co_status(&w.co), CO_BLOCKED);
        expire(1000);
        assert_int_equal(w.value, E_TIMEOUT);
        assert_int_equal(w.after, E_OK); /* it is not cancelled */
        assert_int_equal(w.co.status, CO_EXITED);
        assert_null(fixture.executor.timeouts);
        assert_null(fixture.executor.last_timeout);
    }
    assert_null(event.waiters.first);
    assert_null(semaphore.waiters.first);
    assert_null(mutex.waiters.first);
    assert_null(fixture.executor.sleepers);
    assert_int_equal(fixture.executor.live, 1);
}

static void test_in_time(void **state)
{
    struct co_event event = {0};
    static struct waiter w;

    (void)state;
    w = (struct waiter){.op = OP_EVENT, .argument = (intptr_t)&event, .deadline = 10};
    start(&w);
    co_event_set(&event);
    executor_expire(&fixture.executor, 10); /* at the same time: it has its event */
    run();
    assert_int_equal(w.value, E_OK);
    event.set = true;
    w = (struct waiter){.op = OP_EVENT, .argument = (intptr_t)&event, .deadline = 0};
    start(&w); /* a deadline in the past: what can be had at once */
    assert_int_equal(w.value, E_OK);
    w = (struct waiter){.op = OP_EVENT, .argument = (intptr_t)&event, .deadline = 0};
    start(&w);
    assert_int_equal(co_status(&w.co), CO_BLOCKED);
    expire(1);
    assert_int_equal(w.value, E_TIMEOUT);
    assert_false(event.set);
    check_invariants(&fixture, 0);
}

static void test_order(void **state)
{
    static struct waiter w[6];
    const uint64_t deadlines[] = {50, 20, 20, 70, 10, 60};

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        w[i] = (struct waiter){.op = OP_PARK, .deadline = deadlines[i]};
        start(&w[i]);
    }
    assert_int_equal(armed, 10);
    expire(20);
    assert_int_equal(armed, 50);
    for (unsigned i = 0; i < 6; i++)
        assert_true((w[i].value == E_TIMEOUT) == (deadlines[i] <= 20));
    co_wake(w[5].cid); /* out of the middle */
    run();
    assert_int_equal(w[5].value, E_OK);
    expire(100);
    assert_int_equal(w[0].value, E_TIMEOUT);
    assert_int_equal(w[3].value, E_TIMEOUT);
    check_invariants(&fixture, 0);
}

static void test_cannot_be_taken_back(void **state)
{
    static struct waiter w;

    (void)state;
    w = (struct waiter){.op = OP_NEVER, .deadline = 10};
    start(&w);
    expire(10);
    assert_int_equal(co_status(&w.co), CO_BLOCKED);
    co_complete(&w.co, 42);
    run();
    assert_int_equal(w.value, 42);
    check_invariants(&fixture, 0);
}

static void test_child(void **state)
{
    static struct waiter outer, middle, inner;

    (void)state;
    for (unsigned first = 0; first < 2; first++) {
        inner = (struct waiter){.op = OP_PARK, .deadline = first ? 10 : 90};
        middle = (struct waiter){.child = &inner, .deadline = 20};
        outer = (struct waiter){.child = &middle, .deadline = 30};
        start(&outer);
        expire(10);
        expire(20);
        if (!first) { /* the middle one's limit: inner is cancelled, and outer goes on */
            assert_int_equal(inner.value, E_CANCELLED);
            assert_int_equal(inner.after, E_CANCELLED);
            assert_int_equal(middle.value, E_TIMEOUT);
        } else { /* inner's own */
            assert_int_equal(inner.value, E_TIMEOUT);
            assert_int_equal(inner.after, E_OK);
            assert_int_equal(middle.value, E_TIMEOUT); /* what inner has returned */
        }
        assert_int_equal(middle.after, E_OK);
        assert_int_equal(outer.value, E_TIMEOUT);
        assert_int_equal(outer.after, E_OK);
        check_invariants(&fixture, 0);
        assert_null(fixture.executor.timeouts);
    }
}

/* Limits of two callers expire at the same time: each takes back only its own cancellation. */
static void test_two_limits_at_once(void **state)
{
    static struct waiter outer, middle, inner;

    (void)state;
    inner = (struct waiter){.once = true, .op = OP_PARK};
    middle = (struct waiter){.child = &inner, .deadline = 20};
    outer = (struct waiter){.child = &middle, .deadline = 20};
    start(&outer);
    expire(20);
    assert_int_equal(inner.value, E_CANCELLED);
    assert_int_equal(middle.value, E_TIMEOUT);
    assert_int_equal(middle.after, E_CANCELLED); /* outer's time is over as well */
    assert_int_equal(outer.value, E_TIMEOUT);
    assert_int_equal(outer.after, E_OK);
    check_invariants(&fixture, 0);
}

static void test_with_cancel(void **state)
{
    static struct waiter outer, inner;

    (void)state;
    for (unsigned order = 0; order < 2; order++) {
        inner = (struct waiter){.once = true, .op = OP_PARK};
        outer = (struct waiter){.child = &inner, .deadline = 20};
        start(&outer);
        if (order)
            co_cancel(outer.cid);
        executor_expire(&fixture.executor, 20);
        if (!order)
            co_cancel(outer.cid);
        run();
        assert_int_equal(inner.value, E_CANCELLED);
        assert_int_equal(outer.value, E_CANCELLED); /* for ever */
        assert_int_equal(outer.after, E_CANCELLED);
        check_invariants(&fixture, 0);
        assert_int_equal(fixture.executor.no_heat, 0);
    }
}

/* Sleepers and limits share the timer. */
static void test_one_timer(void **state)
{
    static struct waiter sleeper, limit;

    (void)state;
    sleeper = (struct waiter){.once = true, .op = OP_SLEEP, .argument = 40};
    limit = (struct waiter){.op = OP_PARK, .deadline = 30};
    start(&sleeper);
    assert_int_equal(armed, 40);
    start(&limit);
    assert_int_equal(armed, 30);
    expire(30);
    assert_int_equal(limit.value, E_TIMEOUT);
    assert_int_equal(armed, 40);
    expire(40);
    assert_int_equal(sleeper.value, E_OK);
    check_invariants(&fixture, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_every_operation, begin),
        cmocka_unit_test_setup(test_in_time, begin),
        cmocka_unit_test_setup(test_order, begin),
        cmocka_unit_test_setup(test_cannot_be_taken_back, begin),
        cmocka_unit_test_setup(test_child, begin),
        cmocka_unit_test_setup(test_two_limits_at_once, begin),
        cmocka_unit_test_setup(test_with_cancel, begin),
        cmocka_unit_test_setup(test_one_timer, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
