/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers. Nothing here says how late a wake may be, only that it comes, and never early. */
#include "suite.h"

static void wait_for(unsigned slot)
{
    while (!wake_taken(slot))
        suite_yield(NULL);
}

CASE(timer, in_the_future)
{
    uint64_t deadline = ticks_now() + ticks_ms(3);

    CHECK_OK(sys_timer_set(suite_timer(66), deadline, SUITE_PRIORITY));
    wait_for(66);
    CHECK(ticks_now() >= deadline);
}

CASE(timer, in_the_past)
{
    CHECK_OK(sys_timer_set(suite_timer(66), 0, SUITE_PRIORITY));
    wait_for(66);
    CHECK_OK(sys_timer_set(suite_timer(67), ticks_now() - 1, SUITE_PRIORITY));
    wait_for(67);
}

CASE(timer, now)
{
    CHECK_OK(sys_timer_set(suite_timer(66), ticks_now(), SUITE_PRIORITY));
    wait_for(66);
}

CASE(timer, fires_once)
{
    CHECK_OK(sys_timer_set(suite_timer(66), ticks_now() + 10, SUITE_PRIORITY));
    wait_for(66);
    suite_sleep(ticks_ms(2));
    CHECK(!wake_taken(66));
}

/* What is done before a deadline is tried again with a later one, should the host have been too
 * slow for it. */
#define FIRST_TRY 30u
#define LAST_TRY  5000u

CASE(timer, moved_later)
{
    uint32_t timer = suite_timer(66);
    uint64_t first, deadline, ms = FIRST_TRY / 2;

    do {
        ms *= 2;
        wakes_clear();
        first = ticks_now() + ticks_ms(ms);
        deadline = first + ticks_ms(5);
        CHECK_OK(sys_timer_set(timer, first, SUITE_PRIORITY));
        CHECK_OK(sys_timer_set(timer, deadline, SUITE_PRIORITY));
    } while (ticks_now() >= first && ms < LAST_TRY);
    wait_for(66);
    CHECK(ticks_now() >= deadline);
    suite_sleep(ticks_ms(1));
    CHECK(!wake_taken(66));
}

CASE(timer, moved_earlier)
{
    uint32_t timer = suite_timer(66), far = suite_timer(67);

    CHECK_OK(sys_timer_set(far, ticks_now() + ticks_ms(1000000), SUITE_PRIORITY));
    CHECK_OK(sys_timer_set(timer, ticks_now() + ticks_ms(500000), SUITE_PRIORITY));
    CHECK_OK(sys_timer_set(timer, ticks_now() + ticks_ms(1), SUITE_PRIORITY));
    wait_for(66);
    CHECK(!wake_taken(67));
}

CASE(timer, cancelled)
{
    uint32_t timer = suite_timer(66);
    uint64_t deadline, ms = FIRST_TRY / 2;

    do {
        ms *= 2;
        wakes_clear();
        deadline = ticks_now() + ticks_ms(ms);
        CHECK_OK(sys_timer_set(timer, deadline, SUITE_PRIORITY));
        CHECK_OK(sys_timer_set(timer, ~0ull, SUITE_PRIORITY));
    } while (ticks_now() >= deadline && ms < LAST_TRY);
    suite_sleep(ticks_ms(ms + 5));
    CHECK(!wake_taken(66));
}

CASE(timer, deleted)
{
    uint64_t deadline, ms = FIRST_TRY / 2;

    do {
        uint32_t timer = suite_timer(66);

        ms *= 2;
        wakes_clear();
        deadline = ticks_now() + ticks_ms(ms);
        CHECK_OK(sys_timer_set(timer, deadline, SUITE_PRIORITY));
        delete (timer);
    } while (ticks_now() >= deadline && ms < LAST_TRY);
    suite_sleep(ticks_ms(ms + 5));
    CHECK(!wake_taken(66));
}

CASE(timer, many_fire_all)
{
    uint64_t now = ticks_now();

    for (unsigned i = 0; i < 64; i++)
        CHECK_OK(sys_timer_set(suite_timer(64 + i), now + (i * 37 % 64) * 100, SUITE_PRIORITY));
    for (unsigned i = 0; i < 64; i++)
        wait_for(64 + i);
}

CASE(timer, deadlines_in_order)
{
    uint64_t now = ticks_now();

    CHECK_OK(sys_timer_set(suite_timer(66), now + ticks_ms(8), SUITE_PRIORITY));
    CHECK_OK(sys_timer_set(suite_timer(67), now + ticks_ms(2), SUITE_PRIORITY));
    CHECK_OK(sys_timer_set(suite_timer(68), now + ticks_ms(5), SUITE_PRIORITY));
    wait_for(66);
    CHECK(wake_taken(67) && wake_taken(68));
}

CASE(timer, refuses)
{
    uint32_t timer = make(OBJECT_TIMER, 0);

    CHECK_EQ(sys_timer_set(timer, 0, SUITE_PRIORITY), E_STATE);
    CHECK_OK(sys_process_bind(ROOT_PROCESS, timer, 66, 0));
    CHECK_EQ(sys_process_bind(ROOT_PROCESS, timer, 67, 0), E_IN_USE);
    CHECK_EQ(sys_timer_set(timer, 0, PRIORITY_COUNT), E_BAD_ARGUMENT);
    CHECK_EQ(wake_summary(), 0);
}

CASE(timer, of_a_dead_process)
{
    static struct child child;
    uint32_t timer = make(OBJECT_TIMER, 0);

    child_run(&child, child_idle, 0);
    CHECK_OK(sys_process_bind(child.process, timer, 9, 0));
    CHECK_OK(sys_timer_set(timer, ticks_now() + ticks_ms(2), WORSE));
    delete (child.process);
    CHECK_EQ(sys_timer_set(timer, 0, SUITE_PRIORITY), E_STATE);
    suite_sleep(ticks_ms(5));
}

CASE(timer, wakes_a_thread)
{
    static struct child child;
    uint64_t words[6] = {20};
    uint32_t timer = make(OBJECT_TIMER, 0);

    child_make(&child, 0);
    CHECK_OK(sys_process_bind(child.process, timer, 20, 0));
    thread_make(&child, 1, WORSE);
    thread_call(&child, 1, SYS_THREAD_WAIT, 0, words, 0);
    CHECK_OK(sys_timer_set(timer, ticks_now() + 1, WORSE));
    suite_sleep_until(&SHARED->request[1].done);
}

CASE(timer, memory_revoked_while_set)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 12);
    uint64_t deadline, ms = FIRST_TRY / 2;

    do {
        ms *= 2;
        wakes_clear();
        deadline = ticks_now() + ticks_ms(ms);
        for (unsigned i = 0; i < 8; i++) {
            uint32_t timer = make_from(untyped, OBJECT_TIMER, 0);

            CHECK_OK(sys_process_bind(ROOT_PROCESS, timer, 64 + i, 0));
            CHECK_OK(sys_timer_set(timer, deadline + ticks_ms(i % 2), SUITE_PRIORITY));
        }
        revoke(untyped);
    } while (ticks_now() >= deadline && ms < LAST_TRY);
    make_from(untyped, OBJECT_FRAME, 12);
    suite_sleep(ticks_ms(ms + 5));
    CHECK_EQ(wake_word(1), 0);
}
