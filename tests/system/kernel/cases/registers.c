/* SPDX-License-Identifier: BSD-2-Clause */
/* The register rule: what calls preserve, what they zero, and that no register carries anything
 * from one process to another. */
#include "suite.h"

static struct child child;

static uint64_t pattern(unsigned i, uint64_t seed)
{
    return seed * 0x9e3779b97f4a7c15ull + i * 0x0101010101010101ull;
}

static void fill(struct registers *r, uint64_t seed)
{
    for (unsigned i = 1; i < 32; i++)
        r->x[i] = pattern(i, seed);
}

static void fill_call(struct registers *r, uint64_t seed, unsigned number, uint32_t cptr)
{
    fill(r, seed);
    r->x[REG_A7] = SYS_INVOKED_(number, cptr);
}

static bool is_saved(unsigned i)
{
    return i == REG_GP || i == REG_TP || i == 8 || i == 9 || (i >= 18 && i <= 27);
}

/* Preserved: s0..s11, sp, gp, tp. The results a0.. a[results - 1] are for the caller to check; all
 * others are zero. */
static void check_rule(const struct registers *r, uint64_t seed, unsigned results)
{
    CHECK_EQ(r->x[0], 0);
    CHECK_EQ(r->x[REG_SP], 0);
    for (unsigned i = 1; i < 32; i++) {
        if (is_saved(i))
            CHECK_EQ(r->x[i] ^ pattern(i, seed), 0);
        else if (i != REG_SP && (i < REG_A0 || i >= REG_A0 + results))
            CHECK_EQ(r->x[i] + 1000000ull * i, 1000000ull * i);
    }
}

static void check_call(unsigned number, uint32_t cptr, uint64_t a0, long wanted)
{
    struct registers r;

    fill_call(&r, 1, number, cptr);
    r.x[REG_A0] = a0;
    registers_ecall(&r, EXECUTOR_BASE);
    CHECK_EQ(r.x[REG_A0], wanted);
    check_rule(&r, 1, wanted < 0 && number > SYS_DELIVER ? 3 : 1); /* with the details */
}

CASE(registers, null)
{
    check_call(SYS_NULL, 0, 5, E_OK);
}

CASE(registers, invoked_capability_refused)
{
    check_call(SYS_UNTYPED_INFO, slots_take(1), 5, E_BAD_CAP);
}

CASE(registers, doorbell)
{
    child_run(&child, child_idle, 0);
    check_call(SYS_DOORBELL, child.bell, WORSE, E_OK);
}

CASE(registers, doorbell_that_preempts)
{
    child_run(&child, child_idle, 0);
    check_call(SYS_DOORBELL, child.bell, BETTER, E_OK);
    CHECK_EQ(SHARED->entries, 1);
}

CASE(registers, doorbell_refused)
{
    check_call(SYS_DOORBELL, slots_take(1), 0, E_BAD_CAP);
    check_call(SYS_DOORBELL, make(OBJECT_ENDPOINT, 0), 0, E_PEER_DEAD);
}

CASE(registers, doorbell_yield_refused)
{
    check_call(SYS_DOORBELL_YIELD, make(OBJECT_ENDPOINT, 0), SUITE_PRIORITY, E_PEER_DEAD);
}

CASE(registers, deliver_refused)
{
    check_call(SYS_DELIVER, make(OBJECT_ENDPOINT, 0), 3, E_PEER_DEAD);
    check_call(SYS_DELIVER, suite_endpoint(3, 0), 3, E_AGAIN);
}

CASE(registers, yield_that_returns)
{
    CHECK_OK(sys_doorbell(suite_endpoint(66, 0), SUITE_PRIORITY));
    check_call(SYS_YIELD, 0, 9, E_OK);
    wakes_clear();
    suite_line()->bitmap = 1ull << SUITE_PRIORITY;
    check_call(SYS_YIELD, 0, 9, E_OK);
}

CASE(registers, thread_yield_of_a_process)
{
    check_call(SYS_THREAD_YIELD, 0, 9, E_STATE);
}

CASE(registers, thread_yield_that_is_preempted)
{
    child_make(&child, 0);
    child_start(&child, child_log, 1, WORSE);
    suite_priority(PRIORITY_COUNT - 1);
    check_call(SYS_THREAD_YIELD, 0, 9, E_STATE);
    CHECK_EQ(SHARED->logged, 1);
}

CASE(registers, retype_refused)
{
    check_call(SYS_UNTYPED_RETYPE, arena, 999, E_BAD_ARGUMENT);
    check_call(SYS_UNTYPED_RETYPE, slots_take(1), 999, E_BAD_CAP);
}

CASE(registers, retype_that_restarts)
{
    struct registers r;

    fill_call(&r, 3, SYS_UNTYPED_RETYPE, arena);
    r.x[REG_A0] = OBJECT_FRAME;
    r.x[REG_A0 + 1] = 21;
    r.x[REG_A0 + 2] = ROOT_CNODE;
    r.x[REG_A0 + 3] = slots_take(1);
    r.x[REG_A0 + 4] = 1;
    registers_ecall(&r, EXECUTOR_BASE);
    CHECK_EQ(r.x[REG_A0], E_OK);
    check_rule(&r, 3, 1);
}

CASE(registers, results_and_zero_after_them)
{
    struct registers r;

    fill_call(&r, 4, SYS_UNTYPED_INFO, arena);
    registers_ecall(&r, EXECUTOR_BASE);
    CHECK_EQ(r.x[REG_A0], E_OK);
    CHECK_EQ(r.x[REG_A0 + 2], ARENA_BITS);
    check_rule(&r, 4, 5);
}

CASE(registers, errors_give_no_results)
{
    check_call(SYS_UNTYPED_INFO, ROOT_PROCESS, 1, E_BAD_TYPE);
    check_call(SYS_PROCESS_INFO, slots_take(1), 1, E_BAD_CAP);
    child_run(&child, child_idle, 0);
    check_call(SYS_FAULT_READ, child.process, 1, E_STATE);
}

CASE(registers, synchronous_calls_of_a_process)
{
    static const unsigned numbers[] = {SYS_CALL, SYS_RECEIVE, SYS_REPLY_RECEIVE};
    uint32_t rendezvous = make(OBJECT_RENDEZVOUS, 0);

    for (unsigned i = 0; i < 3; i++) {
        struct registers r;

        fill_call(&r, 5, numbers[i], rendezvous);
        registers_ecall(&r, EXECUTOR_BASE);
        CHECK_EQ(r.x[16], E_STATE);
        r.x[16] = 0;
        CHECK_EQ(r.x[REG_A0], 0);
        check_rule(&r, 5, 3);
    }
}

/* ---- after a yield ---- */

/* A wake comes with its event, or, from another hart, as a bit. */
static bool is_event(uint64_t found, uint64_t wanted)
{
    return found == wanted || (found == EVENT_WAKE && (wanted & 0xff) == EVENT_RUNG);
}

/* Entered by an event: only sp, gp, tp and a0..a7 as given. */
static void check_entered(const struct registers *r, const uint64_t event[8])
{
    CHECK_EQ(r->x[0], 1);
    CHECK_EQ(r->x[REG_SP], 0);
    CHECK_EQ(r->x[REG_GP], EXECUTOR_BASE);
    CHECK_EQ(r->x[REG_TP], suite_line()->tp);
    for (unsigned i = 1; i < 32; i++) {
        if (i == REG_A7)
            CHECK(is_event(r->x[i], event[7]));
        else if (i >= REG_A0 && i < REG_A7)
            CHECK_EQ(r->x[i], event[i - REG_A0]);
        else if (i != REG_SP && i != REG_GP && i != REG_TP)
            CHECK_EQ(r->x[i] + 1000000ull * i, 1000000ull * i);
    }
}

static const uint64_t rung_event[8] = {0, 0, 0, 0, 0, 0, 0, EVENT_RUNG | 81 << 8};
static const uint64_t timer_event[8] = {0, 0, 0, 0, 0, 0, 0, EVENT_RUNG | 90 << 8};

/* The child makes this call with secrets in all other registers while the suite waits. */
static void check_secret_call(unsigned number, uint64_t a0, uint64_t a6, const uint64_t event[8])
{
    struct registers r;

    child_make(&child, 0);
    fill_call(&SHARED->registers[0], 77, number, child_give(&child, suite_endpoint(81, 0), WRITE));
    SHARED->registers[0].x[REG_GP] = EXECUTOR_BASE;
    SHARED->registers[0].x[REG_A0] = a0;
    SHARED->registers[0].x[16] = a6;
    child_start(&child, child_ecall, 0, WORSE);
    fill(&r, 6);
    suite_yield(&r);
    check_entered(&r, event);
}

CASE(registers, no_leak_from_doorbell)
{
    check_secret_call(SYS_DOORBELL, SUITE_PRIORITY, 1, rung_event);
}

CASE(registers, no_leak_from_quick_doorbell_yield)
{
    check_secret_call(SYS_DOORBELL_YIELD, WORSE, 1, rung_event);
}

CASE(registers, no_leak_from_careful_doorbell_yield)
{
    check_secret_call(SYS_DOORBELL_YIELD, SUITE_PRIORITY, 1, rung_event);
}

static void check_secret_deliver(uint64_t priority)
{
    uint64_t event[8], header = priority << MESSAGE_PRIORITY_SHIFT | 5ull << 32 | 123;

    for (unsigned i = 0; i < 6; i++)
        event[i] = pattern(REG_A0 + i, 77);
    event[0] = 1;
    event[6] = header;
    event[7] = EVENT_MESSAGE | 81 << 8;
    check_secret_call(SYS_DELIVER, 1, header, event);
}

CASE(registers, no_leak_from_quick_deliver)
{
    check_secret_deliver(WORSE);
}

CASE(registers, no_leak_from_careful_deliver)
{
    check_secret_deliver(WORSE + 1);
}

CASE(registers, no_leak_from_a_preempted_one)
{
    struct registers r;

    child_make(&child, 0);
    fill(&SHARED->registers[0], 77);
    SHARED->registers[0].x[REG_T5] = (uint64_t)&SHARED->word[0];
    child_start(&child, child_spin_registers, 0, WORSE);
    fill(&r, 6);
    suite_yield_for_timer(&r);
    check_entered(&r, timer_event);
}

CASE(registers, no_leak_into_a_new_process)
{
    struct child other;

    child_make(&child, 0);
    child_make(&other, 0);
    fill_call(&SHARED->registers[1], 77, SYS_YIELD, 0);
    SHARED->registers[1].x[REG_GP] = EXECUTOR_BASE;
    child_start(&child, child_ecall, 1, WORSE);
    child_start(&other, registers_entry, 4711, WORSE);
    run_children();
    CHECK_EQ(SHARED->entries, 1);
    for (unsigned i = 1; i < 32; i++) {
        uint64_t wanted = i == REG_SP   ? STACKS + 4096
                          : i == REG_GP ? EXECUTOR_BASE
                          : i == REG_A0 ? 4711
                                        : 0;

        CHECK_EQ(SHARED->registers[0].x[i], wanted);
    }
}

CASE(registers, no_leak_into_a_new_thread)
{
    child_make(&child, 0);
    fill_call(&SHARED->registers[1], 77, SYS_THREAD_YIELD, 0);
    thread_start_at(&child, 1, thread_ecall, 1, WORSE);
    thread_start_at(&child, 2, registers_entry, 4711, WORSE);
    run_children();
    CHECK_EQ(SHARED->entries, 1);
    for (unsigned i = 1; i < 32; i++) {
        uint64_t wanted = i == REG_SP ? STACKS + 3 * 4096 : i == REG_A0 ? 4711 : 0;

        CHECK_EQ(SHARED->registers[0].x[i], wanted);
    }
}

CASE(registers, tp_and_sp_come_from_the_line)
{
    struct registers r = {0};
    uint64_t before = suite_line()->tp;

    suite_line()->tp = 0x123456789;
    suite_yield_for_timer(&r);
    suite_line()->tp = before;
    CHECK_EQ(r.x[REG_TP], 0x123456789);
    CHECK_EQ(r.x[REG_SP], 0);
}

/* ---- threads ---- */

/* Thread n makes a call with patterns in all registers; words in a0..a5, reply in a6. */
static void start_caller(unsigned n, unsigned number, uint32_t cptr, uint64_t reply)
{
    fill_call(&SHARED->registers[n], n, number, cptr);
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
        CHECK_EQ(r->x[REG_A0 + i], pattern(REG_A0 + i, seed));
    CHECK_EQ(r->x[16], E_OK);
    CHECK_EQ(r->x[REG_A7], badge);
    check_rule(r, n, 8);
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
    check_rule(&SHARED->registers[2], 2, 0);
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
    check_rule(&SHARED->registers[1], 1, 0);
}

static void check_thread_call(unsigned number, uint64_t a0, unsigned ring)
{
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0);

    child_make(&child, 0);
    CHECK_OK(sys_process_bind(child.process, endpoint, 5, 0));
    fill_call(&SHARED->registers[1], 1, number, 0);
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
    check_rule(&SHARED->registers[1], 1, 1);
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
    check_rule(&SHARED->registers[1], 1, 0);
    start_caller(3, SYS_SEND, cptr, 0);
    start_caller(1, SYS_RECEIVE, cptr, with); /* at once */
    run_children();
    check_rule(&SHARED->registers[3], 3, 0);
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
    check_rule(&SHARED->registers[3], 3, 1);
}

CASE(registers, synchronous_calls_that_time_out)
{
    uint32_t rendezvous = make(OBJECT_RENDEZVOUS, 0);

    child_make(&child, 0);
    fill_call(&SHARED->registers[1], 1, SYS_THREAD_DEADLINE, 0);
    SHARED->registers[1].x[REG_A0] = 1;
    SHARED->word[3] = child_give(&child, rendezvous, ALL);
    thread_start_at(&child, 1, thread_ecall_late, 1, WORSE);
    suite_sleep_until(&SHARED->word[33]);
    CHECK_EQ(SHARED->registers[1].x[16], E_TIMEOUT);
    SHARED->registers[1].x[16] = 0;
    check_rule(&SHARED->registers[1], 1, 0);
}

CASE(registers, refusals_of_the_new_calls)
{
    check_call(SYS_REPLY, make(OBJECT_REPLY, 0), 5, E_STATE);
    check_call(SYS_RECEIVE_SLOT, ROOT_CNODE, 5, E_STATE);
    check_call(SYS_THREAD_DEADLINE, 0, 5, E_STATE);
    check_call(SYS_THREAD_PRIORITY, slots_take(1), 5, E_BAD_CAP);
    check_call(SYS_THREAD_INFO, slots_take(1), 5, E_BAD_CAP);
}
