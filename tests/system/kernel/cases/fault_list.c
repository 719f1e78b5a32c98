/* SPDX-License-Identifier: BSD-2-Clause */
/* Several threads that stand at a fault: their records, and the list that tells of them. */
#include "faults.h"
#include "suite.h"

static struct child child;

static uint64_t next_number(void)
{
    struct fault_record fault;
    uint64_t number;

    CHECK_OK(sys_fault_next(child.process, &fault, &number));
    return number;
}

static void check_none(void)
{
    struct fault_record fault;
    uint64_t number;

    CHECK_EQ(sys_fault_next(child.process, &fault, &number), E_NOT_FOUND);
}

CASE(resume, two_threads_fault_one_goes_on)
{
    uint32_t first, second;

    child_make(&child, 0);
    first = thread_start_at(&child, 1, fault_load, WINDOW, WORSE);
    run_through_faults();
    second = thread_start_at(&child, 2, fault_store, WINDOW + 8, WORSE);
    run_through_faults();
    CHECK_EQ(next_number(), 1);
    CHECK_EQ(next_number(), 2);
    CHECK_EQ(next_number(), 1);
    register_set(first, 0, (uint64_t)thread_log);
    register_set(first, REG_A0, 1);
    CHECK_OK(sys_fault_resume(first));
    run_through_faults();
    CHECK_EQ(SHARED->logged, 3);
    CHECK_EQ(next_number(), 2);
    CHECK_EQ(next_number(), 2);
    CHECK_EQ(child_state(&child), PROCESS_FAULTED);
    CHECK_OK(sys_thread_stop(second));
    check_none();
    CHECK_EQ(child_state(&child), PROCESS_READY);
}

CASE(resume, records_are_kept_apart)
{
    uint32_t threads[7];
    struct fault_record fault;
    uint64_t number;

    child_make(&child, 0);
    /* Each before the next one starts: so they fault in this order. */
    for (unsigned n = 0; n < 7; n++) {
        threads[n] = thread_start_at(&child, n + 1, fault_load, WINDOW + 8 * n, WORSE);
        run_through_faults();
    }
    for (unsigned n = 0; n < 7; n++) {
        CHECK_OK(sys_fault_read(threads[n], &fault));
        CHECK_EQ(fault.address, WINDOW + 8 * n);
        CHECK_EQ(fault.sp, STACKS + 4096 * (n + 2));
    }
    for (unsigned n = 0; n < 14; n++) {
        CHECK_OK(sys_fault_next(child.process, &fault, &number));
        CHECK_EQ(number, n % 7 + 1);
        CHECK_EQ(fault.address, WINDOW + 8 * (n % 7));
    }
}

CASE(resume, siblings_run_on)
{
    child_make(&child, 0);
    thread_start_at(&child, 1, fault_load, WINDOW, WORSE);
    thread_start_at(&child, 2, thread_log, 2, WORSE);
    thread_make(&child, 3, WORSE);
    run_through_faults();
    CHECK_EQ(SHARED->logged, 3);
    thread_call(&child, 3, SYS_NULL, 0, NULL, 0);
    CHECK(thread_done(3));
    CHECK_EQ(next_number(), 1);
}

CASE(resume, stop_takes_the_faulted)
{
    struct fault_record fault;
    uint32_t thread;

    child_make(&child, 0);
    thread = thread_start_at(&child, 1, fault_load, WINDOW, WORSE);
    thread_start_at(&child, 2, fault_load, WINDOW, WORSE);
    run_through_faults();
    CHECK_OK(sys_process_stop(child.process));
    check_none();
    CHECK_EQ(sys_fault_read(thread, &fault), E_STATE);
    CHECK_EQ(sys_fault_resume(thread), E_STATE);
    CHECK_EQ(child_state(&child), PROCESS_STOPPED);
}

CASE(resume, deleted_thread_leaves_the_list)
{
    uint32_t threads[3];

    child_make(&child, 0);
    for (unsigned n = 0; n < 3; n++) { /* in this order, as above */
        threads[n] = thread_start_at(&child, n + 1, fault_load, WINDOW, WORSE);
        run_through_faults();
    }
    delete (threads[1]);
    CHECK_EQ(next_number(), 1);
    CHECK_EQ(next_number(), 3);
    delete (threads[0]);
    CHECK_EQ(next_number(), 3);
    delete (threads[2]);
    check_none();
}

CASE(resume, process_dies_with_faulted_threads)
{
    struct fault_record fault;
    uint32_t thread;

    child_make(&child, 0);
    thread = thread_start_at(&child, 1, fault_load, WINDOW, WORSE);
    run_through_faults();
    delete (child.process);
    CHECK_EQ(sys_fault_read(thread, &fault), E_STATE);
    CHECK_EQ(sys_fault_resume(thread), E_STATE);
    CHECK_EQ(sys_fault_restart(thread, 0, 0, 0), E_STATE);
    CHECK_OK(sys_thread_stop(thread));
}

CASE(resume, next_of_none)
{
    child_make(&child, 0);
    check_none();
    child_start(&child, fault_break, 0, WORSE);
    check_none();
    run_through_faults();
    CHECK_EQ(next_number(), 0);
}
