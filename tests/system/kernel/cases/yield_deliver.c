/* SPDX-License-Identifier: BSD-2-Clause */
/* Giving up the CPU, with and without a message. */
#include "faults.h"
#include "suite.h"

static struct child child;

#define HEADER(priority, label, request)                                                           \
    ((uint64_t)(priority) << MESSAGE_PRIORITY_SHIFT | (uint64_t)(label) << MESSAGE_LABEL_SHIFT |   \
     (request))

static const uint64_t words[6] = {11, 22, 33, 44, 55, ~66ull};

CASE(yield, pending_wake_returns_at_once)
{
    CHECK_OK(sys_doorbell(suite_endpoint(65, 0), SUITE_PRIORITY));
    CHECK(!suite_yield(NULL));
    CHECK(wake_taken(65));
}

CASE(yield, ready_coroutine_returns_at_once)
{
    child_make(&child, 0);
    child_start(&child, child_log, 1, SUITE_PRIORITY);
    suite_line()->bitmap = 1ull << SUITE_PRIORITY;
    CHECK(!suite_yield(NULL));
}

CASE(yield, lets_a_better_one_run)
{
    child_make(&child, 0);
    child_start(&child, child_log, 1, WORSE);
    suite_line()->bitmap = 1ull << (WORSE + 1);
    suite_priority(PRIORITY_NONE);
    CHECK(suite_yield(NULL));
    CHECK_EQ(SHARED->logged, 1);
}

CASE(yield, is_not_for_threads)
{
    child_make(&child, 0);
    thread_make(&child, 1, WORSE);
    thread_call(&child, 1, SYS_YIELD, 0, NULL, 0);
    CHECK(thread_done(1));
    CHECK_EQ(SHARED->request[1].x[0], E_STATE);
}

/* ---- doorbell_yield ---- */

CASE(doorbell_yield, wakes_and_waits)
{
    uint32_t back = suite_endpoint(65, 0), cptr;

    child_make(&child, 0);
    cptr = child_give(&child, back, WRITE);
    child_start(&child, child_invoker, 0, WORSE);
    run_children();
    SHARED->request[0] = (struct request){
        .invoked = SYS_INVOKED_(SYS_DOORBELL, cptr), .x = {SUITE_PRIORITY}, .wanted = 1};
    for (unsigned fast = 0; fast < 2; fast++) {
        struct registers r = {0};

        SHARED->request[0].wanted = 1;
        SHARED->request[0].x[0] = SUITE_PRIORITY;
        r.x[REG_A7] = SYS_INVOKED_(SYS_DOORBELL_YIELD, child.bell);
        r.x[REG_A0] = fast ? SUITE_PRIORITY : WORSE;
        CHECK(suite_call(&r));
        CHECK(wake_taken(65));
        CHECK_EQ(SHARED->request[0].wanted, 0);
        run_children();
    }
}

CASE(doorbell_yield, refuses)
{
    uint32_t endpoint = suite_endpoint(65, 0);

    CHECK_EQ(sys_doorbell_yield(slots_take(1), 0), E_BAD_CAP);
    CHECK_EQ(sys_doorbell_yield(ROOT_PROCESS, 0), E_BAD_TYPE);
    CHECK_EQ(sys_doorbell_yield(copy(endpoint, READ), 0), E_NO_RIGHT);
    CHECK_EQ(sys_doorbell_yield(endpoint, PRIORITY_COUNT), E_BAD_ARGUMENT);
    CHECK_EQ(sys_doorbell_yield(make(OBJECT_ENDPOINT, 0), 0), E_PEER_DEAD);
    CHECK_EQ(wake_summary(), 0);
}

/* Slot 0 of a CNode is the kernel's, whatever number of capabilities name the CNode. */
CASE(doorbell_yield, address_0_is_no_endpoint)
{
    const uint64_t words[6] = {0};

    for (unsigned i = 0; i < 4; i++) {
        CHECK_EQ(sys_doorbell(0, 0), E_BAD_CAP);
        CHECK_EQ(sys_doorbell_yield(0, 0), E_BAD_CAP);
        CHECK_EQ(sys_deliver(0, words, 0), E_BAD_CAP);
        copy(ROOT_CNODE, ALL);
    }
}

CASE(doorbell_yield, to_itself_returns)
{
    CHECK_OK(sys_doorbell_yield(suite_endpoint(65, 0), SUITE_PRIORITY));
    CHECK(wake_taken(65));
}

CASE(doorbell_yield, pending_wake_does_not_delay_a_better_one)
{
    child_run(&child, child_idle, 0);
    CHECK_OK(sys_doorbell(suite_endpoint(65, 0), SUITE_PRIORITY));
    CHECK_OK(sys_doorbell_yield(child.bell, BETTER));
    CHECK_EQ(SHARED->entries, 1);
}

CASE(doorbell_yield, ready_coroutine_does_not_delay_a_better_one)
{
    struct registers r = {0};

    child_run(&child, child_idle, 0);
    suite_line()->bitmap = 1ull << SUITE_PRIORITY;
    r.x[REG_A7] = SYS_INVOKED_(SYS_DOORBELL_YIELD, child.bell);
    r.x[REG_A0] = BETTER;
    registers_ecall(&r, EXECUTOR_BASE);
    CHECK_EQ(SHARED->entries, 1);
}

/* ---- deliver ---- */

/* Somebody who wakes the suite when nobody else runs. */
static void start_ringer(unsigned slot)
{
    static struct child ringer;

    child_make(&ringer, 0);
    SHARED->registers[3].x[REG_A7] =
        SYS_INVOKED_(SYS_DOORBELL, child_give(&ringer, suite_endpoint(slot, 0), WRITE));
    SHARED->registers[3].x[REG_A0] = SUITE_PRIORITY;
    child_start(&ringer, child_ecall, 3, PRIORITY_COUNT - 2); /* run_children reaches it */
}

/* Deliver from the suite, which then waits for the ringer; the header as the child sees it. */
static void check_delivered(uint64_t header, uint64_t seen)
{
    struct registers r = {0};
    uint64_t entries = SHARED->entries;

    start_ringer(66);

    for (unsigned i = 0; i < 6; i++)
        r.x[REG_A0 + i] = words[i];
    r.x[16] = header;
    r.x[REG_A7] = SYS_INVOKED_(SYS_DELIVER, child.bell);
    CHECK(suite_call(&r));
    CHECK(wake_taken(66));
    run_children(); /* the ringer's end */
    CHECK_EQ(SHARED->entries, entries + 1);
    for (unsigned i = 0; i < 6; i++)
        CHECK_EQ(SHARED->event[i], words[i]);
    CHECK_EQ(SHARED->event[6], seen);
    CHECK_EQ(SHARED->event[7], EVENT_MESSAGE | BELL_SLOT << 8);
}

CASE(deliver, equal_priority)
{
    child_run(&child, child_idle, 0);
    check_delivered(HEADER(SUITE_PRIORITY, 7, 0x12345678), HEADER(SUITE_PRIORITY, 7, 0x12345678));
}

CASE(deliver, worse_priority_and_flags)
{
    uint64_t header = HEADER(62, 0xffff, 0xffffffff) | 0xffull << MESSAGE_FLAGS_SHIFT;

    child_run(&child, child_idle, 0);
    check_delivered(header, header);
}

CASE(deliver, better_priority)
{
    child_run(&child, child_idle, 0);
    check_delivered(HEADER(1, 7, 8), HEADER(1, 7, 8));
}

CASE(deliver, priority_is_clamped_to_the_ceiling)
{
    uint32_t bell;

    child_make(&child, 45);
    bell = make(OBJECT_ENDPOINT, 0);
    CHECK_OK(sys_process_bind(child.process, bell, BELL_SLOT, 50));
    child_start(&child, child_idle, 0, WORSE);
    run_children();
    check_delivered(HEADER(3, 7, 8), HEADER(45, 7, 8)); /* the process's ceiling */
    child.bell = bell;
    check_delivered(HEADER(3, 7, 8), HEADER(50, 7, 8)); /* the endpoint's */
    check_delivered(HEADER(60, 7, 8), HEADER(60, 7, 8));
}

static void check_again(uint32_t endpoint, unsigned priority)
{
    uint64_t entries = SHARED->entries, summary = wake_summary();

    CHECK_EQ(sys_deliver(endpoint, words, HEADER(priority, 1, 2)), E_AGAIN);
    CHECK_EQ(SHARED->entries, entries);
    CHECK_EQ(wake_summary(), summary);
}

CASE(deliver, busy_receiver_is_left_alone)
{
    child_make(&child, 0);
    child_start(&child, child_idle, 0, WORSE);
    check_again(child.bell, SUITE_PRIORITY);
    run_children();
    CHECK_EQ(SHARED->entries, 0);
}

CASE(deliver, receiver_with_pending_wakes_is_left_alone)
{
    child_run(&child, child_idle, 0);
    CHECK_OK(sys_doorbell(child.bell, WORSE));
    check_again(child.bell, SUITE_PRIORITY);
    run_children();
    CHECK_EQ(SHARED->entries, 1);
    CHECK_EQ(SHARED->event[7], EVENT_RUNG | BELL_SLOT << 8);
}

CASE(deliver, new_and_faulted_receivers)
{
    child_make(&child, 0);
    check_again(child.bell, SUITE_PRIORITY);
    child_start(&child, fault_break, 0, WORSE);
    run_children();
    CHECK_EQ(child_state(&child), PROCESS_FAULTED);
    check_again(child.bell, SUITE_PRIORITY);
}

CASE(deliver, to_itself)
{
    check_again(suite_endpoint(65, 0), SUITE_PRIORITY);
}

CASE(deliver, sender_with_a_ready_coroutine)
{
    child_run(&child, child_idle, 0);
    suite_line()->bitmap = 1ull << 60;
    check_again(child.bell, SUITE_PRIORITY);
}

CASE(deliver, sender_with_a_pending_wake)
{
    child_run(&child, child_idle, 0);
    CHECK_OK(sys_doorbell(suite_endpoint(65, 0), SUITE_PRIORITY));
    check_again(child.bell, SUITE_PRIORITY);
}

CASE(deliver, somebody_better_waits)
{
    struct child other;

    child_run(&child, child_idle, 0);
    child_make(&other, 0);
    child_start(&other, child_log, 1, WORSE);
    check_again(child.bell, WORSE + 1);
    CHECK_EQ(SHARED->logged, 0);
    check_delivered(HEADER(WORSE, 1, 2), HEADER(WORSE, 1, 2));
}

CASE(deliver, priority_out_of_range)
{
    child_run(&child, child_idle, 0);
    check_again(child.bell, 64);
    check_again(child.bell, 255);
}

CASE(deliver, from_a_thread)
{
    struct child threads;

    child_run(&child, child_idle, 0);
    child_make(&threads, 0);
    thread_make(&threads, 1, WORSE);
    thread_call(&threads, 1, SYS_DELIVER, child_give(&threads, child.bell, ALL), words,
                HEADER(WORSE, 1, 2));
    CHECK(thread_done(1));
    CHECK_EQ(SHARED->request[1].x[0], E_AGAIN);
    CHECK_EQ(SHARED->entries, 0);
}

CASE(deliver, refuses)
{
    uint64_t header = HEADER(SUITE_PRIORITY, 1, 2);

    child_run(&child, child_idle, 0);
    CHECK_EQ(sys_deliver(slots_take(1), words, header), E_BAD_CAP);
    CHECK_EQ(sys_deliver(0, words, header), E_BAD_CAP);
    CHECK_EQ(sys_deliver(ROOT_PROCESS, words, header), E_BAD_TYPE);
    CHECK_EQ(sys_deliver(copy(child.bell, READ | GRANT), words, header), E_NO_RIGHT);
    CHECK_EQ(sys_deliver(make(OBJECT_ENDPOINT, 0), words, header), E_PEER_DEAD);
    delete (child.process);
    CHECK_EQ(sys_deliver(child.bell, words, header), E_PEER_DEAD);
}
