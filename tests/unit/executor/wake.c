/* SPDX-License-Identifier: BSD-2-Clause */
/* Park and wake; completion from within an operation. */
#include "fixture.h"

static struct tracer a, b;

static void test_wake_of_parked(void **state)
{
    (void)state;
    trace(&a, "a", 5, OP_PARK, 2, 0);
    run();
    check_invariants(&fixture, 1);
    assert_int_equal(co_status(&a.co), CO_BLOCKED);
    assert_int_equal(co_wake(a.cid), E_OK);
    assert_int_equal(co_status(&a.co), CO_READY);
    check_invariants(&fixture, 1);
    run();
    assert_log("a a:0 ");
}

static void test_wakes_are_idempotent(void **state)
{
    (void)state;
    trace(&a, "a", 5, OP_PARK, 3, 0);
    run();
    for (unsigned i = 0; i < 3; i++)
        co_wake(a.cid);
    check_invariants(&fixture, 1);
    run();
    /* the first wake ended the first park; the others, the second; none is left for the third */
    assert_log("a a:0 a:0 ");
}

static void test_wake_before_park(void **state)
{
    (void)state;
    trace(&a, "a", 5, OP_PARK, 2, 0);
    co_wake(a.cid); /* not even started */
    co_wake(a.cid);
    run();
    assert_log("a a:0 ");
}

static void test_wake_is_kept_over_other_awaits(void **state)
{
    struct co_event event = {0};

    (void)state;
    trace(&a, "a", 5, OP_EVENT, 1, (intptr_t)&event);
    run();
    co_wake(a.cid); /* no spurious end of the event's await */
    run();
    assert_log("a ");
    a.op = OP_PARK;
    a.times = 1;
    co_event_set(&event);
    run();
    assert_log("a:0 a:0 a. ");
}

static void test_stale_cids_wake_nobody(void **state)
{
    cid_t old;

    (void)state;
    assert_int_equal(co_wake((cid_t){0}), E_STALE);
    assert_int_equal(co_wake((cid_t){~0ull}), E_STALE);
    for (uint64_t raw = 0; raw < 2 * sizeof fixture.slots; raw++) /* rows that were never used */
        assert_int_equal(co_wake((cid_t){raw}), E_STALE);
    old = trace(&a, "a", 5, OP_PARK, 0, 0);
    run();
    assert_int_equal(co_wake(old), E_STALE);
    assert_int_equal(co_cancel(old), E_STALE);
    for (uint64_t raw = 0; raw < 2 * sizeof fixture.slots;
         raw++) /* forged: one that is free again */
        assert_int_equal(co_wake((cid_t){(old.raw & ~0xffffffffull) | raw}), E_STALE);
    trace(&b, "b", 5, OP_PARK, 1, 0); /* the same slot */
    run();
    assert_int_equal(co_wake(old), E_STALE);
    assert_int_equal(co_wake((cid_t){b.cid.raw + sizeof fixture.slots}),
                     E_STALE); /* no such slot */
    assert_int_equal(co_wake((cid_t){b.cid.raw + sizeof fixture.slots[0]}),
                     E_STALE); /* a free slot */
    assert_int_equal(co_wake((cid_t){b.cid.raw + (1ull << 32)}), E_STALE);
    assert_log("a a. b ");
    assert_int_equal(co_wake(b.cid), E_OK);
    run();
    assert_log("b:0 b. ");
}

/* Operations that complete in all the ways that the protocol allows. */
static enum co_state completes_within(struct co *co)
{
    co_complete(co, 5); /* an interrupt that was quick: before CO_PENDING is returned */
    return CO_PENDING;
}

static enum co_state blocks_within(struct co *co)
{
    co_block(co); /* as if about to give up the CPU */
    assert_int_equal(fixture.line.running, PRIORITY_NONE);
    assert_int_equal(co_current().raw, 0);
    return CO_PENDING;
}

static enum co_state blocks_and_completes_within(struct co *co)
{
    co_block(co);
    co_complete(co, 6);
    return CO_PENDING;
}

static CO_BODY enum co_state ways_body(struct co *co)
{
    long n;

    co_begin(co);
    co_await(n, completes_within(co));
    log_value(n);
    co_await(n, blocks_within(co));
    log_value(n);
    co_await(n, blocks_and_completes_within(co));
    log_value(n);
    co_await(n, never(co));
    log_value(n);
    co_return(0);
}

static void test_ways_of_completion(void **state)
{
    static struct tracer t;

    (void)state;
    co_spawn(&t.co, ways_body, 3, NULL);
    run();
    assert_log("5 ");
    assert_int_equal(co_status(&t.co), CO_BLOCKED);
    check_invariants(&fixture, 1);
    co_complete(&t.co, 9);
    check_invariants(&fixture, 1);
    run();
    assert_log("9 6 ");
    co_complete(&t.co, -1);
    run();
    assert_log("-1 ");
    check_invariants(&fixture, 0);
}

/* Two that wake each other. */
struct ping {
    struct co co;
    cid_t peer;
    unsigned left;
};
static CO_BODY enum co_state ping_body(struct co *co)
{
    struct ping *p = co_frame(struct ping, co);
    long n;

    co_begin(co);
    for (; p->left > 0; p->left--) {
        co_wake(p->peer);
        co_await(n, co_park(co));
        assert_int_equal(n, 0);
    }
    co_wake(p->peer);
    co_return(0);
}

static void test_ping_pong(void **state)
{
    static struct ping x, y;

    (void)state;
    x.left = y.left = 1000;
    y.peer = co_spawn(&x.co, ping_body, 3, NULL);
    x.peer = co_spawn(&y.co, ping_body, 3, NULL);
    run();
    assert_int_equal(x.left + y.left, 0);
    check_invariants(&fixture, 0);
}

/* One that is next without standing in a queue: b, c and d park; `deed` runs while b is next, in a
 * coroutine of their priority. */
static struct tracer c, d;
static void (*deed)(void);

static CO_BODY enum co_state doer_body(struct co *co)
{
    long n;

    co_begin(co);
    co_await(n, co_yield(co)); /* nothing of this priority is ready now: the next wake hands over */
    co_wake(b.cid);
    assert_int_equal(fixture.executor.next, (intptr_t)&b.co);
    assert_int_equal(co_status(&b.co), CO_READY);
    assert_false(executor_only_current(co));
    check_invariants(&fixture, fixture.executor.live);
    deed();
    check_invariants(&fixture, fixture.executor.live);
    co_return(n);
}

static void while_handed(void (*what)(void), const char *expected)
{
    static struct co doer;

    setup(NULL);
    trace(&b, "b", 3, OP_PARK, 1, 0);
    trace(&c, "c", 3, OP_PARK, 1, 0);
    trace(&d, "d", 9, OP_PARK, 1, 0);
    run();
    log_clear();
    deed = what;
    co_spawn(&doer, doer_body, 3, NULL);
    run();
    assert_log(expected);
    check_invariants(&fixture, fixture.executor.live);
}

static void wake_again(void)
{
    assert_int_equal(co_wake(b.cid), E_OK);
    assert_int_equal(b.co.flags, CO_FLAG_NOTIFIED);
}

static void wake_another(void)
{
    assert_int_equal(co_wake(c.cid), E_OK);
}

static void wake_a_worse_one(void)
{
    assert_int_equal(co_wake(d.cid), E_OK);
    assert_int_equal(co_wake(c.cid), E_OK);
}

static void cancel_it(void)
{
    assert_int_equal(co_cancel(b.cid), E_OK);
    assert_int_equal(co_wake(c.cid), E_OK);
}

static void worsen_it(void)
{
    assert_int_equal(co_set_priority(b.cid, 9), E_OK);
    assert_int_equal(co_wake(d.cid), E_OK);
    assert_int_equal(co_wake(c.cid), E_OK);
}

static void improve_another(void)
{
    assert_int_equal(co_set_priority(c.cid, 1), E_OK);
    assert_int_equal(co_wake(c.cid), E_OK);
}

static void defer_a_better_doorbell(void)
{
    executor_defer(&fixture.executor, 1);
}

static void defer_a_worse_doorbell(void)
{
    executor_defer(&fixture.executor, 8);
    assert_int_equal(fixture.executor.next, (intptr_t)&b.co);
    assert_int_equal(co_wake(d.cid), E_OK);
}

static void run_nested(void)
{
    co_run(false);
    log_add("done ");
}

static void log_flush(struct executor *executor)
{
    log_add("f%u ", executor->deferred);
    executor->deferred = PRIORITY_NONE;
}

static void defer_better(void)
{
    fixture.executor.flush = log_flush;
    defer_a_better_doorbell();
}

static void defer_worse(void)
{
    fixture.executor.flush = log_flush;
    defer_a_worse_doorbell();
}

static void test_handed(void **state)
{
    (void)state;
    while_handed(wake_again, "b:0 b. ");
    while_handed(wake_another, "b:0 b. c:0 c. ");
    while_handed(wake_a_worse_one, "b:0 b. c:0 c. d:0 d. ");
    while_handed(cancel_it, "b:0 b. c:0 c. "); /* it was woken before */
    while_handed(worsen_it, "c:0 c. b:0 b. d:0 d. ");
    while_handed(improve_another, "c:0 c. b:0 b. ");
    while_handed(defer_better, "f1 b:0 b. ");
    while_handed(defer_worse, "b:0 b. f8 d:0 d. ");
    while_handed(run_nested, "b:0 b. done ");
}

/* A wake slot that wakes one, and one that wakes three. */
static void wake_one(struct wake_slot *slot)
{
    (void)slot;
    co_wake(b.cid);
}

static void wake_three(struct wake_slot *slot)
{
    (void)slot;
    co_wake(d.cid);
    co_wake(b.cid);
    co_wake(c.cid);
}

static void test_handed_by_a_wake_slot(void **state)
{
    (void)state;
    trace(&b, "b", 3, OP_PARK, 2, 0);
    trace(&c, "c", 3, OP_PARK, 2, 0);
    trace(&d, "d", 9, OP_PARK, 2, 0);
    run();
    log_clear();
    fixture.wake_slots[2].wake = wake_one;
    fixture.wake_slots[70].wake = wake_three;
    ring(2);
    run();
    assert_log("b:0 ");
    check_invariants(&fixture, 3);
    ring(70);
    run();
    assert_log("b:0 b. c:0 d:0 ");
    check_invariants(&fixture, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_wake_of_parked, setup),
        cmocka_unit_test_setup(test_wakes_are_idempotent, setup),
        cmocka_unit_test_setup(test_wake_before_park, setup),
        cmocka_unit_test_setup(test_wake_is_kept_over_other_awaits, setup),
        cmocka_unit_test_setup(test_stale_cids_wake_nobody, setup),
        cmocka_unit_test_setup(test_ways_of_completion, setup),
        cmocka_unit_test_setup(test_ping_pong, setup),
        cmocka_unit_test_setup(test_handed, setup),
        cmocka_unit_test_setup(test_handed_by_a_wake_slot, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
