/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities that come with the words of a call, a send or an answer. */
#include "sync.h"

#define ARMED 40 /* a slot of the child's CNode */

static uint32_t cnode; /* the child's CNode, the child's address */
static uint32_t gift;  /* an endpoint with badge 99, the child's address */

static void arm(unsigned n, uint64_t index)
{
    uint64_t words[6] = {index};

    thread_call(&pool, n, SYS_RECEIVE_SLOT, cnode, words, 0);
    CHECK_EQ(SHARED->request[n].x[0], E_OK);
}

static void begin_transfer(unsigned count)
{
    begin(count);
    cnode = child_give(&pool, pool.cnode, ALL);
    gift = child_give(&pool, mint(make(OBJECT_ENDPOINT, 0), ALL, 99), ALL);
}

/* Whether a slot of the child's CNode holds a capability; it is deleted. */
static bool came(uint32_t index)
{
    uint32_t slot = slots_take(1);
    long error = sys_cnode_move(ROOT_CNODE, slot, pool.cnode, index);

    CHECK(error == E_OK || error == E_BAD_CAP);
    if (error == E_OK)
        delete (slot);
    return error == E_OK;
}

CASE(transfer, with_a_call)
{
    begin_transfer(2);
    arm(1, ARMED);
    receive(1, r, p);
    call_cap(2, r, 10, gift);
    check_words_flags(1, 10, 0, IPC_CAPABILITY);
    reply_receive(1, r, p, 20);
    check_got(2, 20, 0);
    CHECK(came(ARMED));
}

CASE(transfer, caller_first)
{
    begin_transfer(2);
    call_cap(2, r, 10, gift);
    arm(1, ARMED);
    receive(1, r, p);
    check_words_flags(1, 10, 0, IPC_CAPABILITY);
    CHECK(came(ARMED));
}

CASE(transfer, with_a_send)
{
    begin_transfer(3);
    arm(1, ARMED);
    receive(1, r, p);
    send(2, r, 10, gift);
    check_error(2, E_OK);
    check_words_flags(1, 10, 0, IPC_CAPABILITY | IPC_ONE_WAY);
    CHECK(came(ARMED));
    send(3, r, 30, gift);
    arm(1, ARMED);
    receive(1, r, p);
    check_words_flags(1, 30, 0, IPC_CAPABILITY | IPC_ONE_WAY);
    check_error(3, E_OK);
    CHECK(came(ARMED));
}

CASE(transfer, with_an_answer)
{
    begin_transfer(2);
    arm(2, ARMED);
    receive(1, r, p);
    call(2, r, 10);
    check_got(1, 10, 0);
    answer(1, p, 20, gift);
    CHECK_EQ(SHARED->request[1].x[0], E_OK);
    check_words_flags(2, 20, 0, IPC_CAPABILITY);
    CHECK(came(ARMED));
}

CASE(transfer, keeps_badge_and_rights)
{
    uint32_t endpoint = suite_endpoint(66, SUITE_PRIORITY), slot;

    begin_transfer(2);
    arm(1, ARMED);
    receive(1, r, p);
    call_cap(2, r, 10, child_give(&pool, endpoint, GRANT));
    slot = slots_take(1);
    CHECK_OK(sys_cnode_move(ROOT_CNODE, slot, pool.cnode, ARMED));
    CHECK_EQ(sys_doorbell(slot, SUITE_PRIORITY), E_NO_RIGHT);
    answer(1, p, 20, 0);
    arm(1, ARMED);
    receive(1, r, p);
    call_cap(2, r, 10, child_give(&pool, endpoint, WRITE | GRANT));
    slot = slots_take(1);
    CHECK_OK(sys_cnode_move(ROOT_CNODE, slot, pool.cnode, ARMED));
    CHECK_OK(sys_doorbell(slot, SUITE_PRIORITY));
    CHECK(wake_taken(66));
}

CASE(transfer, works_where_it_came)
{
    uint64_t words[6] = {SUITE_PRIORITY};

    begin_transfer(2);
    arm(1, ARMED);
    receive(1, r, p);
    call_cap(2, r, 10, child_give(&pool, suite_endpoint(66, SUITE_PRIORITY), ALL));
    thread_call(&pool, 1, SYS_DOORBELL, ARMED, words, 0);
    CHECK(wake_taken(66));
    run_children();
    CHECK(thread_done(1));
    CHECK_EQ(SHARED->request[1].x[0], E_OK);
}

CASE(transfer, is_derived_from_its_source)
{
    uint32_t source, given;

    begin_transfer(2);
    source = make(OBJECT_ENDPOINT, 0);
    given = child_give(&pool, source, ALL);
    arm(1, ARMED);
    receive(1, r, p);
    call_cap(2, r, 10, given);
    check_words_flags(1, 10, 0, IPC_CAPABILITY);
    revoke(source);
    CHECK(!came(ARMED));
}

CASE(transfer, nothing_armed)
{
    begin_transfer(3);
    receive(1, r, p);
    call_cap(2, r, 10, gift);
    check_error(2, E_NO_SLOT);
    send(2, r, 10, gift);
    check_error(2, E_NO_SLOT);
    CHECK(!thread_done(1));
    call(3, r, 30); /* the receiver has lost nothing */
    check_got(1, 30, 0);
}

CASE(transfer, armed_slot_is_full)
{
    begin_transfer(2);
    arm(1, gift);
    receive(1, r, p);
    call_cap(2, r, 10, gift);
    check_error(2, E_NO_SLOT);
    CHECK(!thread_done(1));
    CHECK(came(gift)); /* now it is empty, and still armed */
    call_cap(2, r, 10, r);
    check_words_flags(1, 10, 0, IPC_CAPABILITY);
    CHECK(came(gift));
}

CASE(transfer, armed_once)
{
    begin_transfer(2);
    arm(1, ARMED);
    receive(1, r, p);
    call_cap(2, r, 10, gift);
    CHECK(came(ARMED));
    reply_receive(1, r, p, 20);
    call_cap(2, r, 30, gift);
    check_error(2, E_NO_SLOT);
}

CASE(transfer, disarmed)
{
    begin_transfer(2);
    arm(1, ARMED);
    arm(1, 0);
    receive(1, r, p);
    call_cap(2, r, 10, gift);
    check_error(2, E_NO_SLOT);
}

CASE(transfer, armed_for_the_thread_not_its_process)
{
    begin_transfer(3);
    arm(3, ARMED);
    receive(1, r, p);
    call_cap(2, r, 10, gift);
    check_error(2, E_NO_SLOT);
}

CASE(transfer, armed_cnode_goes_away)
{
    uint64_t words[6] = {3};
    uint32_t other = make(OBJECT_CNODE, 4), given;

    begin_transfer(2);
    given = child_give(&pool, other, ALL);
    thread_call(&pool, 1, SYS_RECEIVE_SLOT, given, words, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_OK);
    receive(1, r, p);
    revoke(other);
    delete (other);
    call_cap(2, r, 10, gift);
    check_error(2, E_NO_SLOT);
    CHECK(!thread_done(1));
}

CASE(transfer, needs_the_right_to_grant)
{
    uint32_t weak;

    begin_transfer(2);
    weak = child_give(&pool, make(OBJECT_ENDPOINT, 0), READ | WRITE);
    call_cap(2, r, 10, weak); /* even if nobody receives yet */
    check_error(2, E_NO_RIGHT);
    arm(1, ARMED);
    receive(1, r, p);
    call_cap(2, r, 10, weak);
    check_error(2, E_NO_RIGHT);
    CHECK(!thread_done(1) && !came(ARMED));
}

CASE(transfer, of_nothing)
{
    begin_transfer(2);
    arm(1, ARMED);
    receive(1, r, p);
    call_cap(2, r, 10, 60);
    check_error(2, E_BAD_CAP);
    thread_call(&pool, 2, SYS_CALL_CAP, r, NULL, 1ull << 32 | gift);
    check_error(2, E_BAD_CAP);
    CHECK(!thread_done(1));
}

CASE(transfer, source_goes_while_the_sender_waits)
{
    begin_transfer(3);
    call_cap(2, r, 20, gift);
    call(3, r, 30);
    CHECK(came(gift)); /* which takes it away */
    arm(1, ARMED);
    receive(1, r, p);
    check_error(2, E_BAD_CAP);
    check_got(1, 30, 0);
    CHECK(!came(ARMED));
}

CASE(transfer, those_that_cannot_are_passed_over)
{
    begin_transfer(5);
    for (unsigned n = 2; n <= 4; n++)
        send(n, r, 10 * n, gift);
    call(5, r, 50);
    receive(1, r, p);
    for (unsigned n = 2; n <= 4; n++)
        check_error(n, E_NO_SLOT);
    check_got(1, 50, 0);
}

CASE(transfer, many_that_cannot_end_the_receive)
{
    begin_transfer(2);
    SHARED->word[3] = r;
    for (unsigned i = 0; i < 12; i++) {
        uint32_t thread = make(OBJECT_THREAD, 0);

        CHECK_OK(sys_thread_configure(thread, pool.process, (uint64_t)thread_offer,
                                      STACKS + 4096 * 5 + 512 * (i + 1), 0, gift, WORSE));
        CHECK_OK(sys_thread_start(thread));
    }
    run_children();
    for (unsigned refused = 4; refused <= 8; refused += 4) {
        receive(1, r, p);
        check_error(1, E_AGAIN);
        CHECK_EQ(SHARED->word[16 - E_NO_SLOT], refused);
    }
    receive(1, r, p);
    CHECK(!thread_done(1));
    CHECK_EQ(SHARED->word[16 - E_NO_SLOT], 12);
}

CASE(transfer, answer_that_cannot_changes_nothing)
{
    begin_transfer(2);
    receive(1, r, p);
    call(2, r, 10);
    answer(1, p, 20, gift);
    CHECK_EQ(SHARED->request[1].x[0], E_NO_SLOT);
    answer(1, p, 20, 60);
    CHECK_EQ(SHARED->request[1].x[0], E_BAD_CAP);
    CHECK(!thread_done(2));
    answer(1, p, 30, 0);
    check_got(2, 30, 0);
}

CASE(transfer, of_untyped_memory)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 12), given, slot = slots_take(1);

    begin_transfer(2);
    given = child_give(&pool, untyped, ALL);
    arm(1, ARMED);
    receive(1, r, p);
    call_cap(2, r, 10, given);
    check_words_flags(1, 10, 0, IPC_CAPABILITY);
    /* It takes all memory along. */
    answer(1, p, 20, 0);
    arm(1, ARMED + 1);
    receive(1, r, p);
    call_cap(2, r, 10, given);
    check_error(2, E_IN_USE);
    CHECK_OK(sys_cnode_move(ROOT_CNODE, slot, pool.cnode, ARMED));
    make_from(slot, OBJECT_ENDPOINT, 0);
}

CASE(transfer, receive_slot_refuses)
{
    uint64_t words[6] = {1ull << CHILD_CNODE_BITS};
    uint32_t weak;

    begin_transfer(1);
    CHECK_EQ(sys_receive_slot(pool.cnode, 1), E_STATE);
    thread_call(&pool, 1, SYS_RECEIVE_SLOT, cnode, words, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_BAD_ARGUMENT);
    words[0] = ARMED;
    weak = child_give(&pool, pool.cnode, READ);
    thread_call(&pool, 1, SYS_RECEIVE_SLOT, weak, words, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_NO_RIGHT);
    thread_call(&pool, 1, SYS_RECEIVE_SLOT, r, words, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_BAD_TYPE);
    thread_call(&pool, 1, SYS_RECEIVE_SLOT, 60, words, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_BAD_CAP);
}

CASE(transfer, between_two_processes)
{
    struct child client;
    uint64_t words[SYS_RENDEZVOUS_WORDS] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    uint32_t given;

    begin_transfer(1);
    child_make(&client, 0);
    thread_make(&client, 2, WORSE);
    given = child_give(&client, make(OBJECT_ENDPOINT, 0), ALL);
    arm(1, ARMED);
    receive(1, r, p);
    thread_message(&client, 2, SYS_CALL_CAP, child_give(&client, rendezvous, WRITE), words, given);
    check_words_flags(1, 1, 0, IPC_CAPABILITY);
    CHECK(came(ARMED));
    CHECK_OK(sys_process_stop(client.process));
}
