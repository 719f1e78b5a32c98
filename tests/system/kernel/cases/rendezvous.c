/* SPDX-License-Identifier: BSD-2-Clause */
/* Synchronous calls between threads. Each thread makes the calls that the suite asks it to make. */
#include "sync.h"

CASE(rendezvous, receiver_first)
{
    begin(2);
    receive(1, r, p);
    CHECK(!thread_done(1));
    call(2, r, 100);
    check_got(1, 100, 0);
    CHECK(!thread_done(2));
    reply_receive(1, r, p, 200);
    check_got(2, 200, 0);
    CHECK(!thread_done(1));
}

CASE(rendezvous, caller_first)
{
    begin(2);
    call(2, r, 100);
    CHECK(!thread_done(2));
    receive(1, r, p);
    check_got(1, 100, 0);
    reply_receive(1, r, p, 200);
    check_got(2, 200, 0);
}

CASE(rendezvous, badge_reaches_the_receiver)
{
    uint32_t badged;

    begin(2);
    badged = child_give(&pool, mint(rendezvous, ALL, 0xfedcba987654321), WRITE);
    receive(1, r, p);
    call(2, badged, 1);
    check_got(1, 1, 0xfedcba987654321);
    reply_receive(1, r, p, 2);
    call(2, r, 3);
    check_got(1, 3, 0);
}

CASE(rendezvous, badge_of_a_caller_that_waited)
{
    begin(2);
    call(2, child_give(&pool, mint(rendezvous, ALL, 7), WRITE), 1);
    receive(1, r, p);
    check_got(1, 1, 7);
}

CASE(rendezvous, callers_are_served_in_order)
{
    begin(4);
    call(2, r, 20);
    call(4, r, 40);
    call(3, r, 30);
    receive(1, r, p);
    check_got(1, 20, 0);
    reply_receive(1, r, p, 200);
    check_got(1, 40, 0);
    check_got(2, 200, 0);
    CHECK(!thread_done(4) && !thread_done(3));
    reply_receive(1, r, p, 400);
    check_got(1, 30, 0);
    check_got(4, 400, 0);
    reply_receive(1, r, p, 300);
    check_got(3, 300, 0);
    CHECK(!thread_done(1));
}

CASE(rendezvous, receivers_are_served_in_order)
{
    uint32_t q;

    begin(4);
    q = child_give(&pool, make(OBJECT_REPLY, 0), ALL);
    receive(1, r, p);
    receive(2, r, q);
    call(3, r, 30);
    check_got(1, 30, 0);
    CHECK(!thread_done(2));
    call(4, r, 40);
    check_got(2, 40, 0);
    reply_receive(2, r, q, 41);
    check_got(4, 41, 0);
    CHECK(!thread_done(3));
    reply_receive(1, r, p, 31);
    check_got(3, 31, 0);
}

CASE(rendezvous, a_thousand_round_trips)
{
    begin(2);
    receive(1, r, p);
    for (uint64_t i = 0; i < 1000; i++) {
        call(2, r, i);
        check_got(1, i, 0);
        reply_receive(1, r, p, ~i);
        CHECK_EQ(SHARED->request[2].x[0], ~i);
    }
}

CASE(rendezvous, between_two_processes)
{
    struct child client;
    uint64_t words[SYS_RENDEZVOUS_WORDS] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

    begin(1);
    child_make(&client, 0);
    thread_make(&client, 2, WORSE);
    receive(1, r, p);
    thread_message(&client, 2, SYS_CALL, child_give(&client, rendezvous, WRITE), words, 0);
    check_got(1, 1, 0);
    reply_receive(1, r, p, 50);
    check_got(2, 50, 0);
}

CASE(rendezvous, priorities_are_kept)
{
    begin(0);
    threads[1] = thread_make(&pool, 1, WORSE + 2);
    threads[2] = thread_make(&pool, 2, WORSE);
    receive(1, r, p);
    call(2, r, 5);
    check_got(1, 5, 0);
    reply_receive(1, r, p, 6);
    check_got(2, 6, 0);
}

CASE(rendezvous, answering_nobody_just_receives)
{
    begin(2);
    reply_receive(1, r, p, 1);
    CHECK(!thread_done(1));
    call(2, r, 9);
    check_got(1, 9, 0);
}

CASE(rendezvous, capabilities_are_checked)
{
    uint32_t only_read, only_write;

    begin(1);
    only_read = child_give(&pool, rendezvous, READ);
    only_write = child_give(&pool, rendezvous, WRITE);
    call(1, 50, 0);
    check_error(1, E_BAD_CAP);
    call(1, p, 0);
    check_error(1, E_BAD_TYPE);
    call(1, only_read, 0);
    check_error(1, E_NO_RIGHT);
    receive(1, 50, p);
    check_error(1, E_BAD_CAP);
    receive(1, p, p);
    check_error(1, E_BAD_TYPE);
    receive(1, only_write, p);
    check_error(1, E_NO_RIGHT);
    receive(1, r, 50);
    check_error(1, E_BAD_CAP);
    receive(1, r, r);
    check_error(1, E_BAD_TYPE);
    receive(1, r, 1ull << 32 | p);
    check_error(1, E_BAD_CAP);
    reply_receive(1, only_write, p, 0);
    check_error(1, E_NO_RIGHT);
    reply_receive(1, r, r, 0);
    check_error(1, E_BAD_TYPE);
    reply_receive(1, r, 0, 0);
    check_error(1, E_BAD_CAP);
}

CASE(rendezvous, reply_object_in_use)
{
    begin(3);
    receive(1, r, p);
    receive(2, r, p);
    check_error(2, E_IN_USE);
    reply_receive(2, r, p, 0);
    check_error(2, E_IN_USE);
    call(3, r, 1);
    check_got(1, 1, 0);
    receive(2, r, p); /* it remembers a caller */
    check_error(2, E_IN_USE);
    reply_receive(2, r, p, 77); /* anybody who holds it may answer */
    check_got(3, 77, 0);
}

CASE(rendezvous, deleted_with_callers)
{
    begin(3);
    call(1, r, 1);
    call(2, r, 1);
    revoke(rendezvous);
    delete (rendezvous);
    run_children();
    check_error(1, E_PEER_DEAD);
    check_error(2, E_PEER_DEAD);
    call(3, r, 1);
    check_error(3, E_BAD_CAP);
}

CASE(rendezvous, deleted_with_receivers)
{
    begin(2);
    receive(1, r, p);
    revoke(rendezvous);
    delete (rendezvous);
    run_children();
    check_error(1, E_PEER_DEAD);
    /* The reply object is free again. */
    r = child_give(&pool, make(OBJECT_RENDEZVOUS, 0), ALL);
    receive(1, r, p);
    call(2, r, 4);
    check_got(1, 4, 0);
}

CASE(rendezvous, reply_deleted_with_its_caller)
{
    begin(2);
    receive(1, r, p);
    call(2, r, 1);
    revoke(reply);
    delete (reply);
    run_children();
    check_error(2, E_PEER_DEAD);
    reply_receive(1, r, p, 1);
    check_error(1, E_BAD_CAP);
}

CASE(rendezvous, reply_deleted_with_its_receiver)
{
    begin(2);
    receive(1, r, p);
    revoke(reply);
    delete (reply);
    run_children();
    check_error(1, E_PEER_DEAD);
    call(2, r, 1);
    CHECK(!thread_done(2));
}

CASE(rendezvous, caller_deleted_while_it_waits_in_line)
{
    begin(3);
    call(2, r, 20);
    call(3, r, 30);
    delete (threads[2]);
    receive(1, r, p);
    check_got(1, 30, 0);
}

CASE(rendezvous, caller_deleted_while_it_waits_for_its_answer)
{
    begin(3);
    receive(1, r, p);
    call(2, r, 20);
    delete (threads[2]);
    reply_receive(1, r, p, 1);
    CHECK(!thread_done(1));
    call(3, r, 30);
    check_got(1, 30, 0);
}

CASE(rendezvous, receiver_deleted)
{
    begin(3);
    receive(1, r, p);
    delete (threads[1]);
    call(2, r, 20);
    CHECK(!thread_done(2));
    receive(3, r, p);
    check_got(3, 20, 0);
}

CASE(rendezvous, caller_stopped)
{
    struct child client;
    uint64_t words[6] = {1};

    begin(1);
    child_make(&client, 0);
    thread_make(&client, 2, WORSE);
    receive(1, r, p);
    thread_call(&client, 2, SYS_CALL, child_give(&client, rendezvous, WRITE), words, 0);
    CHECK_OK(sys_process_stop(client.process));
    reply_receive(1, r, p, 50);
    CHECK(!thread_done(1));
    CHECK(!thread_done(2));
}

CASE(rendezvous, receiver_stopped)
{
    struct child server;
    uint64_t words[6] = {0};

    begin(2);
    child_make(&server, 0);
    thread_make(&server, 4, WORSE);
    words[0] = child_give(&server, reply, ALL);
    thread_call(&server, 4, SYS_RECEIVE, child_give(&server, rendezvous, READ), words, 0);
    delete (server.process);
    call(1, r, 9);
    CHECK(!thread_done(1));
    receive(2, r, p);
    check_got(2, 9, 0);
}

CASE(rendezvous, memory_revoked_under_all_of_them)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 12), object, answer, ro, po;

    begin(3);
    object = make_from(untyped, OBJECT_RENDEZVOUS, 0);
    answer = make_from(untyped, OBJECT_REPLY, 0);
    ro = child_give(&pool, object, ALL);
    po = child_give(&pool, answer, ALL);
    receive(1, ro, po);
    call(2, ro, 5);
    call(3, ro, 6);
    check_got(1, 5, 0);
    revoke(untyped);
    run_children();
    CHECK_EQ(untyped_used(untyped), 0);
    check_error(2, E_PEER_DEAD);
    check_error(3, E_PEER_DEAD);
}
