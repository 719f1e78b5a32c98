/* SPDX-License-Identifier: BSD-2-Clause */
/* Priorities: clamped, lent to the server, never hidden behind a worse call; doorbells only where
 * the peer would not come in time; turns among channels of one priority. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "programs.h"

static void start(unsigned depth)
{
    machine_reset();
    machine_channel(0, 1, depth, 0, 4);
    machine_start();
    refuse_rate = 256;
}

/* A caller that takes its priority just before it calls; all are ready at the same time. */
static void call_at(unsigned n, unsigned priority)
{
    machine_as(0);
    caller_start(n, machine_end(0, 0), 1, 1)->own = (uint8_t)priority;
}

static void test_clamped(void **state)
{
    (void)state;
    for (unsigned rate = 0; rate <= 256; rate += 256) { /* registers, ring */
        start(4);
        refuse_rate = rate;
        machine_as(1);
        echo_start(0, machine_end(1, 0), 30);
        machine_run();
        call_at(0, 2);
        machine_run();
        assert_int_equal(echoes[0].priority[0], 4);
        assert_int_equal(ipc_priority(&echoes[0].message), 4);
        call_at(0, 50);
        machine_run();
        assert_int_equal(echoes[0].priority[1], 50);
        assert_int_equal(callers[0].answered, 1);
        machine_stop();
    }
}

/* The server itself may be better than what it may do for others, and be woken by any doorbell. */
static void test_clamped_below_its_own(void **state)
{
    (void)state;
    start(8);
    machine_as(1);
    echo_start(0, machine_end(1, 0), 2);
    machine_run();
    for (unsigned round = 0; round < 6; round++) {
        machine_as(1);
        co_change_priority(&echoes[0].co, 2);
        processes[1].idle = true; /* again */
        call_at(0, 2);
        call_at(1, 2);
        machine_run();
    }
    for (unsigned i = 0; i < 12; i++)
        assert_int_equal(echoes[0].priority[i], 4);
    assert_int_equal(echoes[0].count, 12);
    machine_stop();
}

/* The reply rings at the caller's own priority, not at the clamped one. */
static void test_reply_priority(void **state)
{
    (void)state;
    start(4);
    machine_as(1);
    echo_start(0, machine_end(1, 0), 30);
    machine_run();
    call_at(0, 2);
    machine_run();
    assert_int_equal(counters.last_priority, 2);
    machine_stop();
}

/* 20, 5, 9, 9, 5, 30 in one batch: nobody is served below the best that stands behind him. */
static void test_mixed(void **state)
{
    static const uint8_t sent[] = {20, 5, 9, 9, 5, 30}, served[] = {5, 5, 5, 5, 5, 30};

    (void)state;
    start(8);
    machine_as(1);
    echo_start(0, machine_end(1, 0), 30);
    machine_run();
    for (unsigned i = 0; i < 6; i++)
        call_at(i, sent[i]);
    machine_run();
    assert_int_equal(echoes[0].count, 6);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(echoes[0].order[i], i * 10000000ull + 1000);
        assert_int_equal(echoes[0].priority[i], served[i]);
    }
    machine_stop();
}

/* Takes a call, then is busy with something else. */
static struct busy {
    struct co co;
    struct ipc_end *end;
    struct ipc_message message;
    unsigned count;
    long n;
} busy;

static CO_BODY enum co_state busy_body(struct co *co)
{
    struct busy *b = co_frame(struct busy, co);

    co_begin(co);
    for (;;) {
        co_await(b->n, ipc_receive(co, b->end, &b->message));
        b->count++;
        co_await(b->n, co_park(co));
    }
}

/* A better call comes while the server works: it works on at the better priority. */
static void test_raised(void **state)
{
    cid_t cid;

    (void)state;
    start(8);
    machine_as(1);
    busy = (struct busy){.end = machine_end(1, 0)};
    cid = co_spawn(&busy.co, busy_body, 30, NULL);
    machine_run();
    call_at(0, 20);
    machine_run();
    assert_int_equal(busy.co.priority, 20);
    counters.doorbells = 0;
    call_at(1, 25); /* worse: it waits its turn without a doorbell */
    machine_run();
    assert_int_equal(counters.doorbells, 0);
    call_at(2, 7);
    machine_run();
    assert_int_equal(counters.doorbells, 1);
    assert_int_equal(busy.co.priority, 7);
    call_at(3, 7); /* as good as what runs */
    machine_run();
    assert_int_equal(counters.doorbells, 1);
    for (unsigned i = 0; i < 3; i++) {
        machine_as(1);
        assert_int_equal(co_wake(cid), E_OK);
        machine_run();
        assert_int_equal(busy.co.priority, 7); /* 25 and 7 stand before another 7 */
    }
    assert_int_equal(busy.count, 4);
    machine_stop();
}

/* The rule itself, against a wait word that the test writes. */
static void test_rule(void **state)
{
    struct ipc_end *end;
    uint64_t *wait;

    (void)state;
    start(32);
    end = machine_end(0, 0);
    wait = &end->channel->call_reader.wait;
    processes[1].slots[0].wake = NULL; /* nobody changes the word */

    *wait = 0x100 | 10;
    call_at(0, 10);
    machine_run();
    assert_int_equal(counters.doorbells, 0); /* awake, and good enough */
    call_at(1, 6);
    machine_run();
    assert_int_equal(counters.doorbells, 1);
    call_at(2, 6);
    machine_run();
    assert_int_equal(counters.doorbells, 1); /* rung already */
    call_at(3, 5);
    machine_run();
    assert_int_equal(counters.doorbells, 2); /* not at this priority */
    *wait = 0x200 | 10;
    call_at(4, 6);
    machine_run();
    assert_int_equal(counters.doorbells, 3); /* a new word */
    *wait = 0x300 | IPC_ASLEEP;
    call_at(5, 60);
    machine_run();
    assert_int_equal(counters.doorbells, 4);
    call_at(6, 61);
    machine_run();
    assert_int_equal(counters.doorbells, 4);
    call_at(7, 59);
    machine_run();
    assert_int_equal(counters.doorbells, 5);
    ipc_end_kill(end);
    machine_stop();
}

static unsigned left_at_first_call;
static void note_first(void)
{
    if (counters.doorbells == 0 && left_at_first_call == 99)
        left_at_first_call = callers[1].left;
}

/* Before something worse than the message runs, the doorbell is rung. */
static void test_flush_before_worse(void **state)
{
    (void)state;
    for (unsigned worse = 10; worse <= 11; worse++) {
        start(8);
        machine_as(1);
        echo_start(0, machine_end(1, 0), 30);
        machine_run();
        machine_as(0);
        counters.doorbells = 0;
        left_at_first_call = 99;
        on_system_call = note_first;
        caller_start(0, machine_end(0, 0), 1, 10);
        caller_start(1, machine_end(0, 0), 1, worse);
        machine_run();
        assert_int_equal(callers[0].answered + callers[1].answered, 2);
        assert_int_equal(left_at_first_call, worse - 10);
        machine_stop();
    }
}

/* Two clients that flood one server at the same priority: neither waits for more than a share. */
static void test_turns(void **state)
{
    unsigned place[2] = {0, 0}, run = 0, longest = 0, before = 2;

    (void)state;
    machine_reset();
    machine_channel(0, 1, 128, 0, 0);
    machine_channel(2, 1, 128, 0, 0);
    machine_start();
    machine_as(1);
    echo_start(0, machine_end(1, 0), 10);
    echo_start(1, machine_end(1, 1), 10);
    machine_run();
    echo_calls = 0;
    for (unsigned i = 0; i < 100; i++) {
        machine_as(i % 2 ? 2 : 0);
        caller_start(i, machine_end(i % 2 ? 2 : 0, 0), 1, 1)->own = 5;
    }
    machine_run();
    assert_int_equal(echoes[0].count, 50);
    assert_int_equal(echoes[1].count, 50);
    for (unsigned i = 0; i < 100; i++) {
        unsigned who = place[0] < 50 && echoes[0].at[place[0]] == i ? 0 : 1;

        assert_int_equal(echoes[who].at[place[who]++], i);
        run = who == before ? run + 1 : 1;
        longest = run > longest && place[0] < 50 && place[1] < 50 ? run : longest;
        before = who;
    }
    assert_true(longest <= IPC_SHARE + 1);
    machine_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clamped), cmocka_unit_test(test_reply_priority),
        cmocka_unit_test(test_mixed),   cmocka_unit_test(test_raised),
        cmocka_unit_test(test_rule),    cmocka_unit_test(test_flush_before_worse),
        cmocka_unit_test(test_turns),   cmocka_unit_test(test_clamped_below_its_own),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    without_copies = true;
    failed += cmocka_run_group_tests(tests, NULL, NULL);
    at_a_stretch = true;
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
