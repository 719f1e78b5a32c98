/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes from outside: wake slots, messages, deferred doorbells, idling. */
#include "fixture.h"

static struct tracer a, b, c;

static void log_wake(struct wake_slot *slot)
{
    assert_int_equal(co_current().raw, 0);
    log_add("w%d ", (int)(slot - fixture.wake_slots));
}

static void test_wake_slots(void **state)
{
    static const unsigned slots[] = {129, 0, 63, 64, 127, 128};

    (void)state;
    for (unsigned i = 0; i < FIXTURE_WAKE_SLOTS; i++)
        fixture.wake_slots[i].wake = log_wake;
    for (unsigned i = 0; i < sizeof slots / sizeof slots[0]; i++)
        ring(slots[i]);
    ring(0); /* idempotent */
    run();
    assert_log("w0 w63 w64 w127 w128 w129 ");
    assert_int_equal(fixture.line.wakes, 0);
    run();
    assert_log("");
}

static void test_nonsense_wakes(void **state)
{
    (void)state;
    fixture.wake_slots[7].wake = log_wake;
    ring(130);                    /* the first that does not exist */
    ring(4095);                   /* the last possible */
    ring(8);                      /* nobody's */
    fixture.line.wakes |= 1 << 9; /* a summary without a bit */
    fixture.wake_words[20] = 1;   /* a bit without a summary */
    ring(7);
    run();
    assert_log("w7 ");
    fixture.executor.wake_words = NULL;
    fixture.line.wakes = 1;
    run();
    assert_int_equal(fixture.line.wakes, 0);
}

static void wake_a(struct wake_slot *slot)
{
    (void)slot;
    log_add("w ");
    co_wake(a.cid);
}

static void test_wakes_are_seen_between_coroutines(void **state)
{
    (void)state;
    fixture.wake_slots[3].wake = wake_a;
    trace(&a, "a", 5, OP_PARK, 1, 0);
    run();
    ring(3);
    trace(&b, "b", 9, OP_YIELD, 0, 0);
    run();
    assert_log("a w a:0 a. b b. ");
}

static bool rang;
static void ring_again(struct wake_slot *slot)
{
    log_wake(slot);
    if (!rang) {
        rang = true;
        ring(4); /* itself: seen at the next look */
        ring(2);
    }
}

static void test_ring_while_draining(void **state)
{
    (void)state;
    rang = false;
    fixture.wake_slots[2].wake = log_wake;
    fixture.wake_slots[4].wake = ring_again;
    ring(4);
    run();
    assert_log("w4 w2 w4 ");
}

/* Messages. */
static struct co *take_message(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                               uint64_t w5, uint64_t header, struct wake_slot *slot)
{
    log_add("m%d:%d%d%d%d%d%d/%x ", (int)(slot - fixture.wake_slots), (int)w0, (int)w1, (int)w2,
            (int)w3, (int)w4, (int)w5, (unsigned)header);
    return co_status(&a.co) == CO_BLOCKED ? co_claim(&a.co, 42) : NULL;
}

static const uint64_t words[6] = {1, 2, 3, 4, 5, 6};

static void test_message(void **state)
{
    (void)state;
    fixture.wake_slots[9].message = take_message;
    fixture.wake_slots[9].wake = log_wake;
    trace(&a, "a", 5, OP_NEVER, 1, 0);
    run();
    executor_enter(EVENT_MESSAGE | 9 << 8, words, 0xabc);
    assert_log("a m9:123456/abc a:42 a. ");
    executor_enter(EVENT_MESSAGE | 9 << 8, words, 0xabc); /* nobody to claim */
    assert_log("m9:123456/abc ");
    check_invariants(&fixture, 0);
}

static struct co *take_and_complete(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                                    uint64_t w5, uint64_t header, struct wake_slot *slot)
{
    co_complete(&b.co, 7); /* of another priority */
    return take_message(w0, w1, w2, w3, w4, w5, header, slot);
}

static void test_message_that_completes_another(void **state)
{
    (void)state;
    fixture.wake_slots[9].message = take_and_complete;
    for (unsigned priority = 4; priority <= 6; priority++) {
        trace(&a, "a", 5, OP_NEVER, 1, 0);
        trace(&b, "b", priority, OP_NEVER, 1, 0);
        run();
        log_clear();
        executor_enter(EVENT_MESSAGE | 9 << 8, words, 1);
        assert_log("m9:123456/1 a:42 a. b:7 b. ");
        check_invariants(&fixture, 0);
    }
}

static void test_refused_messages(void **state)
{
    (void)state;
    fixture.wake_slots[9].wake = log_wake;
    executor_enter(EVENT_MESSAGE | 9 << 8, words, 0);
    executor_enter(EVENT_MESSAGE | 10 << 8, words, 0); /* nobody's slot */
    executor_enter(EVENT_MESSAGE | FIXTURE_WAKE_SLOTS << 8, words, 0);
    executor_enter(EVENT_MESSAGE | ~0ull << 8, words, 0);
    executor_enter(0xff, words, 0); /* an unknown event is a wake */
    ring(9);
    executor_enter(EVENT_WAKE, NULL, 0);
    assert_log("w9 w9 ");
}

/* Wakes that come with the event. */
static struct co *take_rung(struct wake_slot *slot)
{
    log_add("r%d ", (int)(slot - fixture.wake_slots));
    return co_status(&a.co) == CO_BLOCKED ? co_claim(&a.co, 42) : NULL;
}

static void complete_both(struct wake_slot *slot)
{
    log_wake(slot);
    co_complete(&a.co, 1);
    co_complete(&b.co, 2);
}

static void test_rung(void **state)
{
    (void)state;
    fixture.wake_slots[9].rung = take_rung;
    fixture.wake_slots[9].wake = log_wake;
    trace(&a, "a", 5, OP_NEVER, 1, 0);
    run();
    executor_enter(EVENT_RUNG | 9 << 8, NULL, 0);
    assert_log("a r9 a:42 a. ");
    executor_enter(EVENT_RUNG | 9 << 8, NULL, 0); /* nobody to claim */
    fixture.wake_slots[9].rung = NULL;
    executor_enter(EVENT_RUNG | 9 << 8, NULL, 0);
    executor_enter(EVENT_RUNG | 10 << 8, NULL, 0); /* nobody's slot */
    executor_enter(EVENT_RUNG | FIXTURE_WAKE_SLOTS << 8, NULL, 0);
    executor_enter(EVENT_RUNG | ~0ull << 8, NULL, 0);
    assert_log("r9 w9 ");
    check_invariants(&fixture, 0);
}

/* Two become ready by one wake: of one priority, in order; else the better one first. */
static void test_rung_completes_two(void **state)
{
    (void)state;
    fixture.wake_slots[9].wake = complete_both;
    for (unsigned priority = 4; priority <= 6; priority++) {
        trace(&a, "a", 5, OP_NEVER, 1, 0);
        trace(&b, "b", priority, OP_NEVER, 1, 0);
        run();
        log_clear();
        executor_enter(EVENT_RUNG | 9 << 8, NULL, 0);
        assert_log(priority < 5 ? "w9 b:2 b. a:1 a. " : "w9 a:1 a. b:2 b. ");
        check_invariants(&fixture, 0);
    }
}

/* Doorbells put off. */
static void flush(struct executor *executor)
{
    log_add("f%u ", executor->deferred);
    executor->deferred = PRIORITY_NONE;
}

static void test_flush_before_worse_priority(void **state)
{
    (void)state;
    fixture.executor.flush = flush;
    fixture.executor.deferred = 5;
    trace(&a, "a", 5, OP_YIELD, 1, 0); /* not worse */
    trace(&b, "b", 6, OP_YIELD, 0, 0);
    run();
    assert_log("a a:0 a. f5 b b. ");
    fixture.executor.deferred = 63;
    run(); /* before co_run returns, too */
    assert_log("f63 ");
}

/* Something that a coroutine sends at a better priority than its own goes out at its next await. */
static CO_BODY enum co_state deferring_body(struct co *co)
{
    long n;

    co_begin(co);
    executor_defer(&fixture.executor, 9);
    executor_defer(&fixture.executor, 4);
    executor_defer(&fixture.executor, 6);
    assert_int_equal(fixture.executor.deferred, 4);
    check_invariants(&fixture, 2);
    co_await(n, co_yield(co));
    executor_defer(&fixture.executor, 5); /* its own: later */
    co_await(n, co_yield(co));
    log_add("a ");
    co_return(n);
}

static void test_defer(void **state)
{
    (void)state;
    fixture.executor.flush = flush;
    co_spawn(&a.co, deferring_body, 5, NULL);
    trace(&b, "b", 5, OP_YIELD, 1, 0);
    run();
    assert_log("f4 b b:0 b. a f5 ");
    assert_int_equal(fixture.executor.deferred, PRIORITY_NONE);
}

/* Idling. */
static jmp_buf left;
static unsigned idles;
static void idle(struct executor *executor)
{
    assert_ptr_equal(executor, &fixture.executor);
    assert_int_equal(fixture.line.running, PRIORITY_NONE);
    assert_null(executor->current);
    log_add("i ");
    if (++idles == 2)
        ring(3);
}

static void test_idle_returns(void **state)
{
    (void)state;
    idles = 0;
    fixture.executor.idle = idle;
    fixture.executor.flush = flush;
    fixture.executor.deferred = 9;
    fixture.wake_slots[3].wake = wake_a;
    trace(&a, "a", 5, OP_PARK, 1, 0);
    co_run(true);
    assert_log("a f9 i i w a:0 a. ");
    assert_false(fixture.executor.waiting);
    trace(&a, "a", 5, OP_PARK, 1, 0);
    co_run(false); /* does not idle */
    fixture.executor.idle = NULL;
    co_run(true); /* nothing to idle with */
    assert_log("a ");
}

static void idle_leaves(struct executor *executor)
{
    (void)executor;
    longjmp(left, 1);
}

static void test_idle_does_not_return(void **state)
{
    (void)state;
    fixture.executor.idle = idle_leaves;
    fixture.wake_slots[3].wake = wake_a;
    trace(&a, "a", 5, OP_PARK, 2, 0);
    if (setjmp(left) == 0)
        co_run(true);
    check_invariants(&fixture, 1);
    assert_log("a ");
    ring(3);
    if (setjmp(left) == 0)
        executor_enter(EVENT_WAKE, NULL, 0);
    assert_log("w a:0 ");
    ring(3);
    executor_enter(EVENT_WAKE, NULL, 0); /* returns, for nothing lives any more */
    assert_log("w a:0 a. ");
}

/* Where one of priority 5 has parked, and the executor idles: the priority stays hot, and whoever
 * comes next, of whatever priority and by whatever way, finds what it needs. */
static void run_until_idle(void)
{
    if (setjmp(left) == 0)
        co_run(true);
}

static void enter_until_idle(uint64_t event)
{
    if (setjmp(left) == 0)
        executor_enter(event, words, 0);
}

static void idle_with(unsigned a_priority, unsigned b_priority)
{
    fixture.executor.idle = idle_leaves;
    trace(&c, "c", 63, OP_NEVER, 1, 0); /* stays, so that somebody lives */
    trace(&b, "b", b_priority, OP_NEVER, 1, 0);
    run_until_idle();
    trace(&a, "a", a_priority, OP_NEVER, 1, 0); /* runs last */
    enter_until_idle(EVENT_WAKE);
    assert_int_equal(fixture.executor.next, EXECUTOR_OPEN(a_priority));
    assert_int_equal(fixture.line.running, PRIORITY_NONE);
    assert_null(fixture.executor.current);
    check_invariants(&fixture, 3);
    log_clear();
}

static void end_idle(unsigned expected)
{
    check_invariants(&fixture, expected);
    co_complete(&c.co, 3);
    fixture.executor.idle = NULL;
    run();
    log_clear();
}

static struct co *rung_a(struct wake_slot *slot)
{
    (void)slot;
    return co_claim(&a.co, 42);
}

static void wake_b(struct wake_slot *slot)
{
    (void)slot;
    co_complete(&b.co, 7);
}

static void test_idle_stays_hot(void **state)
{
    (void)state;
    fixture.wake_slots[8].wake = wake_b;
    fixture.wake_slots[9].wake = log_wake;
    fixture.wake_slots[9].rung = rung_a;
    fixture.wake_slots[10].message = take_message;
    for (unsigned b_priority = 4; b_priority <= 6; b_priority++) {
        /* Who is claimed, and then another one by a slot that claims nobody. */
        for (unsigned way = 0; way < 2; way++) {
            idle_with(5, b_priority);
            enter_until_idle(way ? EVENT_MESSAGE | 10 << 8 : EVENT_RUNG | 9 << 8);
            assert_log(way ? "m10:123456/0 a:42 a. " : "a:42 a. ");
            enter_until_idle(EVENT_RUNG | 8 << 8);
            assert_log("b:7 b. ");
            end_idle(1);
        }
        /* One that is not the hot one, by an event and by its bit. */
        for (unsigned way = 0; way < 2; way++) {
            idle_with(5, b_priority);
            if (way)
                ring(8);
            enter_until_idle(way ? EVENT_WAKE : EVENT_RUNG | 8 << 8);
            assert_log("b:7 b. ");
            enter_until_idle(EVENT_RUNG | 9 << 8);
            assert_log("a:42 a. ");
            end_idle(1);
        }
    }
}

/* It may return: what became ready meanwhile runs, the best first. */
static void idle_completes(struct executor *executor)
{
    assert_null(executor->current);
    co_complete(&b.co, 7);
    co_complete(&a.co, 42);
    executor->idle = idle_leaves;
}

static void test_idle_returns_hot(void **state)
{
    (void)state;
    for (unsigned b_priority = 4; b_priority <= 6; b_priority++) {
        fixture.executor.idle = idle_completes;
        trace(&c, "c", 63, OP_NEVER, 1, 0);
        trace(&b, "b", b_priority, OP_NEVER, 1, 0);
        trace(&a, "a", 63, OP_NEVER, 1, 0);
        run_until_idle();
        assert_log("b c a b:7 b. a:42 a. ");
        end_idle(1);
    }
}

/* A cancel while it idles: there is no hot priority any more. */
static void test_idle_after_cancel(void **state)
{
    (void)state;
    idle_with(5, 5);
    co_cancel(b.cid);
    enter_until_idle(EVENT_RUNG | 9 << 8);
    check_invariants(&fixture, 3); /* OP_NEVER cannot be cancelled */
    co_complete(&a.co, 1);
    co_complete(&b.co, 1);
    co_complete(&c.co, 1);
    fixture.executor.idle = NULL;
    run();
}

/* An operation that leaves the CPU from within, and a message that resumes it. */
static enum co_state leave(struct co *co)
{
    if (!executor_only_current(co))
        return never(co);
    co_block(co);
    longjmp(left, 1);
}

static CO_BODY enum co_state leaving_body(struct co *co)
{
    long n;

    co_begin(co);
    co_await(n, leave(co));
    log_add("got %ld ", n);
    co_return(n);
}

static void test_operation_that_leaves(void **state)
{
    (void)state;
    fixture.wake_slots[9].message = take_message;
    co_spawn(&a.co, leaving_body, 5, NULL);
    if (setjmp(left) == 0) {
        run();
        fail_msg("the operation did not leave");
    }
    assert_int_equal(fixture.line.running, PRIORITY_NONE);
    check_invariants(&fixture, 1);
    executor_enter(EVENT_MESSAGE | 9 << 8, words, 1);
    assert_log("m9:123456/1 got 42 ");
    check_invariants(&fixture, 0);
}

static CO_BODY enum co_state only_body(struct co *co)
{
    assert_true(executor_only_current(co));
    ring(9);
    assert_false(executor_only_current(co));
    fixture.line.wakes = 0;
    fixture.executor.deferred = 63;
    assert_false(executor_only_current(co));
    fixture.executor.deferred = PRIORITY_NONE;
    trace(&b, "b", 63, OP_YIELD, 0, 0);
    assert_false(executor_only_current(co));
    co_run(false); /* nested */
    assert_true(executor_only_current(co));
    assert_false(executor_only_current(&b.co));
    co_cancel(co_current());
    assert_false(executor_only_current(co));
    co_return(0);
}

static void test_only_current(void **state)
{
    (void)state;
    co_spawn(&a.co, only_body, 5, NULL);
    run();
    assert_log("b b. ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_wake_slots, setup),
        cmocka_unit_test_setup(test_nonsense_wakes, setup),
        cmocka_unit_test_setup(test_wakes_are_seen_between_coroutines, setup),
        cmocka_unit_test_setup(test_ring_while_draining, setup),
        cmocka_unit_test_setup(test_message, setup),
        cmocka_unit_test_setup(test_message_that_completes_another, setup),
        cmocka_unit_test_setup(test_refused_messages, setup),
        cmocka_unit_test_setup(test_rung, setup),
        cmocka_unit_test_setup(test_rung_completes_two, setup),
        cmocka_unit_test_setup(test_flush_before_worse_priority, setup),
        cmocka_unit_test_setup(test_defer, setup),
        cmocka_unit_test_setup(test_idle_returns, setup),
        cmocka_unit_test_setup(test_idle_does_not_return, setup),
        cmocka_unit_test_setup(test_idle_stays_hot, setup),
        cmocka_unit_test_setup(test_idle_returns_hot, setup),
        cmocka_unit_test_setup(test_idle_after_cancel, setup),
        cmocka_unit_test_setup(test_operation_that_leaves, setup),
        cmocka_unit_test_setup(test_only_current, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
