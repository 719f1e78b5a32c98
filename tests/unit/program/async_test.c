/* SPDX-License-Identifier: BSD-2-Clause */
/* Asynchronous system calls from coroutines, against a kernel that is a function of the test: it
 * takes submissions as trap/batch.c does, and answers each with a value made of its arguments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <program/async.h>

#define ROWS 128

static struct executor_line line;
static struct executor executor;
static struct co_slot slots[ROWS];

static struct call_rings rings;
static struct async async;
static unsigned submits;
static long refuse; /* what submit says */

static long submit(uint32_t slot, unsigned priority)
{
    assert_int_equal(slot, 5);
    assert_true(priority < PRIORITY_COUNT);
    submits++;
    return refuse;
}

/* The kernel executes at most so many. */
static void kernel_runs(unsigned most)
{
    for (; most > 0 && rings.taken != rings.submitted; most--, rings.taken++) {
        const struct submission *from = &rings.submissions[rings.taken % SUBMISSIONS];
        struct completion *to = &rings.completions[rings.completed % COMPLETIONS];

        assert_true(rings.submitted - rings.taken <= SUBMISSIONS);
        assert_true(rings.completed - rings.reaped < COMPLETIONS);
        *to = (struct completion){.request = from->request, .result = from->arguments[0] + 1};
        for (unsigned i = 0; i < 5; i++)
            to->results[i] = from->arguments[1 + i] + from->invoked;
        rings.completed++;
    }
}

struct caller {
    struct co co;
    struct async_call call;
    uint64_t number;
    unsigned rounds;
    long last;
    cid_t cid;
};

static CO_BODY enum co_state caller_body(struct co *co)
{
    struct caller *c = co_frame(struct caller, co);

    co_begin(co);
    while (c->rounds > 0) {
        c->call = (struct async_call){.invoked = 1000 * c->number,
                                      .argument = {c->number + c->rounds, 1, 2, 3, 4, 5}};
        co_await(c->last, async_call(co, &async, &c->call));
        if (c->last < 0)
            co_return(c->last);
        assert_int_equal(c->last, c->number + c->rounds + 1);
        for (unsigned i = 0; i < 5; i++)
            assert_int_equal(c->call.result[i], 1000 * c->number + i + 1);
        c->rounds--;
    }
    co_return(E_OK);
}

static int setup(void **state)
{
    (void)state;
    line = (struct executor_line){0};
    executor = (struct executor){0};
    memset(slots, 0, sizeof slots);
    executor_init(&executor, &line, slots, ROWS);
    executor_set_line(&line);
    return 0;
}

static struct caller callers[3 * SUBMISSIONS];

static void begin(unsigned count, unsigned rounds)
{
    rings = (struct call_rings){0};
    submits = 0;
    refuse = E_OK;
    async_init(&async, &rings, submit, 5);
    for (unsigned i = 0; i < count; i++) {
        callers[i] = (struct caller){.number = i, .rounds = rounds};
        callers[i].cid = co_spawn(&callers[i].co, caller_body, i % PRIORITY_COUNT, NULL);
        assert_int_not_equal(callers[i].cid.raw, 0);
    }
    co_run(false);
}

static void settle(unsigned at_once)
{
    for (unsigned i = 0; i < 10000 && rings.taken != rings.submitted; i++) {
        kernel_runs(at_once);
        async_drain(&async);
        co_run(false);
    }
}

static void test_one(void **state)
{
    (void)state;
    begin(1, 1);
    assert_int_equal(submits, 1);
    assert_int_equal(callers[0].rounds, 1);
    settle(1);
    assert_int_equal(callers[0].rounds, 0);
    assert_int_equal(callers[0].co.status, CO_EXITED);
}

/* More callers than places: the others wait, and all get their own results. */
static void test_many(void **state)
{
    (void)state;
    begin(3 * SUBMISSIONS, 20);
    assert_int_equal(rings.submitted, SUBMISSIONS);
    settle(3);
    for (unsigned i = 0; i < 3 * SUBMISSIONS; i++)
        assert_int_equal(callers[i].rounds, 0);
    assert_int_equal(rings.completed, 3 * SUBMISSIONS * 20);
}

/* Cancelled under way and cancelled while waiting: frames are reused, late completions dropped. */
static void test_cancelled(void **state)
{
    (void)state;
    begin(2 * SUBMISSIONS, 1);
    for (unsigned i = 0; i < 2 * SUBMISSIONS; i += 2)
        assert_int_equal(co_cancel(callers[i].cid), E_OK);
    co_run(false);
    for (unsigned i = 0; i < 2 * SUBMISSIONS; i += 2) {
        assert_int_equal(callers[i].last, E_CANCELLED);
        memset(&callers[i].call, 0xee, sizeof callers[i].call);
    }
    settle(5);
    for (unsigned i = 1; i < 2 * SUBMISSIONS; i += 2)
        assert_int_equal(callers[i].rounds, 0);
    assert_null(async.first);
}

static void test_last_waiter_cancelled(void **state)
{
    (void)state;
    begin(SUBMISSIONS + 1, 1);
    assert_int_equal(co_cancel(callers[SUBMISSIONS].cid), E_OK);
    co_run(false);
    callers[SUBMISSIONS + 1] = (struct caller){.number = 99, .rounds = 1};
    co_spawn(&callers[SUBMISSIONS + 1].co, caller_body, 3, NULL);
    co_run(false);
    settle(4);
    assert_int_equal(callers[SUBMISSIONS + 1].rounds, 0);
}

/* The kernel has too much under way: the call is taken back. */
static void test_refused(void **state)
{
    (void)state;
    begin(0, 0);
    refuse = E_AGAIN;
    callers[0] = (struct caller){.number = 7, .rounds = 1};
    co_spawn(&callers[0].co, caller_body, 3, NULL);
    co_run(false);
    assert_int_equal(callers[0].last, E_AGAIN);
    assert_int_equal(rings.submitted, 0);
    refuse = E_OK;
    callers[1] = (struct caller){.number = 8, .rounds = 1};
    co_spawn(&callers[1].co, caller_body, 3, NULL);
    co_run(false);
    settle(1);
    assert_int_equal(callers[1].rounds, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_one, setup),
        cmocka_unit_test_setup(test_many, setup),
        cmocka_unit_test_setup(test_cancelled, setup),
        cmocka_unit_test_setup(test_last_waiter_cancelled, setup),
        cmocka_unit_test_setup(test_refused, setup),
    };

    return cmocka_run_group_tests_name("async", tests, NULL, NULL);
}
