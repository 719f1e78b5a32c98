/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that lets the faulted go on and waits for the next fault, in one system call. */
#include "faults.h"
#include "suite.h"

#define SLOT 20 /* of the supervisor: its child's faults */
#define LOAD 13 /* load page fault, RISC-V Privileged 1.12 table 4.2 */

static struct child supervisor, child;
static uint32_t bell;

/* Thread 1 of the supervisor waits for requests; the child has no threads yet. */
static void begin(void)
{
    child_make(&supervisor, 0);
    thread_make(&supervisor, 1, BETTER);
    bell = make(OBJECT_ENDPOINT, 0);
    CHECK_OK(sys_process_bind(supervisor.process, bell, SLOT, 0));
    child_make_watched(&child, 0, bell);
}

/* A thread that reads where nothing is mapped, whenever it goes on. Value: the supervisor's address
 * of it. */
static uint32_t start_faulting(unsigned n, uint32_t *thread)
{
    *thread = thread_start_at(&child, n, fault_load, WINDOW + 8 * n, WORSE);
    run_children();
    CHECK_EQ(child_state(&child), PROCESS_FAULTED);
    return child_give(&supervisor, *thread, READ | WRITE);
}

static void request(unsigned number, uint32_t cptr, uint64_t slot, uint64_t wait)
{
    thread_call(&supervisor, 1, number, cptr, (uint64_t[6]){slot, wait, 3, 4, 5, 6}, 7);
}

static const uint64_t *results(void)
{
    CHECK(thread_done(1));
    return SHARED->request[1].x;
}

/* The results are E_OK and the fault of thread n; cause 0: none is told. */
static void check_told(uint64_t cause, unsigned n)
{
    const uint64_t *x = results();

    CHECK_EQ(x[0], E_OK);
    CHECK_EQ(x[1], cause);
    CHECK_EQ(x[2], cause ? WINDOW + 8 * n : 0);
    CHECK(cause ? x[3] >= (uint64_t)fault_load : x[3] == 0);
    CHECK_EQ(x[4], cause ? STACKS + 4096 * (n + 1) : 0);
    CHECK_EQ(x[5], cause ? n : 0);
    CHECK_EQ(x[6], 0);
    CHECK_EQ(x[7], 0);
}

/* Thread 1 of the child faulted before anybody waited. */
static uint32_t begin_with_fault(uint32_t *thread)
{
    uint32_t cptr;

    begin();
    cptr = start_faulting(1, thread);
    request(SYS_THREAD_WAIT, 0, SLOT, 0);
    check_told(0, 0);
    return cptr;
}

CASE(supervise, resume_tells_the_next_fault)
{
    struct fault_record fault;
    uint32_t thread, cptr = begin_with_fault(&thread);

    for (unsigned i = 0; i < 10; i++) {
        request(SYS_FAULT_RESUME, cptr, SLOT, 1);
        check_told(LOAD, 1);
        CHECK_OK(sys_fault_read(thread, &fault));
        CHECK_EQ(fault.pc, results()[3]);
        CHECK_EQ(fault.address, WINDOW + 8);
    }
}

CASE(supervise, wait_tells_a_fault)
{
    uint32_t thread;

    begin();
    request(SYS_THREAD_WAIT, 0, SLOT, 0);
    CHECK(!thread_done(1));
    start_faulting(1, &thread);
    check_told(LOAD, 1);
}

CASE(supervise, a_ring_tells_nothing)
{
    uint32_t thread, cptr = begin_with_fault(&thread);

    register_set(thread, 0, (uint64_t)thread_log);
    request(SYS_FAULT_RESUME, cptr, SLOT, 1);
    CHECK(!thread_done(1));
    CHECK_EQ(SHARED->logged, 3);
    CHECK_OK(sys_doorbell(bell, WORSE));
    run_children();
    check_told(0, 0);
}

CASE(supervise, faults_meanwhile_are_found)
{
    struct fault_record fault;
    uint64_t number;
    uint32_t first, second, cptr = begin_with_fault(&first);

    start_faulting(2, &second); /* sets the slot */
    register_set(first, 0, (uint64_t)thread_log);
    request(SYS_FAULT_RESUME, cptr, SLOT, 1);
    check_told(0, 0);
    CHECK_EQ(SHARED->logged, 3); /* it went on all the same */
    CHECK_OK(sys_fault_next(child.process, &fault, &number));
    CHECK_EQ(number, 2);
}

CASE(supervise, without_waiting)
{
    uint32_t thread, cptr = begin_with_fault(&thread);

    request(SYS_FAULT_RESUME, cptr, WAKE_SLOTS, 0);
    check_told(0, 0);
    CHECK_EQ(child_state(&child), PROCESS_FAULTED);
    request(SYS_THREAD_WAIT, 0, SLOT, 0); /* the bit is set */
    check_told(0, 0);
}

CASE(supervise, refused_before_it_goes_on)
{
    uint32_t thread, cptr = begin_with_fault(&thread);
    uint64_t number;
    struct fault_record fault;

    register_set(thread, 0, (uint64_t)thread_log);
    CHECK_EQ(sys_fault_resume_wait(thread, SLOT, &fault, &number), E_STATE); /* no thread */
    request(SYS_FAULT_RESUME, cptr, WAKE_SLOTS, 1);
    CHECK_EQ(results()[0], (uint64_t)E_BAD_ARGUMENT);
    CHECK_EQ(results()[1], 1);
    CHECK_EQ(results()[2], WAKE_SLOTS - 1);
    CHECK_EQ(SHARED->logged, 0);
    CHECK_OK(sys_thread_suspend(thread)); /* nothing changes: it stands at its fault */
    CHECK_OK(sys_fault_resume(thread));
    run_children();
    CHECK_EQ(SHARED->logged, 3);
    request(SYS_FAULT_RESUME, cptr, SLOT, 1);
    CHECK_EQ(results()[0], (uint64_t)E_STATE);
}

CASE(supervise, submitted_it_cannot_wait)
{
    struct child other;
    uint32_t thread;

    begin_with_fault(&thread);
    child_make(&other, 0);
    SHARED->word[0] = SYS_INVOKED_(SYS_FAULT_RESUME, child_give(&other, thread, READ | WRITE));
    SHARED->word[1] = SLOT;
    SHARED->word[5] = 1;
    child_start(&other, child_submit, 0, WORSE);
    run_children();
    CHECK_EQ(SHARED->word[2], 1);
    CHECK_EQ(SHARED->word[3], (uint64_t)E_STATE);
    CHECK_EQ(child_state(&child), PROCESS_FAULTED);
}

CASE(supervise, timeout_after_it_went_on)
{
    uint32_t thread, cptr = begin_with_fault(&thread);

    register_set(thread, 0, (uint64_t)thread_log);
    SHARED->deadline[1] = 1;
    request(SYS_FAULT_RESUME, cptr, SLOT, 1);
    suite_sleep_until(&SHARED->request[1].done);
    CHECK_EQ(results()[0], (uint64_t)E_TIMEOUT);
    CHECK_EQ(SHARED->logged, 3);
}

CASE(supervise, supervisor_is_stopped)
{
    uint32_t thread, cptr = begin_with_fault(&thread);

    register_set(thread, 0, (uint64_t)thread_log);
    request(SYS_FAULT_RESUME, cptr, SLOT, 1);
    CHECK(!thread_done(1));
    CHECK_OK(sys_process_stop(supervisor.process));
    start_faulting(3, &thread);
    CHECK_EQ(child_state(&child), PROCESS_FAULTED);
}
