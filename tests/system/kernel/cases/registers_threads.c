/* SPDX-License-Identifier: BSD-2-Clause */
/* The register rule where threads call, wait and answer. */
#include "rule.h"

static struct child child;

/* Thread n makes a call with patterns in all registers; words in a0..a5 and t3..t6, reply in a6. */
static void start_caller(unsigned n, unsigned number, uint32_t cptr, uint64_t reply)
{
    rule_fill_call(&SHARED->registers[n], n, number, cptr);
    if (number == SYS_RECEIVE)
        SHARED->registers[n].x[REG_A0] = reply;
    SHARED->registers[n].x[16] = reply;
    thread_start_at(&child, n, thread_ecall, n, WORSE);
}

static void check_words(unsigned n, uint64_t seed, uint64_t badge)
{
    struct registers *r = &SHARED->registers[n];

    CHECK_EQ(SHARED->word[32 + n], 1);
    for (unsigned i = 0; i < 6; i++)
        CHECK_EQ(r->x[REG_A0 + i], rule_pattern(REG_A0 + i, seed));
    for (unsigned i = REG_T3; i < 32; i++) {
        CHECK_EQ(r->x[i], rule_pattern(i, seed));
        r->x[i] = 0;
    }
    CHECK_EQ(r->x[16], E_OK);
    CHECK_EQ(r->x[REG_A7], badge);
    rule_check(r, n, 8);
}

CASE(registers, call_and_receive)
{
    uint32_t rendezvous = make(OBJECT_RENDEZVOUS, 0), cptr, reply;

    child_make(&child, 0);
    cptr = child_give(&child, mint(rendezvous, ALL, 0xabcdef), ALL);
    reply = child_give(&child, make(OBJECT_REPLY, 0), ALL);
    start_caller(1, SYS_RECEIVE, cptr, reply); /* first: the caller finds it waiting */
    start_caller(2, SYS_CALL, cptr, 0);
    run_children();
    check_words(1, 2, 0xabcdef);
    CHECK_EQ(SHARED->word[34], 0);
    start_caller(3, SYS_REPLY_RECEIVE, cptr, reply);
    run_children();
    check_words(2, 3, 0);
}

CASE(registers, receive_finds_a_caller)
{
    uint32_t rendezvous = make(OBJECT_RENDEZVOUS, 0), cptr, reply;

    child_make(&child, 0);
    cptr = child_give(&child, mint(rendezvous, ALL, 99), ALL);
    reply = child_give(&child, make(OBJECT_REPLY, 0), ALL);
    start_caller(2, SYS_CALL, cptr, 0);
    run_children();
    start_caller(1, SYS_RECEIVE, cptr, reply);
    run_children();
    check_words(1, 2, 99);
}

CASE(registers, call_that_fails)
{
    uint32_t rendezvous = make(OBJECT_RENDEZVOUS, 0);

    child_make(&child, 0);
    start_caller(1, SYS_CALL, child_give(&child, rendezvous, ALL), 0);
    start_caller(2, SYS_CALL, 60, 0);
    run_children();
    CHECK_EQ(SHARED->registers[2].x[16], E_BAD_CAP);
    SHARED->registers[2].x[16] = 0;
    rule_check(&SHARED->registers[2], 2, 0);
}

CASE(registers, call_whose_peer_dies)
{
    uint32_t rendezvous = make(OBJECT_RENDEZVOUS, 0);

    child_make(&child, 0);
    start_caller(1, SYS_CALL, child_give(&child, rendezvous, ALL), 0);
    run_children();
    revoke(rendezvous);
    delete (rendezvous);
    run_children();
    CHECK_EQ(SHARED->word[33], 1);
    CHECK_EQ(SHARED->registers[1].x[16], E_PEER_DEAD);
    SHARED->registers[1].x[16] = 0;
    rule_check(&SHARED->registers[1], 1, 0);
}

static void check_thread_call(unsigned number, uint64_t a0, unsigned ring)
{
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0);

    child_make(&child, 0);
    CHECK_OK(sys_process_bind(child.process, endpoint, 5, 0));
    rule_fill_call(&SHARED->registers[1], 1, number, 0);
    SHARED->registers[1].x[REG_A0] = a0;
    if (ring == 1)
        CHECK_OK(sys_doorbell(endpoint, WORSE));
    thread_start_at(&child, 1, thread_ecall, 1, WORSE);
    thread_start_at(&child, 2, thread_log, 2, WORSE);
    run_children();
    if (ring == 2) {
        CHECK_EQ(SHARED->word[33], 0);
        CHECK_OK(sys_doorbell(endpoint, WORSE));
        run_children();
    }
    CHECK_EQ(SHARED->word[33], 1);
    CHECK_EQ(SHARED->registers[1].x[REG_A0], E_OK);
    rule_check(&SHARED->registers[1], 1, 1);
}

CASE(registers, thread_yield)
{
    check_thread_call(SYS_THREAD_YIELD, 0, 0);
}

CASE(registers, thread_wait_that_returns)
{
    check_thread_call(SYS_THREAD_WAIT, 5, 1);
}

CASE(registers, thread_wait_that_blocks)
{
    check_thread_call(SYS_THREAD_WAIT, 5, 2);
}

CASE(registers, send_and_answer)
{
    uint32_t rendezvous = make(OBJECT_RENDEZVOUS, 0), reply = make(OBJECT_REPLY, 0), cptr, with;

    child_make(&child, 0);
    cptr = child_give(&child, rendezvous, ALL);
    with = child_give(&child, reply, ALL);
    start_caller(1, SYS_SEND, cptr, 0); /* first: it blocks */
    run_children();
    start_caller(2, SYS_RECEIVE, cptr, with);
    run_children();
    CHECK_EQ(SHARED->registers[2].x[16], IPC_ONE_WAY);
    SHARED->registers[2].x[16] = E_OK;
    check_words(2, 1, 0);
    rule_check(&SHARED->registers[1], 1, 0);
    start_caller(3, SYS_SEND, cptr, 0);
    start_caller(1, SYS_RECEIVE, cptr, with); /* at once */
    run_children();
    rule_check(&SHARED->registers[3], 3, 0);
}

CASE(registers, call_cap_and_reply)
{
    uint32_t rendezvous = make(OBJECT_RENDEZVOUS, 0), cptr, with;

    child_make(&child, 0);
    cptr = child_give(&child, rendezvous, ALL);
    with = child_give(&child, make(OBJECT_REPLY, 0), ALL);
    start_caller(1, SYS_RECEIVE, cptr, with);
    start_caller(2, SYS_CALL_CAP, cptr, 0);
    run_children();
    check_words(1, 2, 0);
    start_caller(3, SYS_REPLY, with, 0);
    run_children();
    check_words(2, 3, 0);
    CHECK_EQ(SHARED->registers[3].x[REG_A0], E_OK);
    rule_check(&SHARED->registers[3], 3, 1);
}

CASE(registers, synchronous_calls_that_time_out)
{
    uint32_t rendezvous = make(OBJECT_RENDEZVOUS, 0);

    child_make(&child, 0);
    rule_fill_call(&SHARED->registers[1], 1, SYS_THREAD_DEADLINE, 0);
    SHARED->registers[1].x[REG_A0] = 1;
    SHARED->word[3] = child_give(&child, rendezvous, ALL);
    thread_start_at(&child, 1, thread_ecall_late, 1, WORSE);
    suite_sleep_until(&SHARED->word[33]);
    CHECK_EQ(SHARED->registers[1].x[16], E_TIMEOUT);
    SHARED->registers[1].x[16] = 0;
    rule_check(&SHARED->registers[1], 1, 0);
}
