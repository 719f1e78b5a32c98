/* SPDX-License-Identifier: BSD-2-Clause */
/* What could keep the kernel busy with interrupts off: much that happens at once or ends at once.
 * That nothing gets lost is checked here; how long it takes is what tools/stretch measures. */
#include "sync.h"

#define ONE_LIST 64u /* slots that stand in one list of the kernel's are so far apart */

/* The wakes of the suite's slots 64 to 63 + count have come, or come. */
static void wait_for_all(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        while (!wake_taken(64 + i))
            suite_sleep(ticks_ms(1));
    }
}

CASE(stretches, five_hundred_timers_at_once)
{
    uint64_t at = ticks_now() + ticks_ms(60);

    for (unsigned i = 0; i < 500; i++)
        CHECK_OK(sys_timer_set(suite_timer(64 + i), at, SUITE_PRIORITY));
    wait_for_all(500);
}

static unsigned wakes_of(unsigned first_word, unsigned last_word)
{
    unsigned count = 0;

    for (unsigned i = first_word; i <= last_word; i++) {
        for (uint64_t word = wake_word(i); word; word &= word - 1)
            count++;
    }
    return count;
}

/* Value: how often the suite saw that some wakes of 256 timers had come and others had not. */
static unsigned count_between(uint32_t timers)
{
    uint64_t at, ms = 30;
    unsigned came, between = 0;

    do { /* should the host be too slow, they come while they are set */
        ms *= 2;
        wakes_clear();
        at = ticks_now() + ticks_ms(ms);
        for (unsigned i = 0; i < 256; i++)
            CHECK_OK(sys_timer_set(timers + i, at, SUITE_PRIORITY));
    } while (ticks_now() >= at && ms < 5000);
    while ((came = wakes_of(1, 4)) < 256)
        between += came > 0;
    return between;
}

/* Timers that are due at once are not served without a break: whoever runs gets on in between. (A
 * busy host may stop this hart just while another serves them.) */
CASE(stretches, who_runs_gets_on_between_timers)
{
    uint32_t timers = make_many(OBJECT_TIMER, 0, 256);
    unsigned tries = 0;

    for (unsigned i = 0; i < 256; i++)
        CHECK_OK(sys_process_bind(ROOT_PROCESS, timers + i, 64 + i, 0));
    while (count_between(timers) == 0 && ++tries < 10)
        continue;
    CHECK(tries < 10);
}

/* They end while a revocation goes on, part after part. */
CASE(stretches, timers_during_a_revocation)
{
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0), first = slots_take(1000);
    uint64_t now;

    for (unsigned i = 0; i < 1000; i++)
        CHECK_OK(sys_cnode_copy(ROOT_CNODE, first + i, ROOT_CNODE, endpoint, ALL));
    now = ticks_now();
    for (unsigned i = 0; i < 100; i++)
        CHECK_OK(sys_timer_set(suite_timer(64 + i), now + ticks_ms(20), SUITE_PRIORITY));
    while (ticks_now() < now + ticks_ms(20))
        continue;
    revoke(endpoint);
    for (unsigned i = 0; i < 1000; i++)
        CHECK(!present(first + i));
    wait_for_all(100);
}

/* Timers for the threads that stand last in one list of waiters. */
CASE(stretches, timers_wake_the_last_of_a_list)
{
    uint64_t at;

    begin(0);
    for (unsigned i = 0; i < 60; i++) {
        uint32_t thread = make(OBJECT_THREAD, 0);

        CHECK_OK(sys_thread_configure(thread, pool.process, (uint64_t)thread_await,
                                      STACKS + 512 * (i + 1), 0, (uint64_t)i << 16 | ONE_LIST * i,
                                      WORSE));
        CHECK_OK(sys_thread_start(thread));
        run_children();
    }
    at = ticks_now() + ticks_ms(10);
    for (unsigned i = 0; i < 30; i++) {
        uint32_t timer = make(OBJECT_TIMER, 0);

        CHECK_OK(sys_process_bind(pool.process, timer, ONE_LIST * (59 - i), 0));
        CHECK_OK(sys_timer_set(timer, at, WORSE));
    }
    suite_sleep(ticks_ms(15));
    run_children();
    CHECK_EQ(SHARED->logged, 30);
    for (unsigned i = 0; i < 30; i++)
        CHECK(SHARED->log[i] >= 30);
}

/* Each thread serves one and calls the next: who is at the end is stopped, and the loans of all
 * change. */
CASE(stretches, a_chain_of_calls_falls_apart)
{
    uint32_t line[THREADS];

    begin(THREADS - 1);
    for (unsigned n = 1; n < THREADS; n++)
        line[n] = child_give(&pool, make(OBJECT_RENDEZVOUS, 0), ALL);
    for (unsigned n = 2; n < THREADS; n++)
        receive(n, line[n], another_reply());
    for (unsigned n = THREADS - 1; n > 1; n--)
        call(n - 1, line[n], 10);
    CHECK_OK(sys_thread_priority(threads[1], WORSE - 1));
    delete (threads[THREADS - 1]);
    run_children();
    check_error(THREADS - 2, E_PEER_DEAD);
}

/* A CNode full of capabilities to mapped frames. */
CASE(stretches, cnode_of_mapped_frames_is_deleted)
{
    static struct child child;
    uint32_t cnode = make(OBJECT_CNODE, 9), frame = make(OBJECT_FRAME, 12), mapped = slots_take(1);

    child_make(&child, 0);
    map_tables(child.process, WINDOW);
    for (unsigned i = 1; i < 512; i++) {
        CHECK_OK(sys_cnode_copy(ROOT_CNODE, mapped, ROOT_CNODE, frame, ALL));
        CHECK_OK(sys_frame_map(mapped, child.process, WINDOW + 4096 * (uint64_t)i, READ));
        CHECK_OK(sys_cnode_move(cnode, i, ROOT_CNODE, mapped));
    }
    delete (cnode);
    CHECK_OK(sys_frame_map(frame, child.process, WINDOW + 4096, READ));
}

/* A process with hundreds of bindings is stopped, and what it was bound to hears of it. */
CASE(stretches, process_with_many_bindings_is_stopped)
{
    uint32_t bell[2] = {make_many(OBJECT_ENDPOINT, 0, 200), make_many(OBJECT_ENDPOINT, 0, 200)};

    begin(4);
    for (unsigned i = 0; i < 400; i++)
        CHECK_OK(sys_process_bind(pool.process, bell[i % 2] + i / 2, 20 + i, 0));
    wait_slot(1, 10);
    receive(2, r, p);
    CHECK_OK(sys_process_stop(pool.process));
    for (unsigned i = 0; i < 400; i++)
        CHECK_EQ(sys_doorbell(bell[i % 2] + i / 2, WORSE), E_PEER_DEAD);
}

/* Badged ones, in a row and beside one another. */
CASE(stretches, revoke_of_badged_endpoints)
{
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0), first = slots_take(900);

    for (unsigned i = 0; i < 900; i += 3) {
        CHECK_OK(sys_cnode_mint(ROOT_CNODE, first + i, ROOT_CNODE, endpoint, ALL, 1 + i));
        for (unsigned k = 1; k < 3; k++)
            CHECK_OK(sys_cnode_copy(ROOT_CNODE, first + i + k, ROOT_CNODE, first + i + k - 1, ALL));
    }
    revoke(endpoint);
    for (unsigned i = 0; i < 900; i++)
        CHECK(!present(first + i));
    CHECK(present(endpoint));
}

/* All of them are ready when the budget that they share is used up. */
CASE(stretches, budget_of_many_threads_ends)
{
    begin(0);
    CHECK_OK(sys_process_budget(pool.process, ticks_ms(1), ticks_ms(20)));
    for (unsigned i = 0; i < 60; i++) {
        uint32_t thread = make(OBJECT_THREAD, 0);

        CHECK_OK(sys_thread_configure(thread, pool.process, (uint64_t)child_spin,
                                      STACKS + 512 * (i + 1), 0, 3, WORSE));
        CHECK_OK(sys_thread_start(thread));
    }
    for (unsigned i = 0; i < 5; i++) {
        SHARED->word[3] = 0;
        suite_sleep_until(&SHARED->word[3]);
        suite_sleep(ticks_ms(20));
    }
}

/* Three calls of the child go on in all the frames it has for that, and a better thread of it makes
 * many objects. */
CASE(stretches, retype_of_many_without_a_frame)
{
    static struct child child;
    uint32_t space, first = slots_take(256 + 3);

    child_make(&child, 0);
    space = child_give(&child, ROOT_CNODE, ALL);
    for (unsigned n = 1; n < 5; n++)
        thread_make(&child, n, WORSE - n);
    for (unsigned n = 1; n < 5; n++) {
        uint32_t from = child_give(&child, make(OBJECT_UNTYPED, 21), ALL);
        bool many = n == 4;

        SHARED->request[n] =
            (struct request){.invoked = SYS_INVOKED_(SYS_UNTYPED_RETYPE, from),
                             .x = {many ? OBJECT_UNTYPED : OBJECT_FRAME, many ? 13 : 21, space,
                                   many ? first + 3 : first + n - 1, many ? 256 : 1},
                             .wanted = 1};
        CHECK_OK(sys_doorbell(child.bells[n], WORSE - n));
        suite_sleep(ticks_ms(1) / 10);
    }
    run_children();
    for (unsigned n = 1; n < 5; n++) {
        CHECK_EQ(SHARED->request[n].done, 1);
        CHECK_EQ(SHARED->request[n].x[0], E_OK);
    }
    for (unsigned i = 0; i < 256 + 3; i++)
        CHECK(present(first + i));
}
