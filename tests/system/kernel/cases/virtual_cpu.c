/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtual CPUs beyond the first. */
#include "suite.h"

static struct child child;
static uint32_t cpu;

/* A child whose first virtual CPU waits, and a second one on line 1, not started. */
static void begin(unsigned ceiling)
{
    child_make(&child, ceiling);
    child_start(&child, child_idle, 0, WORSE);
    cpu = make(OBJECT_VIRTUAL_CPU, 0);
    CHECK_OK(sys_virtual_cpu_configure(cpu, child.process, 1));
}

static void start(void (*entry)(uint64_t), uint64_t argument, unsigned priority)
{
    CHECK_OK(sys_virtual_cpu_start(cpu, (uint64_t)entry, STACKS + 2 * 4096, argument, priority));
}

CASE(virtual_cpu, runs_on_its_own_line)
{
    begin(0);
    start(child_on_line_1, 7, WORSE);
    run_children();
    CHECK_EQ(SHARED->word[1], 1); /* entries */
    CHECK_EQ(SHARED->word[2], 7);
    CHECK_EQ(SHARED->word[3], EXECUTOR_BASE + sizeof(struct executor_line)); /* its gp */
}

CASE(virtual_cpu, sleeps_until_it_is_woken)
{
    begin(0);
    start(child_on_line_1, 7, WORSE);
    run_children();
    run_children();
    CHECK_EQ(SHARED->word[1], 1);
    for (unsigned i = 2; i < 10; i++) {
        CHECK_OK(sys_virtual_cpu_wake(cpu, WORSE));
        CHECK_EQ(SHARED->word[1], i - 1);
        run_children();
        CHECK_EQ(SHARED->word[1], i);
        CHECK_EQ(SHARED->word[4], EVENT_WAKE);
    }
}

CASE(virtual_cpu, preempts_when_it_is_better)
{
    begin(0);
    start(child_on_line_1, 7, BETTER);
    CHECK_EQ(SHARED->word[1], 1);
    CHECK_OK(sys_virtual_cpu_wake(cpu, BETTER));
    CHECK_EQ(SHARED->word[1], 2);
}

CASE(virtual_cpu, ceiling_clamps)
{
    begin(WORSE);
    start(child_on_line_1, 7, 0);
    CHECK_EQ(SHARED->word[1], 0);
    run_children();
    CHECK_EQ(SHARED->word[1], 1);
    CHECK_OK(sys_virtual_cpu_wake(cpu, 0));
    CHECK_EQ(SHARED->word[1], 1);
}

CASE(virtual_cpu, both_take_turns)
{
    child_make(&child, 0);
    cpu = make(OBJECT_VIRTUAL_CPU, 0);
    CHECK_OK(sys_virtual_cpu_configure(cpu, child.process, 1));
    child_start(&child, child_spin, 1, WORSE);
    start(child_spin, 2, WORSE);
    suite_sleep_until(&SHARED->word[1]);
    suite_sleep_until(&SHARED->word[2]);
}

CASE(virtual_cpu, stops_with_its_process)
{
    begin(0);
    start(child_spin, 1, WORSE);
    suite_sleep_until(&SHARED->word[1]);
    CHECK_OK(sys_process_stop(child.process));
    SHARED->word[1] = 0;
    suite_sleep(ticks_ms(30));
    CHECK_EQ(SHARED->word[1], 0);
    CHECK_EQ(sys_virtual_cpu_wake(cpu, WORSE), E_STATE);
}

CASE(virtual_cpu, is_destroyed_alone)
{
    begin(0);
    start(child_spin, 1, WORSE);
    suite_sleep_until(&SHARED->word[1]);
    delete (cpu);
    SHARED->word[1] = 0;
    suite_sleep(ticks_ms(30));
    CHECK_EQ(SHARED->word[1], 0);
    child_ring(&child);
    CHECK_EQ(SHARED->entries, 1); /* the first one lives on */
    cpu = make(OBJECT_VIRTUAL_CPU, 0);
    CHECK_OK(sys_virtual_cpu_configure(cpu, child.process, 1)); /* the line is free again */
}

CASE(virtual_cpu, outlives_its_process)
{
    begin(0);
    start(child_spin, 1, WORSE);
    suite_sleep_until(&SHARED->word[1]);
    delete (child.process);
    SHARED->word[1] = 0;
    suite_sleep(ticks_ms(30));
    CHECK_EQ(SHARED->word[1], 0);
    CHECK_EQ(sys_virtual_cpu_wake(cpu, WORSE), E_STATE);
    CHECK_EQ(sys_virtual_cpu_start(cpu, 0, 0, 0, WORSE), E_STATE);
}

CASE(virtual_cpu, a_wake_before_the_yield_is_kept)
{
    begin(0);
    start(child_on_line_1, 7, WORSE);
    /* It has not run yet: the bit says that there is something to do, so its first yield returns.
     */
    SHARED->word[5] = 1;
    CHECK_OK(sys_virtual_cpu_wake(cpu, WORSE));
    run_children();
    CHECK_EQ(SHARED->word[6], 1); /* yields that returned */
}

CASE(virtual_cpu, info_tells_of_it)
{
    struct sys_thread_info info;

    begin(0);
    CHECK_OK(sys_thread_info(cpu, &info));
    CHECK_EQ(info.state, PROCESS_NEW);
    CHECK_EQ(info.number, 1);
    start(child_on_line_1, 7, WORSE);
    CHECK_OK(sys_thread_info(cpu, &info));
    CHECK_EQ(info.state, PROCESS_READY);
    CHECK_EQ(info.effective_priority, WORSE);
    CHECK_EQ(info.own_priority, WORSE);
    run_children();
    CHECK_OK(sys_thread_info(cpu, &info));
    CHECK_EQ(info.state, PROCESS_IDLE);
    CHECK_OK(sys_thread_info(child.process, &info)); /* its virtual CPU 0 */
    CHECK_EQ(info.state, PROCESS_IDLE);
    CHECK_EQ(info.number, 0);
    CHECK_EQ(sys_thread_info(copy(cpu, WRITE), &info), E_NO_RIGHT);
    CHECK_OK(sys_thread_info(ROOT_PROCESS, &info)); /* who asks runs there */
    CHECK_EQ(info.state, PROCESS_RUNNING);
    CHECK(info.hart < 8);
}

CASE(virtual_cpu, configure_refuses)
{
    uint32_t second = make(OBJECT_VIRTUAL_CPU, 0), process = make(OBJECT_PROCESS, 0);

    begin(0);
    CHECK_EQ(sys_virtual_cpu_configure(second, child.process, 0), E_BAD_ARGUMENT);
    CHECK_EQ(sys_virtual_cpu_configure(second, child.process, EXECUTOR_LINES), E_BAD_ARGUMENT);
    CHECK_EQ(sys_virtual_cpu_configure(second, child.process, ~0ull), E_BAD_ARGUMENT);
    CHECK_EQ(sys_virtual_cpu_configure(second, child.process, 1), E_IN_USE);
    CHECK_EQ(sys_virtual_cpu_configure(cpu, child.process, 2), E_IN_USE);
    CHECK_EQ(sys_virtual_cpu_configure(second, process, 1), E_STATE);
    CHECK_EQ(sys_virtual_cpu_configure(second, second, 1), E_BAD_TYPE);
    CHECK_EQ(sys_virtual_cpu_configure(second, copy(child.process, READ), 2), E_NO_RIGHT);
    CHECK_EQ(sys_virtual_cpu_configure(copy(second, READ), child.process, 2), E_NO_RIGHT);
    CHECK_EQ(sys_virtual_cpu_start(second, 0, 0, 0, WORSE), E_STATE);
    CHECK_EQ(sys_virtual_cpu_wake(second, WORSE), E_STATE);
    CHECK_EQ(sys_virtual_cpu_start(cpu, 0, 0, 0, PRIORITY_COUNT), E_BAD_ARGUMENT);
    CHECK_EQ(sys_virtual_cpu_wake(cpu, PRIORITY_COUNT), E_BAD_ARGUMENT);
    CHECK_OK(sys_virtual_cpu_configure(second, child.process, EXECUTOR_LINES - 1));
}

CASE(virtual_cpu, not_beside_threads)
{
    child_make(&child, 0);
    (void)thread_start_at(&child, 1, thread_log, 1, WORSE);
    cpu = make(OBJECT_VIRTUAL_CPU, 0);
    CHECK_EQ(sys_virtual_cpu_configure(cpu, child.process, 1), E_STATE);
}

CASE(virtual_cpu, no_threads_beside_it)
{
    child_make(&child, 0);
    cpu = make(OBJECT_VIRTUAL_CPU, 0);
    CHECK_OK(sys_virtual_cpu_configure(cpu, child.process, 1));
    CHECK_EQ(sys_thread_configure(make(OBJECT_THREAD, 0), child.process, 0, 0, 0, 0, WORSE),
             E_STATE);
    delete (cpu);
    CHECK_OK(sys_thread_configure(make(OBJECT_THREAD, 0), child.process, 0, 0, 0, 0, WORSE));
}

CASE(virtual_cpu, serves_one_process_only)
{
    begin(0);
    delete (child.process);
    child_make(&child, 0);
    CHECK_EQ(sys_virtual_cpu_configure(cpu, child.process, 1), E_IN_USE);
}
