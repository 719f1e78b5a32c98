/* SPDX-License-Identifier: BSD-2-Clause */
/* Deadlines of blocking operations. Nothing here says how late they end, only that they do, and
 * never early. */
#include "sync.h"

/* Thread n ends, not before the tick. */
static void check_late(unsigned n, uint64_t tick)
{
    suite_sleep_until(&SHARED->request[n].done);
    CHECK(ticks_now() >= tick);
}

static uint64_t soon(void)
{
    return ticks_now() + ticks_ms(4);
}

CASE(timeout, call_that_nobody_receives)
{
    uint64_t tick;

    begin(2);
    tick = soon();
    until(1, tick);
    call(1, r, 10);
    check_late(1, tick);
    check_error(1, E_TIMEOUT);
    receive(2, r, p);
    CHECK(!thread_done(2));
}

CASE(timeout, call_that_is_not_answered)
{
    uint64_t tick;

    begin(2);
    receive(1, r, p);
    tick = soon();
    until(2, tick);
    call(2, r, 10);
    check_got(1, 10, 0);
    check_late(2, tick);
    check_error(2, E_TIMEOUT);
    answer(1, p, 5, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_STATE);
    receive(1, r, p);
    call(2, r, 20);
    answer(1, p, 30, 0);
    check_got(2, 30, 0);
}

CASE(timeout, receive)
{
    uint64_t tick;

    begin(2);
    tick = soon();
    until(1, tick);
    receive(1, r, p);
    check_late(1, tick);
    check_error(1, E_TIMEOUT);
    receive(2, r, p); /* the Reply is free */
    CHECK(!thread_done(2));
    call(1, r, 10);
    check_got(2, 10, 0);
}

CASE(timeout, reply_receive_answers_first)
{
    uint64_t tick;

    begin(2);
    receive(1, r, p);
    call(2, r, 10);
    tick = soon();
    until(1, tick);
    reply_receive(1, r, p, 100);
    check_got(2, 100, 0);
    check_late(1, tick);
    check_error(1, E_TIMEOUT);
}

CASE(timeout, send)
{
    uint64_t tick;

    begin(2);
    tick = soon();
    until(1, tick);
    send(1, r, 10, 0);
    check_late(1, tick);
    check_error(1, E_TIMEOUT);
    receive(2, r, p);
    CHECK(!thread_done(2));
}

CASE(timeout, wait_and_the_wake_that_comes_later)
{
    uint32_t endpoint;
    uint64_t tick;

    begin(1);
    endpoint = make(OBJECT_ENDPOINT, 0);
    CHECK_OK(sys_process_bind(pool.process, endpoint, 20, 0));
    tick = soon();
    until(1, tick);
    wait_slot(1, 20);
    check_late(1, tick);
    CHECK_EQ(SHARED->request[1].x[0], E_TIMEOUT);
    CHECK_OK(sys_doorbell(endpoint, WORSE));
    wait_slot(1, 20);
    CHECK(thread_done(1));
    CHECK_EQ(SHARED->request[1].x[0], E_OK);
}

CASE(timeout, in_the_past)
{
    begin(2);
    until(1, 1);
    call(1, r, 10);
    check_late(1, 0);
    check_error(1, E_TIMEOUT);
    until(2, ticks_now());
    receive(2, r, p);
    check_late(2, 0);
    check_error(2, E_TIMEOUT);
}

CASE(timeout, what_need_not_block_is_done)
{
    begin(3);
    receive(1, r, p);
    until(2, 1);
    send(2, r, 10, 0);
    check_error(2, E_OK);
    check_words_flags(1, 10, 0, IPC_ONE_WAY);
    call(3, r, 30);
    until(1, 1);
    receive(1, r, p);
    check_got(1, 30, 0);
}

CASE(timeout, met_in_time)
{
    uint64_t tick, ms = 100;

    begin(2);
    do { /* a busy host may need more time to get there */
        ms *= 2;
        tick = ticks_now() + ticks_ms(ms);
        until(2, tick);
        call(2, r, 10);
    } while (thread_done(2) && ms < 5000);
    receive(1, r, p);
    answer(1, p, 20, 0);
    check_got(2, 20, 0);
    call(2, r, 30); /* without a deadline */
    while (ticks_now() < tick)
        suite_sleep(ticks_ms(5));
    run_children();
    CHECK(!thread_done(2));
}

CASE(timeout, round_trips_under_a_deadline)
{
    begin(2);
    until(1, ticks_now() + ticks_ms(1000000));
    receive(1, r, p);
    for (uint64_t i = 0; i < 100; i++) {
        until(2, ticks_now() + ticks_ms(1000000));
        call(2, r, i);
        check_got(1, i, 0);
        until(1, ticks_now() + ticks_ms(1000000));
        reply_receive(1, r, p, ~i - 10);
        check_got(2, ~i - 10, 0);
    }
}

CASE(timeout, many_at_once)
{
    uint64_t tick;

    begin(7);
    tick = ticks_now() + ticks_ms(20);
    for (unsigned i = 0; i < 30; i++)
        CHECK_OK(sys_timer_set(suite_timer(64 + i), tick, SUITE_PRIORITY));
    for (unsigned n = 1; n <= 7; n++) {
        until(n, tick);
        if (n % 2)
            call(n, r, n);
        else
            wait_slot(n, 100 + n);
    }
    for (unsigned n = 1; n <= 7; n++)
        check_late(n, tick);
    for (unsigned i = 0; i < 30; i++) {
        while (!wake_taken(64 + i))
            suite_yield(NULL);
    }
}

/* What must be over before a deadline, which `steps` sets so many milliseconds from when it is
 * ready to begin. On a busy host it may come too late: then all is done again, with more time. */
static void before_deadline(uint64_t (*steps)(uint64_t ms))
{
    for (uint64_t ms = 50;; ms *= 2) {
        uint64_t tick = steps(ms);

        if (ticks_now() < tick) {
            suite_sleep(tick - ticks_now() + ticks_ms(2));
            return;
        }
        CHECK(ms < 10000);
        objects_close();
        objects_begin();
    }
}

static uint64_t two_wait(uint64_t ms)
{
    uint64_t tick;

    begin(3);
    tick = ticks_now() + ticks_ms(ms);
    until(1, tick);
    call(1, r, 10);
    until(2, tick);
    wait_slot(2, 50);
    return tick;
}

static uint64_t deletes_threads(uint64_t ms)
{
    uint64_t tick = two_wait(ms);

    delete (threads[1]);
    CHECK_OK(sys_thread_stop(threads[2]));
    return tick;
}

CASE(timeout, thread_deleted_before)
{
    before_deadline(deletes_threads);
    receive(3, r, p);
    CHECK(!thread_done(1) && !thread_done(2) && !thread_done(3));
}

static uint64_t deletes_process(uint64_t ms)
{
    uint64_t tick = two_wait(ms);

    delete (pool.process);
    return tick;
}

CASE(timeout, process_deleted_before)
{
    before_deadline(deletes_process);
    CHECK(!thread_done(1) && !thread_done(2));
}

/* In the place of thread 3, so that it has a deadline and a rendezvous. */
static uint64_t revokes_memory(uint64_t ms)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 12), thread = make_from(untyped, OBJECT_THREAD, 0);
    uint64_t tick;

    begin(0);
    SHARED->word[3] = r;
    SHARED->word[4] = 0;
    tick = ticks_now() + ticks_ms(ms);
    CHECK_OK(sys_thread_configure(thread, pool.process, (uint64_t)thread_call_late, STACKS + 4096,
                                  0, tick, WORSE));
    CHECK_OK(sys_thread_start(thread));
    run_children();
    revoke(untyped);
    make_from(untyped, OBJECT_FRAME, 12);
    return tick;
}

CASE(timeout, memory_revoked_before)
{
    before_deadline(revokes_memory);
    CHECK_EQ(SHARED->word[4], 0);
}

CASE(timeout, suspended_before)
{
    uint64_t ms = 5;

    begin(1);
    do { /* a busy host may need more time to get there */
        ms *= 2;
        until(1, ticks_now() + ticks_ms(ms));
        call(1, r, 10);
        CHECK_OK(sys_thread_suspend(threads[1]));
        if (thread_done(1))
            CHECK_OK(sys_thread_resume(threads[1]));
    } while (thread_done(1) && ms < 5000);
    suite_sleep(ticks_ms(ms + 2));
    CHECK(!thread_done(1));
    CHECK_OK(sys_thread_resume(threads[1]));
    run_children();
    check_error(1, E_CANCELLED);
}

CASE(timeout, threads_only)
{
    CHECK_EQ(sys_thread_deadline(5), E_STATE);
}
