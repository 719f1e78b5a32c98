/* SPDX-License-Identifier: BSD-2-Clause */
/* A hostile server, and a client that also calls an honest one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "attack.h"

/* Of the calls that have been taken or not: as the client wrote it. */
static uint64_t call_header(unsigned back)
{
    return shared_calls()[(shared->calls.tail - back) % DEPTH];
}

/* ---------------------------------------------------------------- the attacks */

/* An id of this row, but not the one in flight: long ago, or not yet. */
static void stale_id(void)
{
    if (put_off(machine_current() == 1))
        return;
    put_header(call_header(1) - DEPTH);
    ring_victim();
}

static void future_id(void)
{
    if (put_off(machine_current() == 1))
        return;
    put_header(call_header(1) + 1000 * DEPTH);
    ring_victim();
}

static void id_out_of_range(void)
{
    if (put_off(machine_current() == 1))
        return;
    put_header(call_header(1) | 0xfffffff0u);
    ring_victim();
}

/* The reply that was put last stands there again. */
static void answers_twice(void)
{
    struct ipc_end *end = machine_end(1, 0);

    if (put_off(machine_current() == 1 || ipc_tail(end) == 0))
        return;
    put_header(shared_replies()[(ipc_tail(end) - 1) % DEPTH]);
    ring_victim();
}

/* Somebody else's call is answered, and later again by the server that has taken it. */
static void answers_open_call(void)
{
    if (put_off(machine_current() == 1))
        return;
    memcpy(shared_messages()[call_header(1) % DEPTH].word, garbage, sizeof garbage);
    put_header(call_header(1));
    ring_victim();
}

static void in_registers_anything(void)
{
    deliver_to_victim(attack_count * 0x100000005ull * 7, garbage);
}

/* Of a request that waits, but of an earlier use of it. */
static void in_registers_stale(void)
{
    if (put_off(!processes[0].idle || machine_current() == 0))
        return;
    deliver_to_victim(call_header(1) - DEPTH, garbage);
}

static void in_registers_twice(void)
{
    deliver_to_victim(shared_replies()[(shared->replies.tail - 1) % DEPTH], garbage);
}

static void flood(void)
{
    processes[1].stopped = true; /* its own library has no part in this */
    if (honest_done())
        return;
    for (unsigned i = 0; i < DEPTH; i++)
        shared_replies()[i] = attack_count * 31 + i + 4000;
    if (shared->replies.tail - shared->reply_reader.head < DEPTH)
        shared->replies.tail = shared->reply_reader.head + DEPTH;
    ring_victim();
}

/* It goes on when the calls have been cancelled or not; where it stops it is between two steps. */
static void answers_late(void)
{
    if (put_off(machine_current() == 1))
        return;
    end_hostile(false);
}

#define MORE  "peer broke the protocol: more replies than requests"
#define STRAY "peer answered a request that is not open (said once)"

static const struct attack attacks[] = {
    {"a wake", wakes, 1, .harmless = true},
    {"tail too far", tail_too_far, 1, .told = MORE},
    {"tail goes back", tail_back, 1, .told = MORE},
    {"tail huge", tail_huge, 1, .told = MORE},
    {"unwritten reply", unwritten, 1, .told = STRAY, .also = MORE, .forged = true},
    {"a stale id", stale_id, 1, .told = STRAY, .also = MORE, .harmless = true},
    {"an id that is not yet", future_id, 1, .told = STRAY, .also = MORE, .harmless = true},
    {"an id out of range", id_out_of_range, 1, .told = STRAY, .also = MORE, .harmless = true},
    {"answers twice", answers_twice, 1, .told = STRAY, .also = MORE, .harmless = true},
    {"answers an open call early", answers_open_call, 1, .told = STRAY, .also = MORE,
     .forged = true},
    {"every word garbage", every_word_garbage, 1, .told = MORE, .also = STRAY, .forged = true},
    {"wait word anything", wait_word_anything, 200, .told = NULL},
    {"a flood of wakes", wakes, 300, .harmless = true},
    {"a flood of replies", flood, 300, .told = STRAY, .forged = true},
    {"anything in registers", in_registers_anything, 40, .told = STRAY, .forged = true},
    {"a stale id in registers", in_registers_stale, 1, .told = STRAY, .harmless = true},
    {"twice in registers", in_registers_twice, 3, .told = STRAY, .forged = true},
    {"changed after the check", changed_after_check, 2, .harmless = true},
    {"changed after each check", changed_after_check, 2000, .harmless = true},
    {"dies", dies, 1, .silent_end = true},
    {"dies and is torn down", dies_and_is_torn_down, 1, .silent_end = true},
    {"never answers", stops, 1, .told = NULL},
    {"answers late", answers_late, 1, .told = NULL},
};

/* ---------------------------------------------------------------- the verdict */

static unsigned started;

static void start(const struct attack *attack)
{
    /* A reply more than there are requests has room in the ring, so it overwrites none. */
    started = attack->harmless ? DEPTH - 1 : HOSTILE_CALLERS;

    machine_as(1);
    echo_start(0, machine_end(1, 0), 20);
    machine_as(0);
    for (unsigned i = 0; i < started; i++)
        caller_start(i, machine_end(0, 0), 2, CEILING + i % 3);
}

/* Every other one of those that still wait is cancelled, and goes on at once. */
static void cancel_some(void)
{
    machine_as(0);
    for (unsigned i = 0; i < started; i += 2) {
        if (callers[i].co.status == CO_EXITED)
            continue;
        assert_int_equal(co_cancel(callers[i].cid), E_OK);
        machine_run();
        assert_int_equal(callers[i].co.status, CO_EXITED);
        assert_int_equal(callers[i].last, E_CANCELLED);
        machine_as(0);
    }
}

static void judge(const struct attack *attack)
{
    bool dropped = was_dropped();

    assert_int_equal(echoes[1].count, HONEST_CALLERS * 4);
    cancel_some();
    if (attack->act == answers_late) {
        processes[1].stopped = false;
        machine_run();
        assert_int_equal(processes[0].lines, 0);
        assert_int_equal(ipc_in_flight(machine_end(0, 0)), 0);
    }
    for (unsigned i = 0; i < started; i++) {
        struct caller *c = &callers[i];

        assert_int_equal(c->torn, 0);
        assert_true(c->wrong == 0 || attack->forged);
        assert_true(c->answered == 2 || dropped || !attack->harmless);
        if (dropped) {
            assert_int_equal(c->co.status, CO_EXITED);
            assert_true(c->last == E_PEER_DEAD || c->answered == 2 || attack->forged);
        }
    }
}

static void last(void)
{
    for (unsigned i = 0; i < started; i++) {
        struct caller *c = &callers[i];

        assert_int_equal(c->co.status, CO_EXITED);
        assert_true(c->answered == 2 || c->last < 0);
    }
}

static const struct role server = {"hostile server", 1, 0, 4, start, judge, last};

static void test_hostile_server(void **state)
{
    (void)state;
    attack_everywhere(&server, attacks, sizeof attacks / sizeof attacks[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_server),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
