/* SPDX-License-Identifier: BSD-2-Clause */
/* A hostile client, a server, and an honest client of the same server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "attack.h"

static void put_call(uint64_t header)
{
    memcpy(shared_messages()[header % DEPTH].word, garbage, sizeof garbage);
    put_header(header);
}

/* The id of the newest call in the ring, which mostly is still open. */
static uint32_t newest(void)
{
    return (uint32_t)shared_calls()[(shared->calls.tail - 1) % DEPTH];
}

/* ---------------------------------------------------------------- the attacks */

static void same_id_twice(void)
{
    if (put_off(machine_current() == 0))
        return;
    put_call(header_of(newest(), CEILING));
    put_call(header_of(newest(), CEILING));
    ring_victim();
}

static void priority_out_of_range(void)
{
    for (unsigned i = 0; i < DEPTH; i++)
        shared_calls()[i] |= 0xffull << MESSAGE_PRIORITY_SHIFT;
    ring_victim();
}

static void priority_above_ceiling(void)
{
    for (unsigned i = 0; i < DEPTH; i++)
        shared_calls()[i] &= ~(0xffull << MESSAGE_PRIORITY_SHIFT);
    ring_victim();
}

static void urgent_anywhere(void)
{
    static const uint64_t away[] = {1, 2, 3, DEPTH, DEPTH + 1, 1000, 1ull << 63, ~0ull, ~3ull};

    shared->calls.urgent = shared->calls.tail + away[attack_count % 9];
    shared_calls()[attack_count % DEPTH] ^= 3ull << MESSAGE_PRIORITY_SHIFT;
    ring_victim();
}

/* Whatever it says, while the server waits. */
static void in_registers_anything(void)
{
    deliver_to_victim(header_of(attack_count * 5, attack_count * 11 % 256), garbage);
}

static void in_registers_open_id(void)
{
    deliver_to_victim(header_of(newest(), CEILING), garbage);
}

/* An id that is open in the server, which waits for the next call. Value: whether there is one. */
static bool open_id(uint32_t *id)
{
    const struct ipc_end *end = machine_end(1, 0);

    for (unsigned i = 0; i < DEPTH; i++) {
        *id = (uint32_t)end->open[i];
        if (*id % DEPTH == i)
            return processes[1].idle && machine_current() != 0;
    }
    return false;
}

static void open_id_to_waiter(void)
{
    uint32_t id;

    if (put_off(!open_id(&id)))
        return;
    put_call(header_of(id, CEILING));
    ring_victim();
}

static void open_id_in_registers(void)
{
    uint32_t id;

    if (put_off(!open_id(&id)))
        return;
    deliver_to_victim(header_of(id, CEILING), garbage);
}

/* The ring is never empty: as many calls as the server can have open, at the best priority. */
static void flood(void)
{
    struct ipc_end *end = machine_end(0, 0);

    processes[0].stopped = true; /* its own library has no part in this */
    if (honest_done())
        return;
    while (ipc_tail(end) - shared->replies.tail < DEPTH)
        put_call(header_of((uint32_t)ipc_tail(end), 0));
    ring_victim();
}

#define MORE  "peer broke the protocol: more calls than the ring holds"
#define AGAIN "peer broke the protocol: a request id that is still open"

static const struct attack attacks[] = {
    {"a wake", wakes, 1, .harmless = true},
    {"tail too far", tail_too_far, 1, .told = MORE},
    {"tail goes back", tail_back, 1, .told = MORE},
    {"tail huge", tail_huge, 1, .told = MORE},
    {"unwritten call", unwritten, 1, .told = MORE, .also = AGAIN},
    {"an id twice", same_id_twice, 1, .told = AGAIN, .also = MORE},
    {"every word garbage", every_word_garbage, 1, .told = MORE, .also = AGAIN},
    {"priority out of range", priority_out_of_range, 3, .told = NULL},
    {"priority above the ceiling", priority_above_ceiling, 3, .told = NULL},
    {"urgent anywhere", urgent_anywhere, 200, .told = NULL},
    {"wait word anything", wait_word_anything, 200, .told = NULL},
    {"a flood of wakes", wakes, 300, .harmless = true},
    {"a flood of calls", flood, 2000, .told = NULL},
    {"anything in registers", in_registers_anything, 40, .told = AGAIN},
    {"an open id in registers", in_registers_open_id, 3, .told = AGAIN},
    {"an open id to who waits", open_id_to_waiter, 1, .told = AGAIN, .always = true},
    {"an open id to who waits, in registers", open_id_in_registers, 1, .told = AGAIN,
     .always = true},
    {"changed after the check", changed_after_check, 2, .harmless = true},
    {"changed after each check", changed_after_check, 2000, .harmless = true},
    {"dies", dies, 1, .silent_end = true},
    {"dies and is torn down", dies_and_is_torn_down, 1, .silent_end = true},
    {"never takes a reply", stops, 1, .told = NULL},
};

/* ---------------------------------------------------------------- the victim */

/* Takes two calls before it answers both, the later one first. */
static struct pair {
    struct co co;
    struct ipc_end *end;
    struct ipc_message message[2];
    long last;
} pair;

static CO_BODY enum co_state pair_body(struct co *co)
{
    struct pair *p = co_frame(struct pair, co);

    co_begin(co);
    for (;;) {
        co_await(p->last, ipc_receive(co, p->end, &p->message[0]));
        if (p->last < 0)
            co_return(p->last);
        co_await(p->last, ipc_receive(co, p->end, &p->message[1]));
        if (p->last < 0)
            co_return(p->last);
        answer(&p->message[0]);
        answer(&p->message[1]);
        (void)!ipc_reply(p->end, &p->message[1]);
        (void)!ipc_reply(p->end, &p->message[0]);
    }
}

static struct co *server(void)
{
    return by_pairs ? &pair.co : &echoes[0].co;
}

static long server_last(void)
{
    return by_pairs ? pair.last : echoes[0].last;
}

/* ---------------------------------------------------------------- the verdict */

static void start(const struct attack *attack)
{
    machine_as(1);
    echoes[0].count = 0;
    pair = (struct pair){.end = machine_end(1, 0)};
    if (by_pairs)
        co_spawn(&pair.co, pair_body, 20, NULL);
    else
        echo_start(0, machine_end(1, 0), 20);
    machine_as(0);
    /* With one more than pairs the server comes to wait with a call open. */
    for (unsigned i = 0; i < HOSTILE_CALLERS; i++)
        caller_start(i, machine_end(0, 0), 2 + (i == 0 && !attack->harmless), CEILING + i % 3);
}

static void judge(const struct attack *attack)
{
    bool ended = server()->status == CO_EXITED;

    assert_int_equal(echoes[1].count, HONEST_CALLERS * 4);
    assert_int_equal(echoes[1].last, 0);
    for (unsigned i = 0; i < echoes[0].count && i < 256; i++)
        assert_in_range(echoes[0].priority[i], CEILING, PRIORITY_COUNT - 1);
    for (unsigned i = 0; attack->harmless && i < HOSTILE_CALLERS; i++) {
        assert_int_equal(callers[i].answered, 2);
        assert_int_equal(callers[i].wrong, 0);
    }
    if (ended) {
        assert_int_equal(server_last(), E_PEER_DEAD);
        assert_true(attack->silent_end || was_dropped());
    } else {
        assert_int_equal(server_last(), 0);
        assert_true(!was_dropped());
        /* Each call had its reply; or waits for the second one of a pair. */
        assert_in_range(ipc_in_flight(machine_end(1, 0)), 0, by_pairs);
    }
}

static void last(void)
{
    assert_int_equal(server()->status, CO_EXITED);
    assert_int_equal(server_last(), E_PEER_DEAD);
}

static const struct role client = {"hostile client", 0, 1, 6, start, judge, last};

static void test_hostile_client(void **state)
{
    (void)state;
    attack_everywhere(&client, attacks, sizeof attacks / sizeof attacks[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_client),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
