/* SPDX-License-Identifier: BSD-2-Clause */
/* Cancellation, in every state and of every operation. */
#include "fixture.h"

static struct tracer a, b, c;

static void test_parked(void **state)
{
    (void)state;
    trace(&a, "a", 5, OP_PARK, 2, 0);
    run();
    assert_int_equal(co_cancel(a.cid), E_OK);
    check_invariants(&fixture, 1);
    co_wake(a.cid); /* too late to matter */
    run();
    assert_log("a a:cancelled a:cancelled a. ");
    check_invariants(&fixture, 0);
    assert_int_equal(co_cancel(a.cid), E_STALE);
}

static void test_ready_and_not_started(void **state)
{
    (void)state;
    trace(&a, "a", 5, OP_YIELD, 1, 0);
    co_cancel(a.cid);
    co_cancel(a.cid);
    run();
    assert_log("a a:cancelled a. ");
}

static void test_ready_keeps_the_value_it_has(void **state)
{
    struct co_event event = {0};

    (void)state;
    trace(&a, "a", 5, OP_EVENT, 2, (intptr_t)&event);
    run();
    co_event_set(&event);
    co_cancel(a.cid);
    run();
    assert_log("a a:0 a:cancelled a. ");
    assert_null(event.waiters.first);
}

/* Cancels itself, then awaits everything. */
static CO_BODY enum co_state self_body(struct co *co)
{
    static struct co_event event;
    static struct co_semaphore semaphore;
    static struct co_mutex mutex;
    struct tracer *t = co_frame(struct tracer, co);
    long n;

    co_begin(co);
    co_cancel(co_current());
    co_await(n, co_park(co));
    log_value(n);
    co_await(n, co_yield(co));
    log_value(n);
    co_await(n, co_event_wait(co, &event));
    log_value(n);
    co_await(n, co_semaphore_take(co, &semaphore));
    log_value(n);
    co_await(n, co_mutex_lock(co, &mutex));
    log_value(n);
    assert_null(mutex.owner);
    co_await(n, co_sleep_until(co, 5));
    log_value(n);
    assert_null(fixture.executor.sleepers);
    co_await(n, co_join(co, t->cid));
    log_value(n);
    co_return(1);
}

static void test_running(void **state)
{
    (void)state;
    trace(&b, "b", 50, OP_PARK, 1, 0);
    a.cid = b.cid;
    co_spawn(&a.co, self_body, 5, NULL);
    run();
    assert_log("cancelled cancelled cancelled cancelled cancelled cancelled cancelled b ");
}

/* Three wait for the same thing; the one in the middle is cancelled, then the last, the first. */
static void check_waiters(enum op op, intptr_t argument, void (*end)(void *), void *what)
{
    trace(&a, "a", 5, op, 1, argument);
    trace(&b, "b", 5, op, 1, argument);
    trace(&c, "c", 5, op, 1, argument);
    run();
    co_cancel(b.cid);
    run();
    assert_log("a b c b:cancelled b. ");
    trace(&b, "b", 5, op, 1, argument);
    run();
    co_cancel(b.cid);
    run();
    assert_log("b b:cancelled b. ");
    co_cancel(a.cid);
    run();
    assert_log("a:cancelled a. ");
    trace(&a, "a", 5, op, 1, argument);
    run();
    end(what);
    run();
    end(what);
    run();
    assert_log("a c:0 c. a:0 a. ");
    check_invariants(&fixture, 0);
}

static void end_event(void *event)
{
    co_event_set(event);
}
static void end_semaphore(void *semaphore)
{
    co_semaphore_give(semaphore);
}
static void end_mutex(void *mutex)
{
    co_mutex_unlock(mutex);
}

static void test_event_waiters(void **state)
{
    struct co_event event = {0};

    (void)state;
    check_waiters(OP_EVENT, (intptr_t)&event, end_event, &event);
    assert_false(event.set);
}

static void test_semaphore_waiters(void **state)
{
    struct co_semaphore semaphore = {0};

    (void)state;
    check_waiters(OP_SEMAPHORE, (intptr_t)&semaphore, end_semaphore, &semaphore);
    assert_int_equal(semaphore.count, 0);
}

static void test_mutex_waiters(void **state)
{
    struct co_mutex mutex = {0};
    struct co stranger = {0};

    (void)state;
    mutex.owner = &stranger;
    check_waiters(OP_MUTEX, (intptr_t)&mutex, end_mutex, &mutex);
    assert_ptr_equal(mutex.owner, &a.co);
    co_mutex_unlock(&mutex);
    assert_null(mutex.owner);
}

static void test_joiners(void **state)
{
    static struct tracer d;

    (void)state;
    trace(&d, "d", 5, OP_PARK, 1, 0);
    trace(&a, "a", 5, OP_JOIN, 1, (intptr_t)d.cid.raw);
    trace(&b, "b", 5, OP_JOIN, 1, (intptr_t)d.cid.raw);
    trace(&c, "c", 5, OP_JOIN, 1, (intptr_t)d.cid.raw);
    run();
    co_cancel(b.cid);
    co_cancel(a.cid);
    run();
    assert_log("d a b c b:cancelled b. a:cancelled a. ");
    co_cancel(d.cid);
    run();
    assert_log("d:cancelled d. c:100 c. ");
}

static void test_sleepers(void **state)
{
    (void)state;
    trace(&a, "a", 5, OP_SLEEP, 1, 10);
    trace(&b, "b", 5, OP_SLEEP, 1, 20);
    trace(&c, "c", 5, OP_SLEEP, 1, 30);
    run();
    co_cancel(b.cid);
    run();
    co_cancel(a.cid);
    run();
    assert_log("a b c b:cancelled b. a:cancelled a. ");
    executor_expire(&fixture.executor, 29);
    run();
    assert_log("");
    co_cancel(c.cid);
    run();
    assert_log("c:cancelled c. ");
    assert_null(fixture.executor.sleepers);
}

static void test_what_cannot_be_taken_back(void **state)
{
    (void)state;
    trace(&a, "a", 5, OP_NEVER, 1, 0);
    run();
    assert_int_equal(co_cancel(a.cid), E_OK);
    run();
    assert_log("a ");
    a.op = OP_PARK;
    a.times = 1;
    co_complete(&a.co, 3);
    run();
    assert_log("a:3 a:cancelled a. ");
}

/* An operation of a library that does not look at the flag itself. */
static unsigned taken_back;
static void take_back(struct co *co)
{
    (void)co;
    taken_back++;
}
static void take_back_by_completing(struct co *co)
{
    taken_back++;
    co_complete(co, 77);
}
static enum co_state foreign(struct co *co, void (*cancel)(struct co *))
{
    co->cancel = cancel;
    return CO_PENDING;
}
static CO_BODY enum co_state foreign_body(struct co *co)
{
    long n;

    co_begin(co);
    co_await(n, foreign(co, take_back));
    log_value(n);
    co_await(n, foreign(co, take_back_by_completing)); /* cancelled as soon as it blocks */
    log_value(n);
    co_await(n, foreign(co, take_back));
    log_value(n);
    co_return(0);
}

static void test_foreign_operations(void **state)
{
    (void)state;
    taken_back = 0;
    cid_t cid = co_spawn(&a.co, foreign_body, 5, NULL);
    run();
    co_cancel(cid);
    assert_int_equal(taken_back, 1);
    assert_null(a.co.cancel);
    run();
    assert_int_equal(taken_back, 3);
    assert_log("cancelled 77 cancelled ");
    check_invariants(&fixture, 0);
}

/* The whole call chain is cancelled, innermost first. */
static CO_BODY enum co_state chain_body(struct co *co)
{
    struct tracer *t = co_frame(struct tracer, co);
    long n;

    co_begin(co);
    b.name = "b";
    b.op = OP_PARK;
    b.times = 1;
    b.cid = co_current();
    co_await(n, co_call(co, &b.co, tracer_body));
    log_add("%s:", t->name);
    log_value(n);
    co_await(n, co_park(co));
    log_add("%s:", t->name);
    log_value(n);
    co_return(0);
}

static void test_call_chain(void **state)
{
    (void)state;
    a.name = "a";
    cid_t cid = co_spawn(&a.co, chain_body, 5, NULL);
    run();
    co_cancel(cid);
    run();
    assert_log("b b:cancelled a:100 a:cancelled ");
    check_invariants(&fixture, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_parked, setup),
        cmocka_unit_test_setup(test_ready_and_not_started, setup),
        cmocka_unit_test_setup(test_ready_keeps_the_value_it_has, setup),
        cmocka_unit_test_setup(test_running, setup),
        cmocka_unit_test_setup(test_event_waiters, setup),
        cmocka_unit_test_setup(test_semaphore_waiters, setup),
        cmocka_unit_test_setup(test_mutex_waiters, setup),
        cmocka_unit_test_setup(test_joiners, setup),
        cmocka_unit_test_setup(test_sleepers, setup),
        cmocka_unit_test_setup(test_what_cannot_be_taken_back, setup),
        cmocka_unit_test_setup(test_foreign_operations, setup),
        cmocka_unit_test_setup(test_call_chain, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
