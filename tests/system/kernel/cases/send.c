/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends, which have no answer, and answers that do not receive. */
#include "sync.h"

CASE(send, receiver_first)
{
    begin(2);
    receive(1, r, p);
    send(2, r, 10, 0);
    check_error(2, E_OK);
    check_words_flags(1, 10, 0, IPC_ONE_WAY);
}

CASE(send, sender_first)
{
    begin(2);
    send(2, r, 10, 0);
    CHECK(!thread_done(2));
    receive(1, r, p);
    check_words_flags(1, 10, 0, IPC_ONE_WAY);
    check_error(2, E_OK);
}

CASE(send, leaves_the_reply_free)
{
    begin(3);
    receive(1, r, p);
    send(2, r, 10, 0);
    answer(1, p, 20, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_STATE);
    receive(1, r, p);
    call(3, r, 30);
    check_got(1, 30, 0);
    reply_receive(1, r, p, 40);
    check_got(3, 40, 0);
}

CASE(send, in_line_with_calls)
{
    begin(5);
    call(2, r, 20);
    send(3, r, 30, 0);
    call(4, r, 40);
    send(5, r, 50, 0);
    receive(1, r, p);
    check_got(1, 20, 0);
    reply_receive(1, r, p, 200);
    check_got(2, 200, 0);
    check_words_flags(1, 30, 0, IPC_ONE_WAY);
    reply_receive(1, r, p, 300);
    check_got(1, 40, 0);
    CHECK(thread_done(3) && !thread_done(5));
    reply_receive(1, r, p, 400);
    check_got(4, 400, 0);
    check_words_flags(1, 50, 0, IPC_ONE_WAY);
}

CASE(send, badge_reaches_the_receiver)
{
    uint32_t badged;

    begin(2);
    badged = child_give(&pool, mint(rendezvous, ALL, 77), WRITE);
    send(2, badged, 10, 0);
    receive(1, r, p);
    check_words_flags(1, 10, 77, IPC_ONE_WAY);
    receive(1, r, p);
    send(2, badged, 20, 0);
    check_words_flags(1, 20, 77, IPC_ONE_WAY);
}

CASE(send, capabilities_are_checked)
{
    begin(1);
    send(1, 50, 0, 0);
    check_error(1, E_BAD_CAP);
    send(1, p, 0, 0);
    check_error(1, E_BAD_TYPE);
    send(1, child_give(&pool, rendezvous, READ), 0, 0);
    check_error(1, E_NO_RIGHT);
    call_cap(1, child_give(&pool, rendezvous, READ), 0, 0);
    check_error(1, E_NO_RIGHT);
    answer(1, 50, 0, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_BAD_CAP);
    answer(1, r, 0, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_BAD_TYPE);
}

CASE(send, rendezvous_deleted)
{
    begin(3);
    send(1, r, 10, 0);
    send(2, r, 20, 0);
    revoke(rendezvous);
    delete (rendezvous);
    run_children();
    check_error(1, E_PEER_DEAD);
    check_error(2, E_PEER_DEAD);
}

CASE(send, sender_deleted)
{
    begin(3);
    send(2, r, 20, 0);
    send(3, r, 30, 0);
    delete (threads[2]);
    receive(1, r, p);
    check_words_flags(1, 30, 0, IPC_ONE_WAY);
}

CASE(reply, does_not_receive)
{
    begin(3);
    receive(1, r, p);
    call(2, r, 20);
    answer(1, p, 200, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_OK);
    check_got(2, 200, 0);
    call(3, r, 30);
    CHECK(!thread_done(3));
    receive(1, r, p);
    check_got(1, 30, 0);
}

CASE(reply, out_of_order)
{
    uint32_t q, s;

    begin(4);
    q = another_reply();
    s = another_reply();
    for (unsigned n = 2; n <= 4; n++)
        call(n, r, 10 * n);
    receive(1, r, p);
    receive(1, r, q);
    receive(1, r, s);
    check_got(1, 40, 0);
    answer(1, q, 300, 0);
    CHECK(!thread_done(2) && !thread_done(4));
    check_got(3, 300, 0);
    answer(1, s, 400, 0);
    check_got(4, 400, 0);
    answer(1, p, 200, 0);
    check_got(2, 200, 0);
}

CASE(reply, nobody_waits)
{
    begin(2);
    answer(1, p, 1, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_STATE);
    receive(1, r, p);
    CHECK_EQ(sys_reply(reply, (const uint64_t[SYS_RENDEZVOUS_WORDS]){0}, 0), E_STATE);
    call(2, r, 20);
    answer(1, p, 200, 0);
    answer(1, p, 300, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_STATE);
    check_got(2, 200, 0);
}

CASE(reply, by_a_virtual_cpu)
{
    begin(2);
    receive(1, r, p);
    call(2, r, 20);
    CHECK_OK(sys_reply(reply, (const uint64_t[]){5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, 0));
    run_children();
    check_got(2, 5, 0);
    receive(1, r, p);
    CHECK(!thread_done(1));
}

/* ---- whoever they depend on goes away ---- */

CASE(reply, server_stopped)
{
    begin(3);
    receive(1, r, p);
    call(2, r, 20);
    call(3, r, 30);
    CHECK_OK(sys_thread_stop(threads[1]));
    run_children();
    check_error(2, E_PEER_DEAD);
    CHECK(!thread_done(3));
}

CASE(reply, server_deleted_with_many_callers)
{
    uint32_t with[THREADS];

    begin(7);
    for (unsigned n = 2; n <= 7; n++) {
        with[n] = another_reply();
        receive(1, r, with[n]);
        call(n, r, 10 * n);
        check_got(1, 10 * n, 0);
    }
    delete (threads[1]);
    run_children();
    for (unsigned n = 2; n <= 7; n++)
        check_error(n, E_PEER_DEAD);
    /* All Replies are free. */
    receive(2, r, with[7]);
    call(3, r, 33);
    check_got(2, 33, 0);
}

CASE(reply, process_of_the_server_stopped)
{
    struct child server;
    uint64_t words[6] = {0};

    begin(2);
    child_make(&server, 0);
    thread_make(&server, 4, WORSE);
    words[0] = child_give(&server, reply, ALL);
    thread_call(&server, 4, SYS_RECEIVE, child_give(&server, rendezvous, READ), words, 0);
    call(1, r, 9);
    CHECK(thread_done(4) && !thread_done(1));
    CHECK_OK(sys_process_stop(server.process));
    run_children();
    check_error(1, E_PEER_DEAD);
    receive(2, r, p);
    CHECK(!thread_done(2));
}

CASE(reply, server_stops_itself)
{
    begin(7);
    for (unsigned n = 2; n <= 7; n++) {
        receive(1, r, another_reply());
        call(n, r, 10 * n);
    }
    thread_call(&pool, 1, SYS_THREAD_STOP, child_give(&pool, threads[1], ALL), NULL, 0);
    CHECK(!thread_done(1));
    for (unsigned n = 2; n <= 7; n++)
        check_error(n, E_PEER_DEAD);
}

CASE(reply, belongs_to_who_received_last)
{
    begin(4);
    receive(1, r, p);
    call(2, r, 20);
    answer(1, p, 200, 0);
    receive(3, r, p);
    call(4, r, 40);
    CHECK_OK(sys_thread_stop(threads[1]));
    run_children();
    CHECK(!thread_done(4));
    answer(3, p, 400, 0);
    check_got(4, 400, 0);
}

CASE(reply, server_suspended_and_resumed)
{
    begin(2);
    receive(1, r, p);
    call(2, r, 20);
    CHECK_OK(sys_thread_suspend(threads[1]));
    run_children();
    CHECK(!thread_done(2));
    CHECK_OK(sys_thread_resume(threads[1]));
    answer(1, p, 200, 0);
    check_got(2, 200, 0);
}

CASE(reply, caller_suspended)
{
    begin(3);
    receive(1, r, p);
    call(2, r, 20);
    CHECK_OK(sys_thread_suspend(threads[2]));
    answer(1, p, 200, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_STATE);
    CHECK_OK(sys_thread_resume(threads[2]));
    run_children();
    check_error(2, E_CANCELLED);
}

CASE(send, rendezvous_with_many_deleted)
{
    begin(7);
    for (unsigned n = 1; n <= 7; n++) {
        if (n % 2)
            call(n, r, n);
        else
            send(n, r, n, 0);
    }
    revoke(rendezvous);
    delete (rendezvous);
    run_children();
    for (unsigned n = 1; n <= 7; n++)
        check_error(n, E_PEER_DEAD);
}
