/* SPDX-License-Identifier: BSD-2-Clause */
/* Doorbells without messages: ipc_signal_wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "programs.h"

#define ROUNDS   50
#define PRIORITY 10
#define CLIENT   0
#define SERVER   1

/* Rings the other side and waits, `rounds` times. */
struct signaller {
    struct co co;
    struct co_event rung;
    uint32_t endpoint;
    bool waits_first;
    unsigned rounds;
    long last; /* value of the last await */
};
static struct signaller sides[2];

static CO_BODY enum co_state signaller_body(struct co *co)
{
    struct signaller *s = co_frame(struct signaller, co);

    co_begin(co);
    if (s->waits_first)
        co_await(s->last, co_event_wait(co, &s->rung));
    while (s->rounds > 0 && s->last == 0) {
        s->rounds--;
        co_await(s->last, ipc_signal_wait(co, s->endpoint, &s->rung));
    }
    co_return(s->last);
}

static void wake_event(struct wake_slot *slot)
{
    co_event_set(slot->owner);
}

static struct co *rung_event(struct wake_slot *slot)
{
    return co_event_claim(slot->owner);
}

static cid_t start_side(unsigned side, unsigned rounds)
{
    struct wake_slot *slot = &processes[side].slots[0];

    sides[side] = (struct signaller){
        .endpoint = side == CLIENT, .waits_first = side == SERVER, .rounds = rounds};
    slot->owner = &sides[side].rung;
    slot->wake = wake_event;
    slot->rung = rung_event;
    machine_as(side);
    return co_spawn(&sides[side].co, signaller_body, PRIORITY, NULL);
}

static void start(void)
{
    machine_reset();
    machine_channel(CLIENT, SERVER, 4, 0, 0);
    machine_start();
}

/* Each signal is one doorbell and one system call, and none is lost. */
static void test_ping_pong(void **state)
{
    (void)state;
    start();
    start_side(SERVER, ROUNDS);
    start_side(CLIENT, ROUNDS);
    machine_run();
    assert_int_equal(sides[CLIENT].rounds, 0);
    assert_int_equal(sides[SERVER].rounds, 0);
    assert_int_equal(counters.doorbells, 2 * ROUNDS);
    assert_int_equal(counters.last_priority, PRIORITY);
    /* At the beginning and the end each idles by itself; a wake that is told by the bit may take
     * one more look. */
    assert_in_range(counters.yields, 2 * ROUNDS, 3 * ROUNDS + 4);
    machine_stop();
}

static struct company {
    struct co co;
    unsigned turns;
} other;

static CO_BODY enum co_state other_body(struct co *co)
{
    struct company *t = co_frame(struct company, co);
    long n;

    co_begin(co);
    while (t->turns-- > 0) {
        co_await(n, co_yield(co));
        assert_int_equal(n, 0);
    }
    co_return(0);
}

/* With something else to do it rings, and that is done before the CPU is given up. */
static void test_not_alone(void **state)
{
    (void)state;
    start();
    start_side(SERVER, ROUNDS);
    start_side(CLIENT, ROUNDS);
    other.turns = 2 * ROUNDS;
    machine_as(CLIENT);
    (void)co_spawn(&other.co, other_body, PRIORITY, NULL);
    machine_run();
    assert_int_equal(sides[CLIENT].rounds, 0);
    assert_int_equal(sides[SERVER].rounds, 0);
    assert_int_equal(counters.doorbells, 2 * ROUNDS);
    machine_stop();
}

/* An event that is set already ends the await at once; the peer is rung all the same. */
static void test_set_already(void **state)
{
    (void)state;
    start();
    start_side(CLIENT, 1);
    sides[CLIENT].rung.set = true;
    machine_run();
    assert_int_equal(sides[CLIENT].rounds, 0);
    assert_int_equal(sides[CLIENT].last, 0);
    assert_false(sides[CLIENT].rung.set);
    assert_int_equal(processes[CLIENT].executor.live, 0);
    assert_int_equal(counters.doorbells, 1);
    machine_stop();
}

/* What the doorbell says comes back at once, and nothing is awaited; the executor goes on. */
static void test_refused(void **state)
{
    (void)state;
    for (unsigned company = 0; company < 2; company++) {
        start();
        start_side(CLIENT, 3);
        other.turns = 3;
        if (company)
            (void)co_spawn(&other.co, other_body, PRIORITY, NULL);
        processes[SERVER].dead = true;
        machine_run();
        assert_int_equal(sides[CLIENT].last, E_PEER_DEAD);
        assert_int_equal(sides[CLIENT].rounds, 2);
        assert_null(sides[CLIENT].rung.waiters.first);
        assert_int_equal(processes[CLIENT].executor.live, 0);
        machine_stop();
    }
}

/* A cancelled coroutine rings and does not wait; one that waits is woken by the cancel. */
static void test_cancel(void **state)
{
    cid_t cid;

    (void)state;
    start();
    cid = start_side(CLIENT, 3);
    machine_run();
    assert_int_equal(counters.doorbells, 1);
    machine_as(CLIENT);
    assert_int_equal(co_cancel(cid), E_OK);
    machine_run();
    assert_int_equal(sides[CLIENT].last, E_CANCELLED);
    assert_null(sides[CLIENT].rung.waiters.first);

    cid = start_side(CLIENT, 3);
    assert_int_equal(co_cancel(cid), E_OK);
    machine_run();
    assert_int_equal(sides[CLIENT].last, E_CANCELLED);
    assert_int_equal(counters.doorbells, 2);
    machine_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ping_pong),   cmocka_unit_test(test_not_alone),
        cmocka_unit_test(test_set_already), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cancel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
