/* SPDX-License-Identifier: BSD-2-Clause */
/* The register rule: what calls preserve, what they zero, and that no register carries anything
 * from one process to another. */
#include "rule.h"

static struct child child;

static void check_call(unsigned number, uint32_t cptr, uint64_t a0, long wanted)
{
    struct registers r;

    rule_fill_call(&r, 1, number, cptr);
    r.x[REG_A0] = a0;
    registers_ecall(&r, EXECUTOR_BASE);
    CHECK_EQ(r.x[REG_A0], wanted);
    rule_check(&r, 1, wanted < 0 && number > SYS_DELIVER ? 3 : 1); /* with the details */
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

    rule_fill_call(&r, 3, SYS_UNTYPED_RETYPE, arena);
    r.x[REG_A0] = OBJECT_FRAME;
    r.x[REG_A0 + 1] = 21;
    r.x[REG_A0 + 2] = ROOT_CNODE;
    r.x[REG_A0 + 3] = slots_take(1);
    r.x[REG_A0 + 4] = 1;
    registers_ecall(&r, EXECUTOR_BASE);
    CHECK_EQ(r.x[REG_A0], E_OK);
    rule_check(&r, 3, 1);
}

CASE(registers, results_and_zero_after_them)
{
    struct registers r;

    rule_fill_call(&r, 4, SYS_UNTYPED_INFO, arena);
    registers_ecall(&r, EXECUTOR_BASE);
    CHECK_EQ(r.x[REG_A0], E_OK);
    CHECK_EQ(r.x[REG_A0 + 2], ARENA_BITS);
    rule_check(&r, 4, 5);
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

        rule_fill_call(&r, 5, numbers[i], rendezvous);
        registers_ecall(&r, EXECUTOR_BASE);
        CHECK_EQ(r.x[16], E_STATE);
        r.x[16] = 0;
        CHECK_EQ(r.x[REG_A0], 0);
        rule_check(&r, 5, 3);
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
    rule_fill_call(&SHARED->registers[0], 77, number,
                   child_give(&child, suite_endpoint(81, 0), WRITE));
    SHARED->registers[0].x[REG_GP] = EXECUTOR_BASE;
    SHARED->registers[0].x[REG_A0] = a0;
    SHARED->registers[0].x[16] = a6;
    child_start(&child, child_ecall, 0, WORSE);
    rule_fill(&r, 6);
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
        event[i] = rule_pattern(REG_A0 + i, 77);
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
    rule_fill(&SHARED->registers[0], 77);
    SHARED->registers[0].x[REG_T5] = (uint64_t)&SHARED->word[0];
    child_start(&child, child_spin_registers, 0, WORSE);
    rule_fill(&r, 6);
    suite_yield_for_timer(&r);
    check_entered(&r, timer_event);
}

CASE(registers, no_leak_into_a_new_process)
{
    struct child other;

    child_make(&child, 0);
    child_make(&other, 0);
    rule_fill_call(&SHARED->registers[1], 77, SYS_YIELD, 0);
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
    rule_fill_call(&SHARED->registers[1], 77, SYS_THREAD_YIELD, 0);
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

CASE(registers, refusals_of_the_new_calls)
{
    check_call(SYS_REPLY, make(OBJECT_REPLY, 0), 5, E_STATE);
    check_call(SYS_RECEIVE_SLOT, ROOT_CNODE, 5, E_STATE);
    check_call(SYS_THREAD_DEADLINE, 0, 5, E_STATE);
    check_call(SYS_THREAD_PRIORITY, slots_take(1), 5, E_BAD_CAP);
    check_call(SYS_THREAD_INFO, slots_take(1), 5, E_BAD_CAP);
}
