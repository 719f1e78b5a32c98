/* SPDX-License-Identifier: BSD-2-Clause */
/* Suspending, resuming and stopping, in every state. */
#include "faults.h"
#include "suite.h"

static struct child child;

CASE(suspend, ready_one)
{
    child_make(&child, 0);
    child_start(&child, child_log, 1, WORSE);
    CHECK_OK(sys_thread_suspend(child.process));
    CHECK_EQ(child_state(&child), PROCESS_SUSPENDED);
    run_children();
    CHECK_EQ(SHARED->logged, 0);
    CHECK_OK(sys_thread_resume(child.process));
    run_children();
    CHECK_EQ(SHARED->logged, 1);
    CHECK_EQ(SHARED->log[0], 1);
}

CASE(suspend, ready_thread)
{
    uint32_t thread;

    child_make(&child, 0);
    thread = thread_start_at(&child, 1, thread_log, 1, WORSE);
    CHECK_OK(sys_thread_suspend(thread));
    run_children();
    CHECK_EQ(SHARED->logged, 0);
    CHECK_OK(sys_thread_resume(thread));
    run_children();
    CHECK_EQ(SHARED->logged, 3);
}

/* Spin until preempted, then let it stand; its registers are there, and it goes on with them. */
static void check_preempted(uint32_t task, unsigned n)
{
    uint64_t value[5];

    /* Until it has come to its spinning, however slow the host is. */
    for (unsigned i = 0; i < 1000; i++) {
        suite_sleep(ticks_ms(1));
        CHECK_OK(sys_thread_suspend(task));
        if (sys_registers_read(task, 18, value) == E_OK && value[4] == 0x0101010101010101ull * 22)
            break;
        CHECK_OK(sys_thread_resume(task));
    }
    for (unsigned i = 0; i < 5; i++)
        CHECK_EQ(value[i], 0x0101010101010101ull * (18 + i));
    register_set(task, 18, 99);
    SHARED->word[0] = 1;
    run_children();
    CHECK_EQ(SHARED->word[32 + n], 0);
    CHECK_OK(sys_thread_resume(task));
    run_children();
    CHECK_EQ(SHARED->word[32 + n], 1);
    for (unsigned i = 1; i < 30; i++)
        CHECK(i == REG_SP ||
              SHARED->registers[n].x[i] == (i == 18 ? 99 : 0x0101010101010101ull * i));
}

static void fill(unsigned n)
{
    for (unsigned i = 1; i < 32; i++)
        SHARED->registers[n].x[i] = 0x0101010101010101ull * i;
    SHARED->registers[n].x[REG_T5] = (uint64_t)&SHARED->word[0];
}

CASE(suspend, preempted_one)
{
    child_make(&child, 0);
    fill(0);
    child_start(&child, child_spin_registers, 0, WORSE);
    check_preempted(child.process, 0);
}

CASE(suspend, preempted_thread)
{
    child_make(&child, 0);
    fill(1);
    check_preempted(thread_start_at(&child, 1, thread_spin_registers, 1, WORSE), 1);
}

CASE(suspend, idle_one_misses_no_wake)
{
    child_run(&child, child_idle, 0);
    CHECK_OK(sys_thread_suspend(child.process));
    child_ring(&child);
    CHECK_EQ(SHARED->entries, 0);
    CHECK_EQ(child_state(&child), PROCESS_SUSPENDED);
    CHECK_OK(sys_thread_resume(child.process));
    run_children();
    CHECK_EQ(SHARED->entries, 1);
    CHECK_EQ(SHARED->event[7], EVENT_WAKE);
    child_ring(&child);
    CHECK_EQ(SHARED->entries, 2);
}

CASE(suspend, idle_one_without_a_wake)
{
    child_run(&child, child_idle, 0);
    CHECK_OK(sys_thread_suspend(child.process));
    CHECK_OK(sys_thread_resume(child.process));
    run_children();
    CHECK_EQ(child_state(&child), PROCESS_IDLE);
    child_ring(&child);
    CHECK_EQ(child_state(&child), PROCESS_IDLE);
}

CASE(suspend, who_yielded_has_no_registers)
{
    uint64_t value[5] = {0};

    child_run(&child, child_idle, 0);
    CHECK_OK(sys_thread_suspend(child.process));
    CHECK_EQ(sys_registers_read(child.process, 0, value), E_STATE);
    CHECK_EQ(sys_registers_write(child.process, 0, 1, value), E_STATE);
}

CASE(suspend, message_is_not_delivered)
{
    uint64_t words[6] = {0};

    child_run(&child, child_idle, 0);
    CHECK_OK(sys_thread_suspend(child.process));
    suite_line()->running = PRIORITY_NONE;
    CHECK_EQ(sys_deliver(child.bell, words, (uint64_t)WORSE << MESSAGE_PRIORITY_SHIFT), E_AGAIN);
    suite_priority(SUITE_PRIORITY);
    CHECK_EQ(SHARED->entries, 0);
}

/* ---- blocked ---- */

static uint32_t rendezvous, reply;
static uint32_t caller, server;

/* A thread that calls, 1, and one that can receive, 2. */
static void make_pair(void)
{
    uint32_t object = make(OBJECT_RENDEZVOUS, 0), answer = make(OBJECT_REPLY, 0);

    child_make(&child, 0);
    rendezvous = child_give(&child, object, ALL);
    reply = child_give(&child, answer, ALL);
    caller = thread_make(&child, 1, WORSE);
    server = thread_make(&child, 2, WORSE);
}

static void call(void)
{
    thread_call(&child, 1, SYS_CALL, rendezvous, (uint64_t[6]){1, 2, 3, 4, 5, 6}, 0);
    CHECK(!thread_done(1));
}

static void receive(void)
{
    thread_call(&child, 2, SYS_RECEIVE, rendezvous, (uint64_t[6]){reply}, 0);
}

static void check_cancelled(uint32_t task, unsigned n)
{
    CHECK_OK(sys_thread_resume(task));
    run_children();
    CHECK(thread_done(n));
    for (unsigned i = 0; i < 6; i++)
        CHECK_EQ(SHARED->request[n].x[i], 0);
    CHECK_EQ(SHARED->request[n].x[6], E_CANCELLED);
}

CASE(suspend, caller_that_nobody_received)
{
    make_pair();
    call();
    CHECK_OK(sys_thread_suspend(caller));
    receive();
    CHECK(!thread_done(2));
    check_cancelled(caller, 1);
    call();
    CHECK(thread_done(2));
    CHECK_EQ(SHARED->request[2].x[0], 1);
}

CASE(suspend, caller_that_waits_for_its_answer)
{
    make_pair();
    call();
    receive();
    CHECK(thread_done(2));
    CHECK_OK(sys_thread_suspend(caller));
    thread_call(&child, 2, SYS_REPLY_RECEIVE, rendezvous, (uint64_t[6]){9, 9, 9, 9, 9, 9}, reply);
    check_cancelled(caller, 1);
}

CASE(suspend, receiver)
{
    make_pair();
    receive();
    CHECK_OK(sys_thread_suspend(server));
    call();
    check_cancelled(server, 2);
    receive();
    CHECK(thread_done(2));
    CHECK_EQ(SHARED->request[2].x[5], 6);
}

CASE(suspend, thread_that_waits_for_a_wake)
{
    uint64_t words[6] = {20};
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0), thread;

    child_make(&child, 0);
    CHECK_OK(sys_process_bind(child.process, endpoint, 20, 0));
    thread = thread_make(&child, 1, WORSE);
    thread_call(&child, 1, SYS_THREAD_WAIT, 0, words, 0);
    CHECK_OK(sys_thread_suspend(thread));
    CHECK_OK(sys_doorbell(endpoint, WORSE));
    run_children();
    CHECK(!thread_done(1));
    CHECK_OK(sys_thread_resume(thread));
    run_children();
    CHECK(thread_done(1));
    CHECK_EQ(SHARED->request[1].x[0], E_CANCELLED);
    thread_call(&child, 1, SYS_THREAD_WAIT, 0, words, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_OK);
}

/* ---- not running anyway ---- */

CASE(suspend, faulted_one_stays_faulted)
{
    child_run(&child, fault_break, 0);
    CHECK_OK(sys_thread_suspend(child.process));
    CHECK_EQ(child_fault(&child).cause, CAUSE_BREAKPOINT);
    CHECK_EQ(sys_thread_resume(child.process), E_STATE);
    CHECK_OK(sys_fault_resume(child.process));
}

CASE(suspend, new_and_stopped_ones)
{
    uint32_t thread = make(OBJECT_THREAD, 0);

    CHECK_EQ(sys_thread_suspend(thread), E_STATE);
    CHECK_EQ(sys_thread_resume(thread), E_STATE);
    child_make(&child, 0);
    CHECK_EQ(sys_thread_suspend(child.process), E_STATE);
    CHECK_OK(sys_thread_configure(thread, child.process, 0, 0, 0, 0, WORSE));
    CHECK_EQ(sys_thread_suspend(thread), E_STATE);
    CHECK_OK(sys_thread_start(thread));
    CHECK_OK(sys_process_stop(child.process));
    CHECK_EQ(sys_thread_suspend(thread), E_STATE);
    CHECK_EQ(sys_thread_resume(thread), E_STATE);
    CHECK_EQ(sys_thread_suspend(child.process), E_STATE);
}

CASE(suspend, twice_is_once)
{
    child_make(&child, 0);
    child_start(&child, child_log, 1, WORSE);
    CHECK_EQ(sys_thread_resume(child.process), E_STATE);
    CHECK_OK(sys_thread_suspend(child.process));
    CHECK_OK(sys_thread_suspend(child.process));
    CHECK_OK(sys_thread_resume(child.process));
    CHECK_EQ(sys_thread_resume(child.process), E_STATE);
    run_children();
    CHECK_EQ(SHARED->logged, 1);
}

CASE(suspend, itself)
{
    child_run(&child, child_invoker, 0);
    child_call(&child, SYS_THREAD_SUSPEND, child_give(&child, child.process, ALL), 0, 0, 0, 0, 0);
    CHECK_EQ(SHARED->request[0].done, 0);
    CHECK_EQ(child_state(&child), PROCESS_SUSPENDED);
    CHECK_OK(sys_thread_resume(child.process));
    run_children();
    CHECK_EQ(SHARED->request[0].done, 1);
    CHECK_EQ(SHARED->request[0].x[0], E_OK);
}

CASE(suspend, thread_itself)
{
    uint32_t thread;

    child_make(&child, 0);
    thread = thread_make(&child, 1, WORSE);
    thread_call(&child, 1, SYS_THREAD_SUSPEND, child_give(&child, thread, ALL), NULL, 0);
    CHECK(!thread_done(1));
    CHECK_OK(sys_thread_resume(thread));
    run_children();
    CHECK(thread_done(1));
    CHECK_EQ(SHARED->request[1].x[0], E_OK);
}

CASE(suspend, restarted)
{
    child_make(&child, 0);
    child_start(&child, child_spin, 1, WORSE);
    suite_sleep(ticks_ms(5));
    CHECK_OK(sys_thread_suspend(child.process));
    CHECK_OK(sys_fault_restart(child.process, (uint64_t)child_log, STACKS + 4096, 7));
    run_children();
    CHECK_EQ(SHARED->log[0], 7);
    CHECK_EQ(child_state(&child), PROCESS_IDLE);
}

/* ---- stopped for good ---- */

static void check_stopped(uint32_t thread)
{
    CHECK_OK(sys_thread_stop(thread));
    CHECK_EQ(sys_thread_start(thread), E_STATE);
    CHECK_EQ(sys_thread_resume(thread), E_STATE);
    CHECK_EQ(sys_fault_resume(thread), E_STATE);
    CHECK_EQ(sys_fault_restart(thread, 0, 0, 0), E_STATE);
    run_children();
    CHECK_OK(sys_thread_stop(thread));
}

CASE(suspend, stop_of_ready_faulted_and_suspended_threads)
{
    uint32_t thread;

    child_make(&child, 0);
    check_stopped(thread_start_at(&child, 1, thread_log, 1, WORSE));
    CHECK_EQ(SHARED->logged, 0);
    thread = thread_start_at(&child, 2, fault_break, 2, WORSE);
    run_through_faults();
    check_stopped(thread);
    thread = thread_start_at(&child, 3, thread_log, 3, WORSE);
    CHECK_OK(sys_thread_suspend(thread));
    check_stopped(thread);
    check_stopped(make(OBJECT_THREAD, 0));
    CHECK_EQ(SHARED->logged, 0);
}

CASE(suspend, stop_of_blocked_threads)
{
    make_pair();
    call();
    check_stopped(caller);
    receive();
    CHECK(!thread_done(2));
    check_stopped(server);
}

CASE(suspend, stop_leaves_the_others)
{
    make_pair();
    check_stopped(caller);
    thread_call(&child, 2, SYS_NULL, 0, NULL, 0);
    CHECK(thread_done(2));
}

CASE(suspend, stop_of_itself)
{
    uint32_t thread;

    child_make(&child, 0);
    thread = thread_make(&child, 1, WORSE);
    thread_call(&child, 1, SYS_THREAD_STOP, child_give(&child, thread, ALL), NULL, 0);
    CHECK(!thread_done(1));
    check_stopped(thread);
    CHECK(!thread_done(1));
}

CASE(suspend, stop_needs_write)
{
    uint32_t thread;

    child_make(&child, 0);
    thread = thread_start_at(&child, 1, thread_log, 1, WORSE);
    CHECK_EQ(sys_thread_stop(copy(thread, READ)), E_NO_RIGHT);
    run_children();
    CHECK_EQ(SHARED->logged, 3);
}

/* ---- without budget ---- */

/* Spins until its budget of a millisecond is used up; more comes after two seconds. */
static void use_up(void)
{
    child_make(&child, 0);
    CHECK_OK(sys_process_budget(child.process, ticks_ms(1), ticks_ms(2000)));
    child_start(&child, child_spin, 1, WORSE);
    suite_sleep_until(&SHARED->word[1]);
    suite_sleep(ticks_ms(30));
}

CASE(suspend, one_that_waits_for_its_budget)
{
    uint64_t value[5];

    use_up();
    CHECK_OK(sys_thread_suspend(child.process));
    CHECK_EQ(child_state(&child), PROCESS_SUSPENDED);
    CHECK_OK(sys_registers_read(child.process, 0, value));
    CHECK_OK(sys_thread_resume(child.process));
    run_children();
    CHECK_OK(sys_thread_suspend(child.process));
    CHECK_OK(sys_fault_restart(child.process, (uint64_t)child_log, STACKS + 4096, 7));
    CHECK_OK(sys_process_stop(child.process));
    run_children();
    CHECK_EQ(SHARED->logged, 0);
}

CASE(suspend, stop_of_a_thread_that_waits_for_its_budget)
{
    uint32_t thread;

    child_make(&child, 0);
    CHECK_OK(sys_process_budget(child.process, ticks_ms(1), ticks_ms(2000)));
    thread = thread_start_at(&child, 1, child_spin, 1, WORSE);
    suite_sleep(ticks_ms(30));
    CHECK_OK(sys_thread_stop(thread));
    delete (thread);
    run_children();
    CHECK_OK(sys_process_stop(child.process));
}
