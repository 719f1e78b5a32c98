/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls between honest processes: registers, ring, doorbells, back-pressure, cancel, death. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "programs.h"

static void start(unsigned depth)
{
    machine_reset();
    machine_channel(0, 1, depth, 8192, 4);
    machine_start();
    machine_as(1);
    echo_start(0, machine_end(1, 0), 20);
    machine_run(); /* it waits now */
    memset(&counters, 0, sizeof counters);
}

/* Callers 0..n-1, all with the same work. */
static void start_callers(unsigned n, unsigned calls)
{
    machine_as(0);
    for (unsigned i = 0; i < n; i++)
        caller_start(i, machine_end(0, 0), calls, 10);
}

static void check_callers(unsigned n, unsigned calls)
{
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(callers[i].wrong, 0);
        assert_int_equal(callers[i].answered, calls);
        assert_int_equal(callers[i].co.status, CO_EXITED);
    }
    assert_int_equal(ipc_in_flight(machine_end(0, 0)), 0);
}

/* One in flight: both messages in registers, no doorbell, no ring. */
static void test_registers(void **state)
{
    (void)state;
    start(8);
    start_callers(1, 5);
    machine_run();
    check_callers(1, 5);
    assert_int_equal(counters.delivered, 10);
    assert_int_equal(counters.doorbells, 0);
    assert_int_equal(counters.refused, 0);
    assert_int_equal(machine_end(0, 0)->channel->calls.tail, 0);
    assert_int_equal(echoes[0].count, 5);
    assert_int_equal(echoes[0].priority[0], 10);
    machine_stop();
}

/* The kernel refuses: ring and one doorbell each way, with the yield. */
static void test_refused(void **state)
{
    (void)state;
    start(8);
    refuse_rate = 256;
    start_callers(1, 5);
    machine_run();
    check_callers(1, 5);
    assert_int_equal(counters.delivered, 0);
    assert_int_equal(counters.doorbells, 10);
    assert_int_equal(counters.last_priority, 10);
    assert_int_equal(machine_end(0, 0)->channel->calls.tail, 5);
    machine_stop();
}

/* 32 in flight: one doorbell each way for all of them. */
static void test_batch(void **state)
{
    (void)state;
    start(32);
    start_callers(32, 1);
    machine_run();
    check_callers(32, 1);
    assert_int_equal(counters.doorbells, 2);
    assert_int_equal(counters.delivered, 0);
    for (unsigned i = 0; i < 32; i++)
        assert_int_equal(echoes[0].order[i], i * 10000000ull + 1000);
    machine_stop();
}

/* After a burst, who calls alone finds back to registers. */
static void test_back_to_registers(void **state)
{
    (void)state;
    start(8);
    machine_as(0);
    caller_start(0, machine_end(0, 0), 10, 10);
    caller_start(1, machine_end(0, 0), 1, 10);
    machine_run();
    assert_int_equal(callers[0].answered, 10);
    assert_int_equal(callers[1].answered, 1);
    assert_true(counters.delivered >= 16);
    assert_true(counters.doorbells <= 4);
    machine_stop();
}

/* More callers than the ring holds: each gets its turn, in order. */
static void test_back_pressure(void **state)
{
    (void)state;
    start(4);
    start_callers(50, 3);
    machine_run();
    check_callers(50, 3);
    assert_int_equal(echoes[0].count, 150);
    /* Those that keep a request call again before the others have their turn. */
    for (unsigned i = 0; i < 50 && !without_copies; i++)
        assert_int_equal(echoes[0].order[i], i * 10000000ull + 1000);
    machine_stop();
}

/* Many rounds with random refusals: every call answered exactly once. */
static void test_exactly_once(void **state)
{
    (void)state;
    random_seed("exactly_once");
    for (unsigned round = 0; round < 200; round++) {
        unsigned n = 1 + (unsigned)(random_next() % 40);
        unsigned calls = 1 + (unsigned)(random_next() % 50);

        start(4u << random_next() % 5);
        refuse_rate = (unsigned)(random_next() % 257);
        start_callers(n, calls);
        machine_run();
        check_callers(n, calls);
        assert_int_equal(echoes[0].count, n * calls);
        assert_int_equal(ipc_in_flight(machine_end(1, 0)), 0);
        assert_int_equal(machine_end(0, 0)->odd, 0);
        machine_stop();
    }
}

/* A server that takes all calls before it answers, in its own order. */
static struct hoard {
    struct co co;
    struct ipc_end *end;
    struct ipc_message message[32];
    unsigned count, wanted;
    long n;
} hoard;

static CO_BODY enum co_state hoard_body(struct co *co)
{
    struct hoard *h = co_frame(struct hoard, co);

    co_begin(co);
    while (h->count < h->wanted) {
        co_await(h->n, ipc_receive(co, h->end, &h->message[h->count]));
        if (h->n < 0)
            co_return(h->n);
        h->count++;
    }
    co_return(0);
}

static void start_hoard(unsigned depth, unsigned wanted)
{
    machine_reset();
    machine_channel(0, 1, depth, 4096, 0);
    machine_start();
    machine_as(1);
    hoard = (struct hoard){.end = machine_end(1, 0), .wanted = wanted};
    co_spawn(&hoard.co, hoard_body, 20, NULL);
    machine_run();
}

/* Answer the i-th call that was hoarded. */
static enum error answer_hoarded(unsigned i)
{
    machine_as(1);
    answer(&hoard.message[i]);
    return ipc_reply(hoard.end, &hoard.message[i]);
}

static void flush_server(void)
{
    machine_as(1);
    processes[1].line.bitmap |= 1ull << 63; /* not about to go idle */
    ipc_flush(&processes[1].executor);
    processes[1].line.bitmap = 0;
}

static void test_any_order(void **state)
{
    (void)state;
    start_hoard(8, 8);
    start_callers(8, 1);
    machine_run();
    assert_int_equal(hoard.count, 8);
    assert_int_equal(ipc_in_flight(hoard.end), 8);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(answer_hoarded(i * 5 % 8), E_OK);
    assert_int_equal(answer_hoarded(3), E_STALE);
    flush_server();
    machine_run();
    check_callers(8, 1);
    machine_stop();
}

/* A cancelled call ends at once; its late reply disturbs nobody, and its row is used again. */
static void test_cancel(void **state)
{
    (void)state;
    start_hoard(4, 5);
    start_callers(6, 1); /* 4 in flight, 2 wait for a row */
    machine_run();
    machine_as(0);
    assert_int_equal(co_cancel(callers[1].cid), E_OK);
    assert_int_equal(co_cancel(callers[5].cid), E_OK);
    machine_run();
    assert_int_equal(callers[1].last, E_CANCELLED);
    assert_int_equal(callers[5].last, E_CANCELLED);
    assert_int_equal(ipc_in_flight(machine_end(0, 0)), 4);
    assert_int_equal(answer_hoarded(1), E_OK); /* the late reply: caller 4 gets its row */
    flush_server();
    machine_run();
    assert_int_equal(hoard.count, 5);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(answer_hoarded(i), i == 1 ? E_STALE : E_OK);
    flush_server();
    machine_run();
    for (unsigned i = 0; i < 5; i++) {
        if (i != 1)
            assert_int_equal(callers[i].answered, 1);
        assert_int_equal(callers[i].wrong, 0);
    }
    assert_int_equal(ipc_in_flight(machine_end(0, 0)), 0);
    machine_stop();
}

static void deliver(uint64_t id, uint64_t priority)
{
    assert_null(ipc_server_message(id + 1, 2, 3, 4, 5, 6, id | priority << MESSAGE_PRIORITY_SHIFT,
                                   &processes[1].slots[0]));
}

/* Callers that keep a request; the first that goes on does something while the replies to the
 * others are in the ring. */
enum at_once { NOTHING, NEST, KILL, CANCEL, WAKE_BETTER };
struct resumed {
    struct co co;
    struct ipc_request *request;
    enum at_once what;
    unsigned at; /* how many had gone on before */
    long last;
    cid_t cid;
};
static struct resumed resumed[8];
static struct co better;
static cid_t better_cid;
static unsigned gone_on, better_at;

static void act(enum at_once what)
{
    if (what == NEST)
        co_run(true);
    if (what == KILL)
        ipc_end_kill(machine_end(0, 0));
    if (what == CANCEL)
        (void)!co_cancel(resumed[5].cid);
    if (what == WAKE_BETTER)
        (void)!co_wake(better_cid);
}

static CO_BODY enum co_state resumed_body(struct co *co)
{
    struct resumed *r = co_frame(struct resumed, co);

    co_begin(co);
    ipc_await_call_six(r->last, r->request, 1, 2, 3, 4, 5, 6);
    r->at = gone_on++;
    act(r->what);
    co_return(0);
}

static CO_BODY enum co_state better_body(struct co *co)
{
    long n;

    co_begin(co);
    co_await(n, co_park(co));
    better_at = gone_on++;
    co_return(n);
}

static void resume_with(enum at_once what)
{
    start(8);
    machine_as(0);
    gone_on = better_at = 0;
    if (what == WAKE_BETTER)
        better_cid = co_spawn(&better, better_body, 5, NULL);
    for (unsigned i = 0; i < 8; i++) {
        resumed[i] = (struct resumed){.request = ipc_request_take(machine_end(0, 0), 7)};
        resumed[i].what = i == 0 ? what : NOTHING;
        resumed[i].cid = co_spawn(&resumed[i].co, resumed_body, 10, NULL);
    }
    machine_run();
    assert_int_equal(processes[0].executor.live, 0);
    assert_int_equal(gone_on, what == WAKE_BETTER ? 9 : 8);
    assert_int_equal(ipc_in_flight(machine_end(0, 0)), 0);
}

/* Those whose replies are in the ring go on straight from there, and lose nothing by what the first
 * of them does: run a loop of its own, kill the end, cancel one of them, wake a better one. */
static void test_resumed(void **state)
{
    (void)state;
    for (enum at_once what = NOTHING; what <= WAKE_BETTER; what++) {
        resume_with(what);
        for (unsigned i = 0; i < 8; i++) {
            long last = what == KILL && i > 0 ? E_PEER_DEAD : 0;

            assert_int_equal(resumed[i].last, what == CANCEL && i == 5 ? E_CANCELLED : last);
            if (what == NOTHING)
                assert_int_equal(resumed[i].at, i);
        }
        assert_int_equal(better_at, what == WAKE_BETTER ? 1 : 0);
        assert_int_equal(counters.doorbells, 2);
        machine_stop();
    }
}

/* What the server writes resumes nobody but those who wait for it: an id of another time, and one
 * that is answered already, are dropped; a header with an id and nothing else right is an answer.
 */
static void test_resumed_by_others(void **state)
{
    struct ipc_channel *channel;
    uint64_t *calls, *replies;

    (void)state;
    start(8);
    processes[1].stopped = true;
    machine_as(0);
    gone_on = 0;
    for (unsigned i = 0; i < 2; i++) {
        resumed[i] = (struct resumed){.request = ipc_request_take(machine_end(0, 0), 7)};
        resumed[i].cid = co_spawn(&resumed[i].co, resumed_body, 10, NULL);
    }
    machine_run();
    channel = machine_end(0, 0)->channel;
    calls = ipc_ring(channel, 8, true);
    replies = ipc_ring(channel, 8, false);
    replies[0] = calls[0] + 8;
    replies[1] = calls[1];
    replies[2] = calls[1];
    replies[3] = (uint32_t)calls[0];
    for (unsigned tail = 1; tail <= 4; tail++) {
        channel->replies.tail = tail;
        machine_ring(&processes[0], 0, 10);
        machine_run();
        assert_int_equal(gone_on, tail / 2); /* the second and the fourth */
        assert_int_equal(machine_end(0, 0)->odd, (tail + 1) / 2);
    }
    assert_int_equal(resumed[0].at, 1);
    machine_stop();
}

/* The receiver is cancelled; messages that come in registers all the same are kept in order, as
 * many as there can be requests. */
static void test_kept(void **state)
{
    struct ipc_end *end;

    (void)state;
    start(8);
    end = machine_end(1, 0);
    machine_as(1);
    assert_int_equal(co_cancel(co_cid(&echoes[0].co)), E_OK);
    machine_run();
    assert_int_equal(echoes[0].last, E_CANCELLED);
    assert_false(ipc_is_asleep(end->wait));
    machine_as(1);
    for (uint64_t id = 0; id < 9; id++)
        deliver(id, 10 + id);
    assert_int_equal(end->kept_count, 8);
    assert_int_equal((uint8_t)end->wait, 10);
    echo_start(0, end, 20);
    machine_run();
    assert_int_equal(echoes[0].count, 8);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(echoes[0].order[i], i + 1);
        assert_int_equal(echoes[0].priority[i], 10 + i);
    }
    machine_stop();
}

/* A call comes in registers while another one is served that came so: the work on that goes on at
 * the better priority, and the client is told that the server is awake. */
static void test_kept_at_work(void **state)
{
    struct ipc_end *end;
    struct co *co;

    (void)state;
    start(8);
    end = machine_end(1, 0);
    machine_as(1);
    co = ipc_server_message(1, 2, 3, 4, 5, 6, 20ull << MESSAGE_PRIORITY_SHIFT,
                            &processes[1].slots[0]);
    assert_ptr_equal(co, &echoes[0].co);
    assert_int_equal(end->quiet, 20);
    assert_true(ipc_is_asleep(end->channel->call_reader.wait));
    deliver(1, 12);
    assert_int_equal(co->priority, 12);
    assert_int_equal(end->quiet, IPC_LOUD);
    assert_int_equal((uint8_t)end->channel->call_reader.wait, 12);
    machine_stop();
}

/* The same, by the ring: the doorbell must lead to a new word, or the client would never ring
 * again. */
static void test_rung_at_work(void **state)
{
    struct ipc_end *end;
    uint64_t wait;

    (void)state;
    start(8);
    end = machine_end(1, 0);
    machine_as(1);
    wait = end->channel->call_reader.wait;
    assert_non_null(ipc_server_message(1, 2, 3, 4, 5, 6, 20ull << MESSAGE_PRIORITY_SHIFT,
                                       &processes[1].slots[0]));
    assert_true(end->channel->call_reader.wait == wait);
    ipc_server_wake(&processes[1].slots[0]);
    assert_true(end->channel->call_reader.wait != wait);
    assert_int_equal((uint8_t)end->channel->call_reader.wait, 20);
    machine_stop();
}

/* The peer is gone: every await ends, now and later. */
static void test_peer_death(void **state)
{
    (void)state;
    start(4);
    processes[1].dead = true;
    start_callers(8, 3);
    machine_run();
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(callers[i].last, E_PEER_DEAD);
        assert_int_equal(callers[i].co.status, CO_EXITED);
    }
    start_callers(1, 1); /* one alone goes by registers */
    machine_run();
    assert_int_equal(callers[0].last, E_PEER_DEAD);
    machine_stop();

    start(4);
    processes[1].dead = true;
    start_callers(1, 1);
    machine_run();
    assert_int_equal(callers[0].last, E_PEER_DEAD);
    machine_stop();
}

/* Root tears a channel down: both ends end quietly. */
static void test_teardown(void **state)
{
    struct ipc_channel *channel;

    (void)state;
    start_hoard(4, 4);
    start_callers(3, 1);
    machine_run();
    channel = hoard.end->channel;
    channel->calls.tail = channel->replies.tail = IPC_TAIL_DEAD;
    machine_wake(&processes[0], 0, 0);
    machine_wake(&processes[1], 0, 0);
    machine_run();
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(callers[i].last, E_PEER_DEAD);
    assert_int_equal(hoard.n, E_PEER_DEAD);
    machine_as(1);
    assert_int_equal(ipc_reply(hoard.end, &hoard.message[0]), E_PEER_DEAD);
    assert_string_equal(last_log, "");
    machine_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registers),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_batch),
        cmocka_unit_test(test_back_pressure),
        cmocka_unit_test(test_back_to_registers),
        cmocka_unit_test(test_exactly_once),
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_resumed),
        cmocka_unit_test(test_resumed_by_others),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_kept_at_work),
        cmocka_unit_test(test_rung_at_work),
        cmocka_unit_test(test_peer_death),
        cmocka_unit_test(test_teardown),
    };

    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    without_copies = true;
    failed += cmocka_run_group_tests(tests, NULL, NULL);
    at_a_stretch = true;
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
