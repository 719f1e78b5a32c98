/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists, event, semaphore, mutex, sleep. */
#include "fixture.h"

static struct tracer a, b, c;

static void test_lists(void **state)
{
    struct co_list list = {0};
    struct co x = {0}, y = {0}, z = {0};

    (void)state;
    assert_null(co_list_pop(&list));
    for (unsigned round = 0; round < 2; round++) {
        co_list_push(&list, &x);
        co_list_push(&list, &y);
        co_list_push(&list, &z);
        co_list_remove(&list, &y);
        assert_ptr_equal(co_list_pop(&list), &x);
        co_list_push(&list, &x);
        co_list_remove(&list, &x);
        co_list_push(&list, &y);
        co_list_remove(&list, &z);
        assert_ptr_equal(co_list_pop(&list), &y);
        assert_null(co_list_pop(&list));
    }
    co_list_push(&list, &x);
    co_list_remove(&list, &x);
    assert_null(co_list_pop(&list));
}

static void test_event_stays_set(void **state)
{
    struct co_event event = {0};

    (void)state;
    co_event_set(&event);
    co_event_set(&event); /* no counter */
    trace(&a, "a", 5, OP_EVENT, 2, (intptr_t)&event);
    run();
    assert_log("a a:0 ");
    trace(&b, "b", 5, OP_EVENT, 1, (intptr_t)&event);
    run();
    co_event_set(&event);
    co_event_set(&event);
    run();
    assert_log("b a:0 a. b:0 b. ");
    assert_false(event.set);
}

static void test_semaphore_counts(void **state)
{
    struct co_semaphore semaphore = {.count = 2};

    (void)state;
    trace(&a, "a", 5, OP_SEMAPHORE, 1, (intptr_t)&semaphore);
    trace(&b, "b", 5, OP_SEMAPHORE, 1, (intptr_t)&semaphore);
    trace(&c, "c", 5, OP_SEMAPHORE, 1, (intptr_t)&semaphore);
    run();
    assert_log("a a:0 a. b b:0 b. c ");
    co_semaphore_give(&semaphore);
    assert_int_equal(semaphore.count, 0); /* handed over, never free */
    co_semaphore_give(&semaphore);
    assert_int_equal(semaphore.count, 1);
    run();
    assert_log("c:0 c. ");
}

static void test_mutex_hands_over_in_order(void **state)
{
    struct co_mutex mutex = {0};

    (void)state;
    trace(&a, "a", 9, OP_MUTEX, 1, (intptr_t)&mutex);
    run();
    trace(&b, "b", 5, OP_MUTEX, 1, (intptr_t)&mutex);
    trace(&c, "c", 3, OP_MUTEX, 1, (intptr_t)&mutex);
    run();
    assert_ptr_equal(mutex.owner, &a.co);
    assert_log("a a:0 a. c b ");
    co_mutex_unlock(&mutex);
    assert_ptr_equal(mutex.owner, &c.co);
    co_mutex_unlock(&mutex);
    assert_ptr_equal(mutex.owner, &b.co);
    co_mutex_unlock(&mutex);
    assert_null(mutex.owner);
    run();
    assert_log("c:0 c. b:0 b. ");
}

static uint64_t armed;
static unsigned arms;
static void arm(struct executor *executor, uint64_t deadline)
{
    (void)executor;
    armed = deadline;
    arms++;
}

static void test_sleepers_in_order(void **state)
{
    static struct tracer d, e;

    (void)state;
    arms = 0;
    fixture.executor.arm = arm;
    trace(&a, "a", 5, OP_SLEEP, 1, 30);
    trace(&b, "b", 5, OP_SLEEP, 1, 10);
    trace(&c, "c", 5, OP_SLEEP, 1, 20);
    trace(&d, "d", 5, OP_SLEEP, 1, 20);
    trace(&e, "e", 5, OP_SLEEP, 1, INTPTR_MIN); /* deadlines are unsigned */
    run();
    assert_int_equal(arms, 2); /* only when the first changes */
    assert_int_equal(armed, 10);
    log_clear();
    executor_expire(&fixture.executor, 9);
    assert_int_equal(fixture.line.bitmap, 0);
    executor_expire(&fixture.executor, 10);
    assert_int_equal(armed, 20);
    run();
    assert_log("b:0 b. ");
    executor_expire(&fixture.executor, 30);
    assert_true(armed == 1ull << 63);
    run();
    assert_log("c:0 c. d:0 d. a:0 a. ");
    arms = 0;
    executor_expire(&fixture.executor, ~0ull);
    assert_int_equal(arms, 0); /* none is left to arm for */
    run();
    assert_log("e:0 e. ");
    check_invariants(&fixture, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_lists, setup),
        cmocka_unit_test_setup(test_event_stays_set, setup),
        cmocka_unit_test_setup(test_semaphore_counts, setup),
        cmocka_unit_test_setup(test_mutex_hands_over_in_order, setup),
        cmocka_unit_test_setup(test_sleepers_in_order, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
