/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: their life, and what they wait for. */
#include "suite.h"

static struct child child;

CASE(threads, configure_refuses)
{
    uint32_t thread = make(OBJECT_THREAD, 0), process = make(OBJECT_PROCESS, 0);

    child_make(&child, 0);
    CHECK_EQ(sys_thread_configure(thread, slots_take(1), 0, 0, 0, 0, WORSE), E_BAD_CAP);
    CHECK_EQ(sys_thread_configure(thread, ROOT_CNODE, 0, 0, 0, 0, WORSE), E_BAD_TYPE);
    CHECK_EQ(sys_thread_configure(thread, process, 0, 0, 0, 0, WORSE), E_STATE);
    CHECK_EQ(sys_thread_configure(thread, child.process, 0, 0, 0, 0, PRIORITY_COUNT),
             E_BAD_ARGUMENT);
    CHECK_OK(sys_thread_configure(thread, child.process, 0, 0, 0, 0, WORSE));
    CHECK_EQ(sys_thread_configure(thread, child.process, 0, 0, 0, 0, WORSE), E_IN_USE);
}

CASE(threads, a_process_has_threads_or_a_virtual_cpu)
{
    uint32_t thread = make(OBJECT_THREAD, 0);

    child_run(&child, child_idle, 0);
    CHECK_EQ(sys_thread_configure(thread, child.process, 0, 0, 0, 0, WORSE), E_STATE);
    child_make(&child, 0);
    CHECK_OK(sys_thread_configure(thread, child.process, 0, 0, 0, 0, WORSE));
    CHECK_EQ(sys_process_start(child.process, 0, 0, 0, WORSE), E_STATE);
}

CASE(threads, stopped_process_takes_none)
{
    child_make(&child, 0);
    CHECK_OK(sys_process_stop(child.process));
    CHECK_EQ(sys_thread_configure(make(OBJECT_THREAD, 0), child.process, 0, 0, 0, 0, WORSE),
             E_STATE);
}

CASE(threads, start_refuses)
{
    uint32_t thread = make(OBJECT_THREAD, 0);

    CHECK_EQ(sys_thread_start(thread), E_STATE);
    child_make(&child, 0);
    thread = thread_start_at(&child, 1, thread_log, 1, WORSE);
    CHECK_EQ(sys_thread_start(thread), E_STATE);
}

static bool in_turn(void)
{
    SHARED->logged = 0;
    child_make(&child, 0);
    for (unsigned n = 1; n <= 3; n++)
        thread_start_at(&child, n, thread_log, n, WORSE);
    run_children();
    CHECK_EQ(SHARED->logged, 9);
    for (unsigned i = 0; i < 9; i++) {
        if (SHARED->log[i] != 1 + i % 3)
            return false;
    }
    return true;
}

/* The end of a time slice may add a turn, hardly in every try. */
CASE(threads, equals_take_turns)
{
    for (unsigned i = 0; i < 5; i++) {
        if (in_turn())
            return;
    }
    CHECK(!"turns in order");
}

CASE(threads, better_ones_go_first)
{
    child_make(&child, 0);
    thread_start_at(&child, 1, thread_log, 1, WORSE + 1);
    thread_start_at(&child, 2, thread_log, 2, WORSE);
    run_children();
    for (unsigned i = 0; i < 6; i++)
        CHECK_EQ(SHARED->log[i], i < 3 ? 2 : 1);
}

CASE(threads, priority_is_clamped)
{
    child_make(&child, WORSE);
    thread_start_at(&child, 1, thread_log, 1, 0);
    CHECK_EQ(SHARED->logged, 0);
    run_children();
    CHECK_EQ(SHARED->logged, 3);
}

CASE(threads, better_one_preempts_the_suite)
{
    child_make(&child, 0);
    thread_start_at(&child, 1, thread_log, 1, BETTER);
    CHECK_EQ(SHARED->logged, 3);
}

CASE(threads, deleted_before_it_runs)
{
    child_make(&child, 0);
    delete (thread_start_at(&child, 1, thread_log, 1, WORSE));
    thread_start_at(&child, 2, thread_log, 2, WORSE);
    run_children();
    CHECK_EQ(SHARED->logged, 3);
}

CASE(threads, process_dies_first)
{
    uint32_t thread;

    child_make(&child, 0);
    thread = thread_make(&child, 1, WORSE);
    delete (child.process);
    CHECK_EQ(sys_thread_start(thread), E_STATE);
    child_make(&child, 0);
    CHECK_EQ(sys_thread_configure(thread, child.process, 0, 0, 0, 0, WORSE), E_IN_USE);
}

CASE(threads, stop_ends_all)
{
    child_make(&child, 0);
    for (unsigned n = 1; n <= 3; n++)
        thread_start_at(&child, n, thread_log, n, WORSE);
    CHECK_OK(sys_process_stop(child.process));
    run_children();
    CHECK_EQ(SHARED->logged, 0);
}

CASE(threads, wait_takes_a_wake_that_came_before)
{
    uint64_t words[6] = {20};
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0);

    child_make(&child, 0);
    CHECK_OK(sys_process_bind(child.process, endpoint, 20, 0));
    thread_make(&child, 1, WORSE);
    CHECK_OK(sys_doorbell(endpoint, WORSE));
    thread_call(&child, 1, SYS_THREAD_WAIT, 0, words, 0);
    CHECK(thread_done(1));
    CHECK_EQ(SHARED->request[1].x[0], E_OK);
    thread_call(&child, 1, SYS_THREAD_WAIT, 0, words, 0);
    CHECK(!thread_done(1));
    CHECK_OK(sys_doorbell(endpoint, WORSE));
    run_children();
    CHECK(thread_done(1));
}

CASE(threads, one_wake_is_for_one_thread)
{
    uint64_t words[6] = {4095};
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0);

    child_make(&child, 0);
    CHECK_OK(sys_process_bind(child.process, endpoint, 4095, 0));
    thread_make(&child, 1, WORSE);
    thread_make(&child, 2, WORSE);
    thread_call(&child, 1, SYS_THREAD_WAIT, 0, words, 0);
    thread_call(&child, 2, SYS_THREAD_WAIT, 0, words, 0);
    CHECK(!thread_done(1) && !thread_done(2));
    CHECK_OK(sys_doorbell(endpoint, WORSE));
    run_children();
    CHECK(thread_done(1) != thread_done(2));
    CHECK_OK(sys_doorbell(endpoint, WORSE));
    run_children();
    CHECK(thread_done(1) && thread_done(2));
}

CASE(threads, wait_refuses)
{
    uint64_t words[6] = {WAKE_SLOTS};

    CHECK_EQ(sys_thread_wait(3), E_STATE);
    child_make(&child, 0);
    thread_make(&child, 1, WORSE);
    thread_call(&child, 1, SYS_THREAD_WAIT, 0, words, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_BAD_ARGUMENT);
    words[0] = ~0ull;
    thread_call(&child, 1, SYS_THREAD_WAIT, 0, words, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_BAD_ARGUMENT);
}

CASE(threads, deletes_itself)
{
    uint64_t words[6];
    uint32_t thread;

    child_make(&child, 0);
    thread = thread_make(&child, 1, WORSE);
    thread_make(&child, 2, WORSE);
    CHECK_OK(sys_cnode_move(child.cnode, 50, ROOT_CNODE, thread));
    words[0] = 50;
    thread_call(&child, 1, SYS_CNODE_DELETE, child_give(&child, child.cnode, ALL), words, 0);
    CHECK(!thread_done(1));
    thread_call(&child, 2, SYS_NULL, 0, NULL, 0);
    CHECK(thread_done(2));
}

CASE(threads, spinning_ones_share_the_cpu)
{
    child_make(&child, 0);
    thread_start_at(&child, 1, child_spin, 1, WORSE);
    thread_start_at(&child, 2, child_spin, 2, WORSE);
    suite_sleep_until(&SHARED->word[1]);
    suite_sleep_until(&SHARED->word[2]);
}

CASE(threads, preempted_one_keeps_all_registers)
{
    child_make(&child, 0);
    for (unsigned n = 1; n <= 2; n++) {
        for (unsigned i = 1; i < 32; i++)
            SHARED->registers[n].x[i] = 0x0101010101010101ull * i * n;
        SHARED->registers[n].x[REG_T5] = (uint64_t)&SHARED->word[0];
        thread_start_at(&child, n, thread_spin_registers, n, WORSE);
    }
    for (unsigned i = 0; i < 60; i++)
        suite_sleep(ticks_ms(1));
    SHARED->word[0] = 1;
    run_children();
    for (unsigned n = 1; n <= 2; n++) {
        CHECK_EQ(SHARED->word[32 + n], 1);
        CHECK_EQ(SHARED->registers[n].x[REG_SP], 0);
        for (unsigned i = 1; i < 30; i++)
            CHECK(i == REG_SP || SHARED->registers[n].x[i] == 0x0101010101010101ull * i * n);
    }
}
