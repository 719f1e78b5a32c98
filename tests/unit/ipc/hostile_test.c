/* SPDX-License-Identifier: BSD-2-Clause */
/* A peer that writes anything at any time into the memory that it shares. Nothing outside that
 * memory may be touched (the sanitizers watch), and the other channels go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "programs.h"

static struct ipc_end *victim;
static bool subtle; /* in this round: nothing that is noticed at once */

/* A number that is often nearly right. */
static uint64_t tempting(void)
{
    switch (random_next() % 6) {
    case 0:
        return ipc_head(victim) + random_next() % 12;
    case 1:
        return ipc_head(victim) - random_next() % 12;
    case 2:
        return ipc_head(victim) + victim->mask + random_next() % 3;
    case 3:
        return random_next() % 256;
    case 4:
        return ~0ull - random_next() % 4;
    default:
        return random_next();
    }
}

/* An id that may well be in flight, with any label, priority and flags. */
static uint64_t tempting_header(void)
{
    uint64_t id = random_next() % (2ull * (victim->mask + 1));

    if (!victim->is_server && random_next() % 2)
        id = victim->requests[id & victim->mask].id;
    return (random_next() & ~0xffffffffull) | (uint32_t)id;
}

static void corrupt(void)
{
    struct ipc_channel *channel = victim->channel;
    uint64_t words = ipc_channel_bytes(victim->mask + 1) / 8;
    struct ipc_producer *from = victim->is_server ? &channel->calls : &channel->replies;
    struct ipc_consumer *reader =
        victim->is_server ? &channel->reply_reader : &channel->call_reader;

    switch (subtle ? 2 + random_next() % 6 : random_next() % 8) {
    case 0:
        ((uint64_t *)channel)[random_next() % words] = tempting();
        break;
    case 1:
        from->tail = tempting();
        break;
    case 2:
        from->urgent = tempting();
        break;
    case 3:
        reader->wait = tempting();
        break;
    case 4:
        reader->head = tempting();
        break;
    case 5:
        from->tail = ipc_head(victim) + 1 + random_next() % (victim->mask + 1);
        break;
    default:
        for (unsigned i = 0; i <= victim->mask; i++)
            victim->in[i] = subtle
                                ? random_next() % 64 << MESSAGE_PRIORITY_SHIFT |
                                      (ipc_head(victim) - ipc_tail(victim) + i) % (victim->mask + 1)
                                : tempting_header();
        break;
    }
}

static void corrupt_sometimes(void)
{
    if (random_next() % 3 == 0)
        corrupt();
}

/* One thing that a hostile process may do: write, ring, or deliver. */
static void attack(unsigned process)
{
    corrupt();
    if (random_next() % 2)
        machine_wake(&processes[process], 0, (unsigned)(random_next() % 64));
    if (random_next() % 4 == 0 && processes[process].idle) {
        processes[process].idle = false;
        processes[process].pending = (unsigned)(random_next() % 64);
        processes[process].event = EVENT_MESSAGE;
        processes[process].header = tempting_header();
    }
    machine_run();
}

static void test_hostile_client(void **state)
{
    unsigned died = 0, served = 0;

    (void)state;
    random_seed("hostile_client");
    for (unsigned round = 0; round < 400; round++) {
        subtle = round % 2;
        machine_reset();
        machine_channel(0, 1, 4u << random_next() % 4, 0, (unsigned)(random_next() % 20));
        machine_channel(2, 1, 8, 0, 0);
        machine_start();
        processes[0].slots[0].wake = NULL; /* it does not run our code */
        machine_as(1);
        victim = machine_end(1, 0);
        echo_start(0, victim, 20);
        echo_start(1, machine_end(1, 1), 20);
        on_system_call = corrupt_sometimes;
        refuse_rate = (unsigned)(random_next() % 257);
        machine_run();
        for (unsigned step = 0; step < 60; step++) {
            if (step % 20 == 0) {
                machine_as(2);
                for (unsigned i = 0; i < 10; i++)
                    caller_start(i, machine_end(2, 0), 3, 10);
            }
            attack(1);
            if (step % 20 == 19) {
                for (unsigned i = 0; i < 10; i++) {
                    assert_int_equal(callers[i].answered, 3);
                    assert_int_equal(callers[i].wrong, 0);
                }
            }
        }
        died += victim->dead;
        served += echoes[0].count;
        if (victim->dead) {
            assert_int_equal(echoes[0].last, E_PEER_DEAD);
        }
        machine_stop();
    }
    print_message("%u of 400 hostile clients were dropped, %u of their calls served\n", died,
                  served);
    assert_true(died > 0 && died < 400);
}

static void test_hostile_server(void **state)
{
    unsigned died = 0, answered = 0;

    (void)state;
    random_seed("hostile_server");
    for (unsigned round = 0; round < 400; round++) {
        subtle = round % 2;
        machine_reset();
        machine_channel(0, 1, 4u << random_next() % 4, 0, 0);
        machine_channel(0, 2, 8, 0, 0);
        machine_start();
        processes[1].slots[0].wake = NULL;
        processes[1].slots[0].message = NULL;
        victim = machine_end(0, 0);
        machine_as(2);
        echo_start(0, machine_end(2, 0), 20);
        on_system_call = corrupt_sometimes;
        refuse_rate = (unsigned)(random_next() % 257);
        machine_run();
        machine_as(0);
        for (unsigned i = 0; i < 20; i++)
            caller_start(i, victim, 50, (unsigned)(random_next() % 64));
        for (unsigned i = 20; i < 30; i++)
            caller_start(i, machine_end(0, 1), 20, 10);
        machine_run();
        for (unsigned step = 0; step < 60; step++) {
            if (random_next() % 8 == 0) {
                machine_as(0);
                (void)!co_cancel(callers[random_next() % 20].cid);
            }
            attack(0);
        }
        died += victim->dead;
        machine_as(0);
        ipc_end_kill(victim);
        machine_run();
        for (unsigned i = 0; i < 20; i++) {
            assert_int_equal(callers[i].co.status, CO_EXITED);
            answered += callers[i].answered;
        }
        for (unsigned i = 20; i < 30; i++) {
            assert_int_equal(callers[i].answered, 20);
            assert_int_equal(callers[i].wrong, 0);
        }
        machine_stop();
    }
    print_message("%u of 400 hostile servers were dropped, %u calls got an answer\n", died,
                  answered);
    assert_true(died > 0 && died < 400 && answered > 0);
}

/* Each way to break the protocol that is noticed is named in the log. */
static void test_named(void **state)
{
    (void)state;
    machine_reset();
    machine_channel(0, 1, 4, 0, 0);
    machine_start();
    machine_as(1);
    echo_start(0, machine_end(1, 0), 20);
    machine_run();
    machine_end(1, 0)->channel->calls.tail = 5;
    machine_wake(&processes[1], 0, 10);
    machine_run();
    assert_true(machine_end(1, 0)->dead);
    assert_string_equal(last_log, "channel channel-0 dropped: peer broke the protocol: "
                                  "more calls than the ring holds");
    machine_end(0, 0)->channel->replies.tail = 5;
    machine_wake(&processes[0], 0, 10);
    machine_run();
    assert_true(machine_end(0, 0)->dead);
    assert_string_equal(last_log, "channel channel-0 dropped: peer broke the protocol: "
                                  "more replies than requests");
    machine_stop();
}

/* Calls in registers to a server that does not receive yet are kept, but no more than there can be
 * requests. */
static void test_early(void **state)
{
    static const uint64_t words[6] = {5, 6, 7, 8, 9, 10};

    (void)state;
    machine_reset();
    machine_channel(0, 1, 4, 0, 0);
    machine_start();
    for (unsigned i = 0; i < 6; i++) {
        processes[1].idle = false;
        processes[1].pending = 10;
        processes[1].event = EVENT_MESSAGE;
        processes[1].header = i | 10ull << MESSAGE_PRIORITY_SHIFT;
        memcpy(processes[1].word, words, sizeof words);
        machine_run();
        assert_int_equal(processes[1].lines, i > 3);
    }
    assert_string_equal(processes[1].log, "channel channel-0: peer sent more calls in registers "
                                          "than it has requests (said once)");
    machine_as(1);
    echo_start(0, machine_end(1, 0), 20);
    machine_run();
    assert_int_equal(echoes[0].count, 4);
    assert_int_equal(echoes[0].order[0], 5);
    assert_int_equal(ipc_in_flight(machine_end(1, 0)), 0);
    assert_false(machine_end(1, 0)->dead);
    machine_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_client),
        cmocka_unit_test(test_hostile_server),
        cmocka_unit_test(test_named),
        cmocka_unit_test(test_early),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    without_copies = true;
    failed += cmocka_run_group_tests(tests, NULL, NULL);
    at_a_stretch = true;
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
