/* SPDX-License-Identifier: BSD-2-Clause */
/* How calls lend priorities. */
#include "sync.h"

/* The server is worse than its callers. */
#define SERVER (WORSE + 10)

CASE(lending, for_the_length_of_a_call)
{
    BEGIN(SERVER, WORSE);
    receive(1, r, p);
    check_priority(1, SERVER, SERVER);
    call(2, r, 10);
    check_got(1, 10, 0);
    check_priority(1, WORSE, SERVER);
    answer(1, p, 20, 0);
    check_got(2, 20, 0);
    check_priority(1, SERVER, SERVER);
    check_priority(2, WORSE, WORSE);
}

CASE(lending, by_a_caller_that_waited)
{
    BEGIN(SERVER, WORSE);
    call(2, r, 10);
    check_priority(1, SERVER, SERVER);
    receive(1, r, p);
    check_priority(1, WORSE, SERVER);
    reply_receive(1, r, p, 20);
    check_priority(1, SERVER, SERVER);
}

CASE(lending, a_worse_caller_changes_nothing)
{
    BEGIN(WORSE, SERVER);
    receive(1, r, p);
    call(2, r, 10);
    check_priority(1, WORSE, WORSE);
    answer(1, p, 20, 0);
    check_got(2, 20, 0);
    check_priority(1, WORSE, WORSE);
}

CASE(lending, not_by_a_send)
{
    BEGIN(SERVER, WORSE);
    receive(1, r, p);
    send(2, r, 10, 0);
    check_priority(1, SERVER, SERVER);
}

CASE(lending, best_of_several_out_of_order)
{
    uint32_t q, s;

    BEGIN(SERVER, WORSE + 2, WORSE, WORSE + 4);
    q = another_reply();
    s = another_reply();
    call(2, r, 20);
    call(3, r, 30);
    call(4, r, 40);
    receive(1, r, p);
    check_priority(1, WORSE + 2, SERVER);
    receive(1, r, q);
    check_priority(1, WORSE, SERVER);
    receive(1, r, s);
    check_priority(1, WORSE, SERVER);
    answer(1, q, 300, 0);
    check_priority(1, WORSE + 2, SERVER);
    answer(1, p, 200, 0);
    check_priority(1, WORSE + 4, SERVER);
    answer(1, s, 400, 0);
    check_priority(1, SERVER, SERVER);
}

CASE(lending, equal_loans_are_counted)
{
    uint32_t q;

    BEGIN(SERVER, WORSE, WORSE);
    q = another_reply();
    receive(1, r, p);
    call(2, r, 20);
    receive(1, r, q);
    call(3, r, 30);
    answer(1, p, 200, 0);
    check_priority(1, WORSE, SERVER);
    answer(1, q, 300, 0);
    check_priority(1, SERVER, SERVER);
}

CASE(lending, answered_by_another_thread)
{
    BEGIN(SERVER, WORSE, SERVER);
    receive(1, r, p);
    call(2, r, 20);
    answer(3, p, 200, 0);
    check_got(2, 200, 0);
    check_priority(1, SERVER, SERVER);
    check_priority(3, SERVER, SERVER);
}

CASE(lending, ends_with_the_caller)
{
    BEGIN(SERVER, WORSE);
    receive(1, r, p);
    call(2, r, 20);
    delete (threads[2]);
    check_priority(1, SERVER, SERVER);
}

CASE(lending, ends_when_the_caller_is_suspended)
{
    BEGIN(SERVER, WORSE);
    receive(1, r, p);
    call(2, r, 20);
    CHECK_OK(sys_thread_suspend(threads[2]));
    check_priority(1, SERVER, SERVER);
}

CASE(lending, ends_with_the_callers_process)
{
    struct child client;
    uint64_t words[6] = {1};

    BEGIN(SERVER);
    child_make(&client, 0);
    thread_make(&client, 2, WORSE);
    receive(1, r, p);
    thread_call(&client, 2, SYS_CALL, child_give(&client, rendezvous, WRITE), words, 0);
    check_priority(1, WORSE, SERVER);
    CHECK_OK(sys_process_stop(client.process));
    check_priority(1, SERVER, SERVER);
}

CASE(lending, ends_with_a_timeout)
{
    BEGIN(SERVER, WORSE);
    receive(1, r, p);
    until(2, ticks_now() + ticks_ms(4));
    call(2, r, 20);
    suite_sleep_until(&SHARED->request[2].done);
    check_error(2, E_TIMEOUT);
    check_priority(1, SERVER, SERVER);
}

CASE(lending, ends_with_the_reply)
{
    BEGIN(SERVER, WORSE);
    receive(1, r, p);
    call(2, r, 20);
    revoke(reply);
    delete (reply);
    check_priority(1, SERVER, SERVER);
}

/* 2 calls 1, whose Reply is p; 3 calls 2 at `second`; the same for 4 and 3. */
static uint32_t chain(unsigned n, uint32_t *second_reply)
{
    uint32_t second = child_give(&pool, make(OBJECT_RENDEZVOUS, 0), ALL);

    *second_reply = another_reply();
    receive(n, second, *second_reply);
    return second;
}

CASE(lending, passes_on)
{
    uint32_t second, second_reply;

    BEGIN(SERVER, WORSE + 5, WORSE);
    second = chain(2, &second_reply);
    receive(1, r, p);
    call(3, second, 30);
    check_priority(2, WORSE, WORSE + 5);
    call(2, r, 20);
    check_priority(1, WORSE, SERVER);
    answer(1, p, 200, 0);
    check_priority(1, SERVER, SERVER);
    check_priority(2, WORSE, WORSE + 5);
    answer(2, second_reply, 300, 0);
    check_priority(2, WORSE + 5, WORSE + 5);
    check_got(3, 300, 0);
}

CASE(lending, passes_on_while_a_call_is_under_way)
{
    uint32_t second, second_reply, third_reply;

    BEGIN(SERVER, WORSE + 5, WORSE, WORSE + 2);
    second = chain(2, &second_reply);
    third_reply = another_reply();
    receive(1, r, p);
    call(4, second, 40);
    receive(2, second, third_reply);
    call(3, second, 30);
    call(2, r, 20);
    check_priority(1, WORSE, SERVER);
    delete (threads[3]);
    check_priority(2, WORSE + 2, WORSE + 5);
    check_priority(1, WORSE + 2, SERVER);
    delete (threads[4]);
    check_priority(1, WORSE + 5, SERVER);
    answer(1, p, 200, 0);
    check_priority(1, SERVER, SERVER);
}

/* n calls n - 1, which serves a rendezvous of its own. */
CASE(lending, through_a_long_chain)
{
    uint32_t at[THREADS], with[THREADS];

    BEGIN(WORSE + 10, WORSE + 9, WORSE + 8, WORSE + 7, WORSE + 6, WORSE + 5, WORSE + 4);
    for (unsigned n = 1; n < 7; n++)
        at[n] = chain(n, &with[n]);
    call(7, at[6], 70);
    for (unsigned n = 6; n >= 2; n--)
        call(n, at[n - 1], 10 * n);
    for (unsigned n = 1; n <= 6; n++)
        check_priority(n, WORSE + 4, WORSE + 11 - n);
    CHECK_OK(sys_thread_priority(threads[7], WORSE));
    for (unsigned n = 1; n <= 7; n++)
        check_priority(n, WORSE, n == 7 ? WORSE : WORSE + 11 - n);
    delete (threads[7]);
    for (unsigned n = 1; n <= 6; n++)
        check_priority(n, WORSE + 5, WORSE + 11 - n);
}

CASE(lending, clamped_to_the_servers_ceiling)
{
    struct child server;
    uint64_t words[6] = {0};
    struct sys_thread_info info;
    uint32_t thread;

    BEGIN(WORSE, WORSE);
    child_make(&server, WORSE + 3);
    thread = thread_make(&server, 4, SERVER);
    words[0] = child_give(&server, reply, ALL);
    thread_call(&server, 4, SYS_RECEIVE, child_give(&server, rendezvous, READ), words, 0);
    call(1, r, 9);
    CHECK(thread_done(4));
    CHECK_OK(sys_thread_info(thread, &info));
    CHECK_EQ(info.effective_priority, WORSE + 3);
    CHECK_OK(sys_process_stop(server.process));
}

/* The middle one never gives up the CPU. */
CASE(lending, the_middle_one_does_not_hold_the_caller_up)
{
    begin(0);
    SHARED->word[1] = SHARED->word[3] = r;
    SHARED->word[2] = p;
    thread_start_at(&pool, 1, thread_serve, 0, WORSE + 10);
    run_children();
    thread_start_at(&pool, 2, thread_call_often, 100, WORSE);
    thread_start_at(&pool, 3, child_spin, 6, WORSE + 5);
    suite_sleep_until(&SHARED->word[4]);
    for (unsigned i = 0; i < 20000 && SHARED->word[4] < 100; i++)
        suite_sleep(ticks_ms(1));
    CHECK_EQ(SHARED->word[4], 100);
    CHECK_EQ(SHARED->word[5], 0);
}
