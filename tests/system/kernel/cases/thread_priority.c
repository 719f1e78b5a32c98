/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread's own priority, in every state and beside those that are lent. */
#include "sync.h"

/* The server is worse than its callers. */
#define SERVER (WORSE + 10)

CASE(priority, of_a_new_thread)
{
    uint32_t thread = make(OBJECT_THREAD, 0);
    struct sys_thread_info info;

    begin(0);
    CHECK_EQ(sys_thread_priority(thread, WORSE), E_STATE);
    CHECK_OK(sys_thread_configure(thread, pool.process, (uint64_t)thread_log, STACKS + 4096, 0, 1,
                                  BETTER));
    CHECK_OK(sys_thread_priority(thread, WORSE));
    CHECK_OK(sys_thread_info(thread, &info));
    CHECK_EQ(info.state, PROCESS_NEW);
    CHECK_OK(sys_thread_start(thread));
    CHECK_EQ(SHARED->logged, 0);
    run_children();
    CHECK_EQ(SHARED->logged, 3);
}

CASE(priority, of_ready_threads)
{
    uint32_t first;

    begin(0);
    first = thread_start_at(&pool, 1, thread_log, 1, WORSE);
    thread_start_at(&pool, 2, thread_log, 2, WORSE + 1);
    CHECK_OK(sys_thread_priority(first, WORSE + 2));
    run_children();
    CHECK_EQ(SHARED->logged, 6);
    for (unsigned i = 0; i < 6; i++)
        CHECK_EQ(SHARED->log[i], i < 3 ? 2 : 1);
}

CASE(priority, better_than_the_suite_at_once)
{
    uint32_t thread;

    begin(0);
    thread = thread_start_at(&pool, 1, thread_log, 1, WORSE);
    CHECK_EQ(SHARED->logged, 0);
    CHECK_OK(sys_thread_priority(thread, BETTER));
    CHECK_EQ(SHARED->logged, 3);
}

CASE(priority, of_a_blocked_thread)
{
    begin(2);
    wait_slot(1, 100);
    wait_slot(2, 101);
    CHECK_OK(sys_thread_priority(threads[1], BETTER));
    check_priority(1, BETTER, BETTER);
    CHECK(!thread_done(1));
}

CASE(priority, of_a_suspended_thread)
{
    uint32_t thread;

    begin(0);
    thread = thread_start_at(&pool, 1, thread_log, 1, WORSE);
    CHECK_OK(sys_thread_suspend(thread));
    CHECK_OK(sys_thread_priority(thread, BETTER));
    CHECK_EQ(SHARED->logged, 0);
    CHECK_OK(sys_thread_resume(thread));
    CHECK_EQ(SHARED->logged, 3);
}

CASE(priority, of_itself)
{
    uint64_t words[6] = {WORSE + 4};

    begin(2);
    thread_call(&pool, 1, SYS_THREAD_PRIORITY, child_give(&pool, threads[1], ALL), words, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_OK);
    check_priority(1, WORSE + 4, WORSE + 4);
}

CASE(priority, of_a_caller_follows_to_its_server)
{
    BEGIN(SERVER, WORSE + 2);
    receive(1, r, p);
    call(2, r, 20);
    CHECK_OK(sys_thread_priority(threads[2], WORSE));
    check_priority(1, WORSE, SERVER);
    CHECK_OK(sys_thread_priority(threads[2], WORSE + 3));
    check_priority(1, WORSE + 3, SERVER);
    answer(1, p, 200, 0);
    check_priority(1, SERVER, SERVER);
}

/* Decided at a glance, because both are equal, the loan is given when it comes to matter. */
CASE(priority, of_a_server_that_got_an_equal_call)
{
    BEGIN(WORSE, WORSE);
    receive(1, r, p);
    call(2, r, 20);
    CHECK_OK(sys_thread_priority(threads[1], SERVER));
    check_priority(1, WORSE, SERVER);
    answer(1, p, 200, 0);
    check_priority(1, SERVER, SERVER);
}

CASE(priority, of_a_caller_equal_to_its_server)
{
    BEGIN(WORSE + 1, WORSE + 1);
    receive(1, r, p);
    call(2, r, 20);
    CHECK_OK(sys_thread_priority(threads[2], WORSE));
    check_priority(1, WORSE, WORSE + 1);
    CHECK_OK(sys_thread_priority(threads[2], WORSE + 5));
    check_priority(1, WORSE + 1, WORSE + 1);
    answer(1, p, 200, 0);
    check_priority(1, WORSE + 1, WORSE + 1);
}

CASE(priority, of_a_server_with_equal_callers_held)
{
    uint32_t q;

    BEGIN(WORSE, WORSE, WORSE);
    q = another_reply();
    receive(1, r, p);
    call(2, r, 20);
    receive(1, r, q);
    call(3, r, 30);
    CHECK_OK(sys_thread_priority(threads[1], SERVER));
    check_priority(1, WORSE, SERVER);
    answer(1, q, 300, 0);
    check_priority(1, WORSE, SERVER);
    answer(1, p, 200, 0);
    check_priority(1, SERVER, SERVER);
}

CASE(priority, is_clamped)
{
    uint32_t thread;
    struct sys_thread_info info;

    child_make(&pool, WORSE);
    thread = thread_start_at(&pool, 1, thread_log, 1, WORSE + 1);
    CHECK_OK(sys_thread_priority(thread, 0));
    CHECK_OK(sys_thread_info(thread, &info));
    CHECK_EQ(info.own_priority, WORSE);
    CHECK_EQ(info.effective_priority, WORSE);
}

CASE(priority, refuses)
{
    begin(1);
    CHECK_EQ(sys_thread_priority(threads[1], PRIORITY_COUNT), E_BAD_ARGUMENT);
    CHECK_EQ(sys_thread_priority(rendezvous, 1), E_BAD_TYPE);
    CHECK_EQ(sys_thread_priority(copy(threads[1], READ), 1), E_NO_RIGHT);
    CHECK_OK(sys_process_stop(pool.process));
    CHECK_EQ(sys_thread_priority(threads[1], WORSE), E_STATE);
}

CASE(priority, info)
{
    struct sys_thread_info info;

    begin(2);
    CHECK_OK(sys_thread_info(threads[2], &info));
    CHECK_EQ(info.state, PROCESS_IDLE);
    CHECK_EQ(info.effective_priority, WORSE);
    CHECK_EQ(info.number, 2);
    CHECK_OK(sys_thread_suspend(threads[2]));
    CHECK_OK(sys_thread_info(threads[2], &info));
    CHECK_EQ(info.state, PROCESS_SUSPENDED);
    CHECK_OK(sys_thread_stop(threads[2]));
    CHECK_OK(sys_thread_info(threads[2], &info));
    CHECK_EQ(info.state, PROCESS_STOPPED);
    CHECK_EQ(sys_thread_info(copy(threads[1], WRITE), &info), E_NO_RIGHT);
}
