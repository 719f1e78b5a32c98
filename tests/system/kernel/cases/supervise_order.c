/* SPDX-License-Identifier: BSD-2-Clause */
/* Who goes on when a fault meets the thread that waits for it, and when that one lets it go on: the
 * CPU passes from one to the other at once, but nobody as good or better is overtaken. */
#include "faults.h"
#include "rule.h"

#define SLOT  20 /* of the supervisor: its child's faults */
#define LIST  64 /* slots with this distance share a list in the kernel */
#define CALLS 5

static struct child supervisor, child, other;

/* Thread 1 of the supervisor waits for requests. */
static void begin(unsigned priority)
{
    uint32_t bell = make(OBJECT_ENDPOINT, 0);

    child_make(&supervisor, 0);
    thread_make(&supervisor, 1, priority);
    CHECK_OK(sys_process_bind(supervisor.process, bell, SLOT, 0));
    child_make_watched(&child, 0, bell);
    child_make(&other, 0);
}

/* A faulting thread of the child, and its slot taken. Value: the supervisor's address of it. */
static uint32_t start_faulting(uint32_t *thread, unsigned priority)
{
    *thread = thread_start_at(&child, 2, fault_load, WINDOW, priority);
    run_children();
    CHECK_EQ(child_state(&child), PROCESS_FAULTED);
    thread_call(&supervisor, 1, SYS_THREAD_WAIT, 0, (uint64_t[6]){SLOT}, 0);
    CHECK(thread_done(1));
    return child_give(&supervisor, *thread, READ | WRITE);
}

static void resume(uint32_t cptr, uint64_t slot)
{
    thread_call(&supervisor, 1, SYS_FAULT_RESUME, cptr, (uint64_t[6]){slot, 1}, 0);
}

static void check_told(uint64_t number)
{
    const uint64_t *x = SHARED->request[1].x;

    CHECK(thread_done(1));
    CHECK_EQ(x[0], E_OK);
    CHECK_EQ(x[1], CAUSE_LOAD);
    CHECK_EQ(x[2], WINDOW);
    CHECK_EQ(x[5], number);
}

static void check_rounds(unsigned supervisor_priority, unsigned child_priority)
{
    uint32_t thread, cptr;

    begin(supervisor_priority);
    cptr = start_faulting(&thread, child_priority);
    for (unsigned i = 0; i < CALLS; i++) {
        resume(cptr, SLOT);
        check_told(1);
    }
}

CASE(supervise, a_worse_one)
{
    check_rounds(BETTER, WORSE);
}

CASE(supervise, an_equal)
{
    check_rounds(WORSE, WORSE);
}

CASE(supervise, a_better_one)
{
    check_rounds(WORSE, WORSE - 1);
}

CASE(supervise, both_better_than_the_suite)
{
    check_rounds(BETTER + 1, BETTER);
}

CASE(supervise, worst_priority_of_all)
{
    check_rounds(BETTER, PRIORITY_COUNT - 2);
}

/* Whether the first to log is the one that was ready before the one that goes on. */
static bool waited_longer_logs_first(void)
{
    uint32_t thread, cptr;

    begin(BETTER);
    cptr = start_faulting(&thread, WORSE);
    register_set(thread, 0, (uint64_t)thread_log);
    register_set(thread, 10, 7);
    SHARED->logged = 0;
    thread_start_at(&other, 3, thread_log, 8, WORSE); /* the suite is better than that */
    resume(cptr, SLOT);
    CHECK(!thread_done(1));
    CHECK_EQ(SHARED->logged, 6);
    CHECK_EQ(SHARED->log[0] + SHARED->log[1], 7 + 8);
    return SHARED->log[0] == 8;
}

/* Who is as good as the one that goes on, and ready before it, runs first. (Its turn may be over
 * before it has logged, where the host is busy.) */
CASE(supervise, equals_take_their_turn)
{
    unsigned tries = CALLS;

    while (!waited_longer_logs_first() && --tries > 0)
        ;
    CHECK(tries > 0);
}

/* Rings and faults, and then the same once more. */
static void ring_and_fault(uint64_t endpoint)
{
    for (;;) {
        (void)!sys_doorbell((uint32_t)endpoint, 0);
        SHARED->word[1] = SHARED->request[1].done;
        fault_load(WINDOW);
    }
}

/* Waits for slot 5, and notes how often the supervisor's calls had come back. */
static void note_calls(uint64_t unused)
{
    while (sys_thread_wait(5) == E_OK)
        SHARED->word[2] = SHARED->request[1].done + 100 + unused;
}

/* Whether a third one, which became ready before the fault, runs before the supervisor or after. */
static bool third_comes(unsigned priority, bool first)
{
    uint32_t rung = make(OBJECT_ENDPOINT, 0);
    uint64_t done;

    begin(WORSE);
    CHECK_OK(sys_process_bind(other.process, rung, 5, 0));
    thread_start_at(&other, 3, note_calls, 0, priority);
    thread_call(&supervisor, 1, SYS_THREAD_WAIT, 0, (uint64_t[6]){SLOT}, 0);
    CHECK(!thread_done(1));
    done = SHARED->request[1].done;
    thread_start_at(&child, 2, ring_and_fault, child_give(&child, rung, WRITE), WORSE - 4);
    run_children();
    check_told(1);
    CHECK_EQ(SHARED->word[1], done);
    return SHARED->word[2] == done + (first ? 100 : 101);
}

CASE(supervise, a_better_one_comes_first)
{
    CHECK(third_comes(WORSE - 2, true));
}

CASE(supervise, an_equal_comes_first)
{
    unsigned tries = CALLS; /* as above */

    while (!third_comes(WORSE, true) && --tries > 0)
        ;
    CHECK(tries > 0);
}

CASE(supervise, a_worse_one_comes_later)
{
    CHECK(third_comes(WORSE + 2, false));
}

/* A slot that is set already, by whatever: the call returns, and the other one has gone on. */
CASE(supervise, slot_that_is_set)
{
    uint32_t thread, cptr, bell = make(OBJECT_ENDPOINT, 0);

    begin(BETTER);
    CHECK_OK(sys_process_bind(supervisor.process, bell, SLOT + 1, 0));
    cptr = start_faulting(&thread, WORSE);
    register_set(thread, 0, (uint64_t)thread_log);
    CHECK_OK(sys_doorbell(bell, 0));
    resume(cptr, SLOT + 1);
    CHECK(thread_done(1));
    CHECK_EQ(SHARED->request[1].x[1], 0);
    CHECK_EQ(SHARED->logged, 3);
}

/* Of two who wait for the slot the first is told; the other by the next fault. */
CASE(supervise, two_wait_for_one_slot)
{
    uint32_t thread, cptr;

    begin(BETTER);
    thread_make(&supervisor, 4, BETTER);
    cptr = start_faulting(&thread, WORSE);
    thread_call(&supervisor, 4, SYS_THREAD_WAIT, 0, (uint64_t[6]){SLOT}, 0);
    resume(cptr, SLOT);
    CHECK(!thread_done(1));
    CHECK(thread_done(4));
    CHECK_EQ(SHARED->request[4].x[1], CAUSE_LOAD);
    CHECK_OK(sys_fault_resume(thread));
    run_children();
    check_told(1);
}

/* Another slot of the same list in the kernel. */
CASE(supervise, another_slot_of_the_list)
{
    uint32_t thread, cptr, bell = make(OBJECT_ENDPOINT, 0);

    begin(BETTER);
    CHECK_OK(sys_process_bind(supervisor.process, bell, SLOT + LIST, 0));
    thread_make(&supervisor, 4, BETTER);
    cptr = start_faulting(&thread, WORSE);
    thread_call(&supervisor, 4, SYS_THREAD_WAIT, 0, (uint64_t[6]){SLOT + LIST}, 0);
    resume(cptr, SLOT);
    check_told(1);
    CHECK(!thread_done(4));
    CHECK_OK(sys_doorbell(bell, 0));
    CHECK(thread_done(4));
    CHECK_EQ(SHARED->request[4].x[1], 0);
}

/* One of two that stand at a fault goes on; the other stays. */
CASE(supervise, one_of_two_faulted)
{
    struct fault_record fault;
    uint32_t first, second, cptr;
    uint64_t number;

    begin(BETTER);
    second = thread_start_at(&child, 5, fault_load, WINDOW, WORSE);
    cptr = start_faulting(&first, WORSE);
    resume(cptr, SLOT);
    check_told(2);
    CHECK_OK(sys_fault_read(second, &fault));
    CHECK_OK(sys_fault_next(child.process, &fault, &number));
    CHECK_EQ(number, 1);
    CHECK_OK(sys_fault_next(child.process, &fault, &number));
    CHECK_EQ(number, 2);
}

/* A coroutine process, by the Process, which stands for its virtual CPU. */
CASE(supervise, a_coroutine_process)
{
    uint32_t cptr;

    begin(BETTER);
    child_start(&child, fault_load, WINDOW, WORSE);
    run_children();
    thread_call(&supervisor, 1, SYS_THREAD_WAIT, 0, (uint64_t[6]){SLOT}, 0);
    cptr = child_give(&supervisor, child.process, READ | WRITE);
    for (unsigned i = 0; i < CALLS; i++) {
        resume(cptr, SLOT);
        check_told(0);
    }
}

/* With a budget, which it does not use up, and with a deadline, which does not pass. */
CASE(supervise, with_a_budget)
{
    uint32_t thread, cptr;

    begin(BETTER);
    CHECK_OK(sys_process_budget(child.process, ticks_ms(900), ticks_ms(1000)));
    cptr = start_faulting(&thread, WORSE);
    for (unsigned i = 0; i < CALLS; i++) {
        resume(cptr, SLOT);
        check_told(1);
    }
}

/* Works for so many ticks, and faults. */
static void work_and_fault(uint64_t ticks)
{
    for (;;) {
        uint64_t begin = ticks_now();

        while (ticks_now() - begin < ticks)
            ;
        fault_load(WINDOW);
    }
}

/* A fault is no way around a budget: what was used before it is paid for, though the end of the
 * budget would always come while somebody else runs. (It is long, for what a busy host takes from
 * the machine counts as used, and the first fault must come before its end.) */
CASE(supervise, a_budget_that_is_used_up)
{
    uint32_t thread, cptr;
    unsigned rounds = 0;

    begin(BETTER);
    CHECK_OK(sys_process_budget(child.process, ticks_ms(40), ticks_ms(BUDGET_PERIOD_MS_MAX)));
    cptr = start_faulting(&thread, WORSE);
    for (; thread_done(1) && rounds < 9; rounds++) {
        uint64_t begin = ticks_now();

        register_set(thread, 0, (uint64_t)work_and_fault);
        register_set(thread, 10, ticks_ms(7)); /* less than a slice */
        resume(cptr, SLOT);
        while (ticks_now() - begin < ticks_ms(60))
            ;
    }
    CHECK(rounds < 9);
}

CASE(supervise, with_a_deadline)
{
    uint32_t thread, cptr;

    begin(BETTER);
    cptr = start_faulting(&thread, WORSE);
    SHARED->deadline[1] = ticks_now() + ticks_ms(3600000);
    resume(cptr, SLOT);
    check_told(1);
}

/* Refused, and nothing has changed. */
CASE(supervise, without_the_right)
{
    uint32_t thread, cptr;

    begin(BETTER);
    start_faulting(&thread, WORSE);
    cptr = child_give(&supervisor, thread, READ);
    resume(cptr, SLOT);
    CHECK(thread_done(1));
    CHECK_EQ(SHARED->request[1].x[0], (uint64_t)E_NO_RIGHT);
    CHECK_EQ(SHARED->request[1].x[2], WRITE);
    CHECK_EQ(child_state(&child), PROCESS_FAULTED);
    resume(60, SLOT);
    CHECK_EQ(SHARED->request[1].x[0], (uint64_t)E_BAD_CAP);
}

/* Suspended while it waits, the supervisor is told when it goes on again that it was cancelled; the
 * fault waits for the next. */
CASE(supervise, suspended_while_it_waits)
{
    uint32_t thread, cptr, itself;

    begin(BETTER);
    itself = thread_make(&supervisor, 4, BETTER);
    cptr = start_faulting(&thread, WORSE);
    register_set(thread, 0, (uint64_t)thread_log);
    thread_call(&supervisor, 4, SYS_FAULT_RESUME, cptr, (uint64_t[6]){SLOT, 1}, 0);
    CHECK(!thread_done(4));
    CHECK_EQ(SHARED->logged, 3);
    CHECK_OK(sys_thread_suspend(itself));
    CHECK_OK(sys_thread_resume(itself));
    run_children();
    CHECK(thread_done(4));
    CHECK_EQ(SHARED->request[4].x[0], (uint64_t)E_CANCELLED);
}

/* The rule of registers for who waits: what a call keeps is kept, and no word of anybody comes with
 * the record. */
CASE(registers, fault_resume_that_waits)
{
    uint32_t thread, cptr;
    struct registers *r = &SHARED->registers[1];

    begin(BETTER);
    cptr = start_faulting(&thread, WORSE);
    rule_fill_call(r, 1, SYS_FAULT_RESUME, cptr);
    r->x[REG_A0] = SLOT;
    r->x[REG_A0 + 1] = 1;
    thread_start_at(&supervisor, 6, thread_ecall, 1, WORSE);
    run_children();
    CHECK_EQ(SHARED->word[33], 1);
    CHECK_EQ(r->x[REG_A0 + 1], CAUSE_LOAD);
    CHECK_EQ(r->x[REG_A0 + 2], WINDOW);
    CHECK_EQ(r->x[REG_A0 + 5], 1);
    for (unsigned i = 1; i < 6; i++)
        r->x[REG_A0 + i] = 0;
    rule_check(r, 1, 1);
}

/* Who goes on after its fault finds all registers as they were. */
CASE(registers, after_a_fault_that_was_waited_for)
{
    uint32_t thread, cptr;
    struct registers *r = &SHARED->registers[2];

    begin(BETTER);
    rule_fill(r, 2);
    r->x[REG_T5] = WINDOW;
    thread = thread_start_at(&child, 2, thread_load_registers, 2, WORSE);
    run_children();
    thread_call(&supervisor, 1, SYS_THREAD_WAIT, 0, (uint64_t[6]){SLOT}, 0);
    cptr = child_give(&supervisor, thread, READ | WRITE);
    resume(cptr, SLOT); /* it faults once more */
    check_told(1);
    register_set(thread, 0, (uint64_t)registers_load_pc + FAULT_BYTES);
    resume(cptr, SLOT);
    CHECK(!thread_done(1));
    CHECK_EQ(SHARED->word[34], 1);
    for (unsigned i = 1; i < 32; i++) {
        if (i != REG_SP)
            CHECK_EQ(r->x[i], i == REG_T5 ? WINDOW : rule_pattern(i, 2));
    }
    CHECK_EQ(r->x[REG_SP], 0);
}
