/* SPDX-License-Identifier: BSD-2-Clause */
/* Several harts. The suite stays on hart 0; what runs beside it is put on others. On a machine with
 * one hart each case checks what must hold there instead. */
#include "suite.h"

#define ELSEWHERE 0xfeu /* every hart but 0 */

static struct child child;

static bool alone(void)
{
    return ((const struct boot_info *)ROOT_BOOT_INFO_BASE)->harts == 1;
}

/* The child's word passes the value without the suite giving up its hart. The call waits for an
 * answer of every hart: an emulator that runs one hart at a time, and in virtual time leaves it
 * only when it waits, goes on with the others then. */
static bool word_passes_beside(unsigned word, uint64_t value)
{
    uint64_t begin = ticks_now();

    while (SHARED->word[word] <= value && ticks_now() - begin < ticks_ms(alone() ? 30 : 20000))
        CHECK_OK(sys_process_harts(ROOT_PROCESS, 1));
    return SHARED->word[word] > value;
}

/* The same for a child that may not run on the suite's hart, if there is another: so this one may
 * rest, which leaves the host's CPU to the others. */
static bool word_passes(unsigned word, uint64_t value)
{
    if (alone())
        return word_passes_beside(word, value);
    for (unsigned i = 0; i < 200000 && SHARED->word[word] <= value; i++)
        suite_sleep(ticks_ms(1) / 10);
    return SHARED->word[word] > value;
}

static void spin_ms(uint64_t ms)
{
    for (uint64_t begin = ticks_now(); ticks_now() - begin < ticks_ms(ms);)
        ;
}

/* A child on another hart; with one hart the kernel refuses that. Value: whether there is one. */
static bool child_elsewhere(struct child *made)
{
    child_make(made, 0);
    if (alone())
        CHECK_EQ(sys_process_harts(made->process, ELSEWHERE), E_BAD_ARGUMENT);
    else
        CHECK_OK(sys_process_harts(made->process, ELSEWHERE));
    return !alone();
}

CASE(smp, runs_beside_a_better_one)
{
    bool elsewhere = child_elsewhere(&child);

    child_start(&child, child_spin, 1, WORSE);
    CHECK_EQ(word_passes_beside(1, 1000), elsewhere);
}

CASE(smp, harts_refuses)
{
    child_make(&child, 0);
    CHECK_EQ(sys_process_harts(child.process, 0), E_BAD_ARGUMENT);
    CHECK_EQ(sys_process_harts(child.process, 1ull << 60), E_BAD_ARGUMENT);
    CHECK_EQ(sys_process_harts(child.bell, 1), E_BAD_TYPE);
    CHECK_EQ(sys_process_harts(copy(child.process, READ), 1), E_NO_RIGHT);
    CHECK_OK(sys_process_harts(child.process, ~0ull));
}

CASE(smp, doorbells_reach_another_hart)
{
    (void)child_elsewhere(&child);
    SHARED->word[1] = child_give(&child, suite_endpoint(71, WORSE), WRITE);
    child_start(&child, child_answer, 0, WORSE);
    run_children();
    for (uint64_t i = 0; i < 500; i++) {
        CHECK_OK(sys_doorbell(child.bell, WORSE));
        wakes_clear(); /* of its answer: they would make the suite as good as the child */
        if (alone())
            run_children();
        CHECK(word_passes(2, i));
    }
}

CASE(smp, two_harts_ring_each_other)
{
    (void)child_elsewhere(&child);
    SHARED->word[1] = child_give(&child, suite_endpoint(71, 0), WRITE);
    child_start(&child, child_answer, 0, WORSE);
    for (uint64_t i = 1; i <= 500; i++) {
        CHECK_OK(sys_doorbell(child.bell, WORSE));
        while (!wake_taken(71))
            suite_yield(NULL);
        CHECK_EQ(SHARED->word[2], i);
    }
}

CASE(smp, stops_what_runs_elsewhere)
{
    uint64_t seen;

    (void)child_elsewhere(&child);
    child_start(&child, child_spin, 1, WORSE);
    CHECK_EQ(word_passes(1, 1000), !alone());
    CHECK_OK(sys_process_stop(child.process));
    CHECK_EQ(child_state(&child), PROCESS_STOPPED);
    seen = SHARED->word[1];
    spin_ms(30);
    CHECK_EQ(SHARED->word[1], seen);
}

CASE(smp, destroys_what_runs_elsewhere_again_and_again)
{
    for (unsigned i = 0; i < 20; i++) {
        (void)child_elsewhere(&child);
        child_start(&child, child_spin, 1, WORSE);
        SHARED->word[1] = 0;
        CHECK_EQ(word_passes(1, 1000), !alone());
        objects_close();
        objects_begin();
    }
}

CASE(smp, unmapped_memory_is_gone_on_all_harts)
{
    uint32_t frame = make(OBJECT_FRAME, 12);

    (void)child_elsewhere(&child);
    map(frame, child.process, WINDOW, READ | WRITE);
    SHARED->word[1] = WINDOW;
    child_start(&child, child_read_for_ever, 0, WORSE);
    if (alone())
        suite_sleep(ticks_ms(1));
    else
        CHECK(word_passes(2, 1000));
    CHECK_OK(sys_frame_unmap(frame));
    while (!wake_taken(FAULT_SLOT))
        suite_yield(NULL);
    CHECK_EQ(child_fault(&child).cause, 13);
    CHECK_EQ(child_fault(&child).address, WINDOW);
}

CASE(smp, revokes_an_endpoint_that_is_being_rung)
{
    for (unsigned i = 0; i < 20; i++) {
        uint32_t bell = suite_endpoint(72, SUITE_PRIORITY), cptr;

        (void)child_elsewhere(&child);
        cptr = child_give(&child, bell, WRITE);
        SHARED->word[2] = 0;
        SHARED->word[3] = 0;
        child_start(&child, child_ring_for_ever, cptr, WORSE);
        if (alone())
            suite_sleep(ticks_ms(1));
        else
            CHECK(word_passes(2, 100));
        revoke(bell);
        if (alone())
            run_children();
        else
            CHECK(word_passes(4, 0));
        CHECK_EQ(SHARED->word[3], (uint64_t)(long)E_BAD_CAP);
        SHARED->word[4] = 0;
        objects_close();
        objects_begin();
    }
}

CASE(smp, an_idle_hart_takes_one_that_waits)
{
    child_make(&child, 0);
    CHECK_OK(sys_process_harts(child.process, ~0ull));
    child_start(&child, child_spin, 1, WORSE); /* on this hart at first */
    CHECK_EQ(word_passes_beside(1, 1000), !alone());
}

/* The child, which spins elsewhere, comes to this hart when its slice there ends, and waits here:
 * it runs nowhere any more. A wake brings the tick on. */
static void fetch_spinner(void)
{
    uint64_t seen;

    CHECK_OK(sys_process_harts(child.process, 1));
    for (unsigned i = 0; i < 20000 && (*(volatile uint64_t *)GLOBAL_BITMAP_WORDS >> WORSE & 1) == 0;
         i++)
        suite_sleep(ticks_ms(1));
    seen = SHARED->word[1];
    spin_ms(5);
    CHECK_EQ(SHARED->word[1], seen);
}

CASE(smp, leaves_a_hart_that_is_forbidden)
{
    if (!child_elsewhere(&child))
        return; /* refused, as it must be */
    child_start(&child, child_spin, 1, WORSE);
    CHECK(word_passes(1, 1000));
    fetch_spinner();
    spin_ms(30);
    fetch_spinner();
}

/* It is on one hart at a time, which it leaves while that one still works for it. */
CASE(smp, comes_and_goes)
{
    if (!child_elsewhere(&child))
        return;
    child_start(&child, child_spin, 1, WORSE);
    for (unsigned i = 0; i < 20; i++) {
        SHARED->word[1] = 0;
        CHECK(word_passes(1, 1000));
        fetch_spinner();
        CHECK_OK(sys_process_harts(child.process, ELSEWHERE));
    }
}

CASE(smp, calls_between_threads_of_two_harts)
{
    static struct child other;
    uint32_t rendezvous = make(OBJECT_RENDEZVOUS, 0), reply = make(OBJECT_REPLY, 0);

    (void)child_elsewhere(&child);
    (void)child_elsewhere(&other);
    SHARED->word[1] = child_give(&child, rendezvous, ALL);
    SHARED->word[2] = child_give(&child, reply, ALL);
    SHARED->word[3] = child_give(&other, rendezvous, ALL);
    (void)thread_start_at(&child, 1, thread_serve, 0, WORSE);
    (void)thread_start_at(&other, 2, thread_call_often, 1000, WORSE);
    if (alone())
        run_children();
    else
        CHECK(word_passes(4, 999));
    CHECK_EQ(SHARED->word[4], 1000);
    CHECK_EQ(SHARED->word[5], 0); /* wrong answers */
}

CASE(smp, a_timer_wakes_on_another_hart)
{
    uint32_t timer = make(OBJECT_TIMER, 0);

    (void)child_elsewhere(&child);
    CHECK_OK(sys_process_bind(child.process, timer, 11, 0));
    SHARED->word[1] = child_give(&child, suite_endpoint(71, WORSE), WRITE);
    child_start(&child, child_answer, 0, WORSE);
    for (uint64_t i = 0; i < 50; i++) {
        CHECK_OK(sys_timer_set(timer, ticks_now() + ticks_ms(1) / 4, WORSE));
        for (unsigned n = 0; n < 20000 && SHARED->word[2] <= i; n++)
            suite_sleep(ticks_ms(1));
        CHECK_EQ(SHARED->word[2], i + 1);
    }
}

/* It would stand in a queue of this hart, where nobody looks for it who stops it. */
CASE(smp, a_call_leaves_the_receiver_on_its_hart)
{
    static struct child other;
    uint32_t rendezvous = make(OBJECT_RENDEZVOUS, 0), reply = make(OBJECT_REPLY, 0), thread;
    struct sys_thread_info info;
    uint64_t seen;

    (void)child_elsewhere(&child);
    child_make(&other, 0);
    CHECK_OK(sys_process_harts(other.process, 1));
    SHARED->word[1] = child_give(&child, rendezvous, ALL);
    SHARED->word[2] = child_give(&child, reply, ALL);
    SHARED->word[3] = child_give(&other, rendezvous, ALL);
    thread = thread_start_at(&child, 1, thread_receive_then_spin, 6, WORSE);
    do { /* until it waits for a call: it may move when it is ready again */
        suite_sleep(ticks_ms(1));
        CHECK_OK(sys_thread_info(thread, &info));
    } while (info.state != PROCESS_IDLE);
    CHECK_OK(sys_process_harts(child.process, ~0ull));
    (void)thread_start_at(&other, 2, thread_call_often, 1, WORSE);
    suite_sleep_until(&SHARED->word[6]);
    CHECK_OK(sys_process_stop(child.process));
    seen = SHARED->word[6];
    suite_sleep(ticks_ms(30));
    CHECK_EQ(SHARED->word[6], seen);
}

/* The suite goes on on that hart. */
static void suite_to(unsigned hart)
{
    struct sys_thread_info info;

    CHECK_OK(sys_process_harts(ROOT_PROCESS, 1ull << hart));
    do {
        suite_sleep(ticks_ms(1));
        CHECK_OK(sys_thread_info(ROOT_PROCESS, &info));
    } while (info.hart != hart);
}

/* A child made on hart 0, where somebody rings it all the time, is started on hart 1: it is at home
 * there, and nowhere else. */
CASE(smp, started_elsewhere_while_it_is_rung)
{
    static struct child ringer;

    for (unsigned i = 0; !alone() && i < 12; i++) {
        struct sys_thread_info info;
        uint64_t seen, x[8] = {0};

        suite_to(0);
        child_make(&child, 0);
        CHECK_OK(sys_process_harts(child.process, 2));
        child_make(&ringer, 0);
        suite_to(1);
        SHARED->word[2] = 0;
        child_start(&ringer, child_ring_for_ever, child_give(&ringer, child.bell, WRITE), WORSE);
        CHECK(word_passes(2, 100));
        child_start(&child, child_idle, 0, BETTER);
        seen = SHARED->word[2];
        CHECK(word_passes(2, seen + 1000));
        (void)syscall_arch(SYS_INVOKED_(SYS_CHECK, 0), x);
        CHECK((long)x[0] >= 0 || (long)x[0] == E_BAD_SYSCALL);
        CHECK_OK(sys_thread_info(child.process, &info));
        CHECK_EQ(info.hart, 1);
        CHECK_OK(sys_process_stop(child.process));
        suite_to(0);
        objects_close();
        objects_begin();
    }
    suite_to(0);
}
