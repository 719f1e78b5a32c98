/* SPDX-License-Identifier: BSD-2-Clause */
/* Budgets: what a process takes against what it may take, both by the same clock. */
#include "suite.h"

/* What a busy host makes a process overrun it pays back, a budget in each period: the waits below
 * are as long as that may take, and where the end of a wait is a refill the period is short. */
#define ROUNDS 150

static struct child child;

/* Its tasks may run for so many of the milliseconds of each period. */
static void begin(uint64_t budget_ms, uint64_t period_ms)
{
    child_make(&child, 0);
    CHECK_OK(sys_process_budget(child.process, ticks_ms(budget_ms), ticks_ms(period_ms)));
}

static uint64_t used(void)
{
    struct sys_process_info info;

    CHECK_OK(sys_process_info(child.process, &info));
    return info.ticks;
}

/* The suite works while the time passes: who is better runs, and pays for it. */
static uint64_t work(uint64_t ms)
{
    uint64_t begin = ticks_now();

    while (ticks_now() - begin < ticks_ms(ms))
        ;
    return ticks_now() - begin;
}

/* No more than the share of the time that passed, one budget in advance, and what is noticed a
 * slice late; and some of it, as it wants all. What a late timer lets it overrun it pays back,
 * so on a busy host this holds after a while, and without a budget never. */
static void check_share(uint64_t budget_ms, uint64_t period_ms)
{
    uint64_t passed = 0, took, share;
    unsigned rounds = 0;

    do {
        passed += work(10 * period_ms);
        took = used();
        share = passed * budget_ms / period_ms;
    } while ((took > share + ticks_ms(budget_ms) + ticks_ms(10) || took < share / 10) &&
             ++rounds < ROUNDS);
    CHECK(rounds < ROUNDS);
}

CASE(budget, bounds_the_best_priority)
{
    begin(2, 10);
    child_start(&child, child_spin, 1, 0);
    check_share(2, 10);
}

CASE(budget, bounds_one_that_claims_every_priority)
{
    begin(3, 20);
    child_start(&child, child_claims_all, 1, 0);
    check_share(3, 20);
}

CASE(budget, bounds_one_that_flips_its_bitmap)
{
    begin(2, 10);
    child_start(&child, child_flips, 1, 0);
    check_share(2, 10);
}

/* It runs as if it had no budget, which on a busy host may take a while to show. */
static void check_much(void)
{
    for (unsigned i = 0; i < 500 && used() <= ticks_ms(20); i++)
        suite_sleep(ticks_ms(20));
    CHECK(used() > ticks_ms(20));
}

CASE(budget, of_zero_is_none)
{
    begin(0, 0);
    child_start(&child, child_spin, 1, WORSE);
    check_much();
}

CASE(budget, equal_to_the_period_is_everything)
{
    begin(10, 10);
    child_start(&child, child_spin, 1, WORSE);
    check_much();
}

CASE(budget, is_shared_by_threads)
{
    begin(2, 10);
    (void)thread_start_at(&child, 1, child_spin, 1, BETTER);
    (void)thread_start_at(&child, 2, child_spin, 2, BETTER);
    (void)thread_start_at(&child, 3, child_spin, 3, BETTER);
    check_share(2, 10);
}

CASE(budget, is_shared_by_virtual_cpus)
{
    uint32_t cpu = make(OBJECT_VIRTUAL_CPU, 0);

    begin(2, 10);
    CHECK_OK(sys_virtual_cpu_configure(cpu, child.process, 1));
    child_start(&child, child_spin, 1, BETTER);
    CHECK_OK(sys_virtual_cpu_start(cpu, (uint64_t)child_spin, STACKS + 2 * 4096, 2, BETTER));
    check_share(2, 10);
}

CASE(budget, a_wake_without_budget_is_kept)
{
    begin(1, 20);
    child_start(&child, child_spin_then_log, 1, BETTER);
    while (SHARED->word[1] == 0)
        ; /* it has used all up, and is not done */
    CHECK_OK(sys_doorbell(child.bell, BETTER));
    SHARED->word[2] = 1; /* now it may wait */
    for (unsigned i = 0; i < 20000 && SHARED->log[0] == 0; i++)
        suite_sleep(ticks_ms(1));
    CHECK_EQ(SHARED->log[0], 7);
}

/* It is worse than the suite while it waits for more, and better when it goes on. */
CASE(budget, a_better_wake_counts_at_the_refill)
{
    begin(1, 20);
    child_start(&child, child_spin_then_log, 1, WORSE);
    do
        suite_sleep(ticks_ms(1));
    while (SHARED->word[1] == 0 || *(volatile uint64_t *)GLOBAL_BITMAP_WORDS >> WORSE & 1);
    SHARED->word[2] = 1;
    CHECK_OK(sys_doorbell(child.bell, BETTER));
    for (unsigned i = 0; i < 200 && SHARED->log[0] == 0; i++)
        work(100);
    CHECK_EQ(SHARED->log[0], 7);
}

/* Better than the suite, the child zeroes megabytes by one call, of which its budget pays a part:
 * it is in the midst of it, and waits for more. Value: where the last object will be. */
static uint32_t long_call_begins(void)
{
    struct request *request = &SHARED->request[0];
    uint32_t space, untyped, slots = slots_take(4);

    child_make(&child, 0);
    CHECK_OK(sys_process_budget(child.process, ticks_ms(1) / 4, ticks_ms(5)));
    space = child_give(&child, ROOT_CNODE, ALL);
    untyped = child_give(&child, make(OBJECT_UNTYPED, 23), ALL);
    child_start(&child, child_invoker, 0, BETTER);
    *request = (struct request){.invoked = SYS_INVOKED_(SYS_UNTYPED_RETYPE, untyped),
                                .x = {OBJECT_FRAME, 21, space, slots, 4},
                                .wanted = 1};
    do
        CHECK_OK(sys_doorbell(child.bell, BETTER));
    while (*(volatile uint64_t *)&request->wanted);
    CHECK(!present(slots + 3));
    return slots + 3;
}

CASE(budget, bounds_a_long_call)
{
    uint32_t last = long_call_begins();

    suite_sleep_until(&SHARED->request[0].done);
    CHECK_EQ(SHARED->request[0].x[0], E_OK);
    CHECK(present(last));
}

CASE(budget, stopped_while_its_call_waits_for_more)
{
    uint32_t last = long_call_begins();

    CHECK_OK(sys_process_stop(child.process));
    suite_sleep(ticks_ms(10)); /* its refill would be due */
    CHECK(!present(last));
}

CASE(budget, submitted_calls_wait_for_more)
{
    uint32_t part = make(OBJECT_UNTYPED, 20), holder = make(OBJECT_CNODE, 13);

    for (uint32_t i = 0; i < 6000; i += 250)
        CHECK_OK(sys_untyped_retype(part, OBJECT_ENDPOINT, 0, holder, 1 + i, 250));
    child_make(&child, 0);
    CHECK_OK(sys_process_budget(child.process, ticks_ms(1) / 10, ticks_ms(2)));
    SHARED->word[0] = SYS_INVOKED_(SYS_CNODE_REVOKE, child_give(&child, ROOT_CNODE, ALL));
    SHARED->word[1] = part;
    child_start(&child, child_submit, 0, WORSE);
    suite_sleep_until(&SHARED->word[2]);
    CHECK_EQ(SHARED->word[3], E_OK);
    CHECK_EQ(untyped_used(part), 0);
}

/* It would have no budget. */
CASE(budget, makes_no_processes)
{
    uint32_t process = make(OBJECT_PROCESS, 0), cnode = make(OBJECT_CNODE, 4), own, own_cnode;

    begin(5, 10);
    own = child_give(&child, process, ALL);
    own_cnode = child_give(&child, cnode, ALL);
    child_start(&child, child_invoker, 0, BETTER);
    SHARED->request[0] = (struct request){
        .invoked = SYS_INVOKED_(SYS_PROCESS_CONFIGURE, own), .x = {own_cnode, 28}, .wanted = 1};
    CHECK_OK(sys_doorbell(child.bell, BETTER));
    suite_sleep_until(&SHARED->request[0].done);
    CHECK_EQ(SHARED->request[0].x[0], E_NO_RIGHT);
    CHECK_EQ(SHARED->request[0].x[1], ERROR_NO_ARGUMENT);
    CHECK_OK(sys_process_configure(process, cnode, 28, 0, 0));
}

/* Of a better one's calls that take two parts each, and of the suite itself: all the time that
 * passes is charged to one of them. */
CASE(budget, calls_are_charged_to_the_end)
{
    struct sys_process_info own;
    uint32_t space, part, holder;
    uint64_t begun, passed, charged;

    child_make(&child, 0);
    space = child_give(&child, ROOT_CNODE, ALL);
    part = make(OBJECT_UNTYPED, 20);
    holder = make(OBJECT_CNODE, 8);
    child_start(&child, child_invoker, 0, BETTER);
    CHECK_OK(sys_process_info(ROOT_PROCESS, &own));
    begun = ticks_now();
    charged = own.ticks + used();
    for (unsigned i = 0; i < 4000; i++) {
        CHECK_OK(sys_untyped_retype(part, OBJECT_ENDPOINT, 0, holder, 1, 9));
        SHARED->request[0] = (struct request){
            .invoked = SYS_INVOKED_(SYS_CNODE_REVOKE, space), .x = {part}, .wanted = 1};
        CHECK_OK(sys_doorbell(child.bell, BETTER));
    }
    CHECK_OK(sys_process_info(ROOT_PROCESS, &own));
    charged = own.ticks + used() - charged;
    passed = ticks_now() - begun;
    CHECK(charged > passed - passed / 20);
}

CASE(budget, does_not_touch_others)
{
    static struct child other;

    begin(1, 100);
    child_start(&child, child_spin, 1, BETTER);
    child_make(&other, 0);
    child_start(&other, child_spin, 2, WORSE);
    suite_sleep_until(&SHARED->word[2]);
}

CASE(budget, calls_work_with_one)
{
    begin(5, 10);
    SHARED->word[1] = child_give(&child, suite_endpoint(71, 0), WRITE);
    child_start(&child, child_answer, 0, WORSE);
    run_children();
    for (unsigned i = 0; i < 100; i++) {
        CHECK_OK(sys_doorbell(child.bell, WORSE));
        while (!wake_taken(71))
            suite_yield(NULL);
    }
    CHECK_EQ(SHARED->word[2], 100);
}

CASE(budget, stopped_while_it_waits_for_more)
{
    begin(1, 1000);
    child_start(&child, child_spin, 1, BETTER);
    work(20);
    CHECK_OK(sys_process_stop(child.process));
    CHECK_EQ(child_state(&child), PROCESS_STOPPED);
    suite_sleep(ticks_ms(2));
}

CASE(budget, destroyed_while_it_waits_for_more)
{
    begin(1, 20);
    child_start(&child, child_spin, 1, BETTER);
    work(20);
    delete (child.process);
    suite_sleep(ticks_ms(40)); /* its refill would be due */
}

CASE(budget, refuses)
{
    child_make(&child, 0);
    CHECK_EQ(sys_process_budget(child.process, 2, 1), E_BAD_ARGUMENT);
    CHECK_EQ(sys_process_budget(child.process, 1, ~0ull), E_BAD_ARGUMENT);
    CHECK_EQ(sys_process_budget(child.process, ~0ull, ~0ull), E_BAD_ARGUMENT);
    CHECK_EQ(sys_process_budget(child.bell, 1, 2), E_BAD_TYPE);
    CHECK_EQ(sys_process_budget(copy(child.process, READ), 1, 2), E_NO_RIGHT);
    child_start(&child, child_idle, 0, WORSE);
    CHECK_EQ(sys_process_budget(child.process, 1, 2), E_STATE);
}

/* Whoever calls it does not lend it time. */
CASE(budget, bounds_who_is_called)
{
    static struct child client;
    uint32_t rendezvous = make(OBJECT_RENDEZVOUS, 0), reply = make(OBJECT_REPLY, 0);
    uint64_t begun, allowed;
    unsigned rounds = 0;

    begin(1, 50);
    child_make(&client, 0);
    SHARED->word[1] = child_give(&child, rendezvous, ALL);
    SHARED->word[2] = child_give(&child, reply, ALL);
    SHARED->word[3] = child_give(&client, rendezvous, ALL);
    (void)thread_start_at(&child, 1, thread_serve, 0, WORSE);
    begun = ticks_now();
    (void)thread_start_at(&client, 2, thread_call_often, ~0ull, WORSE);
    do {
        suite_sleep(ticks_ms(100));
        allowed = (ticks_now() - begun) / 50 + ticks_ms(1) + ticks_ms(10);
    } while ((used() > allowed || SHARED->word[4] == 0) && ++rounds < ROUNDS);
    CHECK(rounds < ROUNDS);
    CHECK_EQ(SHARED->word[5], 0); /* wrong answers */
}

CASE(budget, not_of_one_with_virtual_cpus)
{
    uint32_t cpu = make(OBJECT_VIRTUAL_CPU, 0);

    child_make(&child, 0);
    CHECK_OK(sys_virtual_cpu_configure(cpu, child.process, 1));
    CHECK_OK(sys_virtual_cpu_start(cpu, (uint64_t)child_spin, STACKS + 2 * 4096, 2, WORSE));
    CHECK_EQ(sys_process_budget(child.process, 1, 2), E_STATE);
}
