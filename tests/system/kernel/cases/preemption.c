/* SPDX-License-Identifier: BSD-2-Clause */
/* Long system calls: who runs in between. */
#include "long_calls.h"

CASE(preemption, better_ones_run_during_a_revocation)
{
    calls_prepare();
    revoke_begins();
    CHECK_EQ(request()->done, 0);
    CHECK_EQ(call_ends(), E_OK);
    CHECK_EQ(untyped_used(part), 0);
}

CASE(preemption, again_and_again)
{
    unsigned pieces = 0;

    calls_prepare();
    revoke_begins();
    for (; !request()->done && pieces < 100000; pieces++)
        suite_sleep(ticks_ms(1) / 50);
    CHECK(pieces > 0);
    CHECK_EQ(request()->x[0], E_OK);
    CHECK_EQ(untyped_used(part), 0);
}

CASE(preemption, timer_wakes_reach_a_better_child)
{
    struct child other;
    uint32_t timer = make(OBJECT_TIMER, 0);

    calls_prepare();
    child_make(&other, 0);
    CHECK_OK(sys_process_bind(other.process, timer, 3, 0));
    child_start(&other, child_idle, 0, BETTER);
    run_children();
    for (unsigned tries = 0; tries < 40 && SHARED->entries == 0; tries++) {
        fill_part(part, 6000);
        suite_priority(WORSE);
        CHECK_OK(sys_timer_set(timer, ticks_now() + ticks_ms(1) / 10, BETTER));
        revoke(part);
        suite_priority(SUITE_PRIORITY);
    }
    CHECK(SHARED->entries > 0);
}

CASE(preemption, worse_ones_wait_for_the_end)
{
    struct child other;

    calls_prepare();
    child_make(&other, 0);
    revoke_begins();
    child_start(&other, child_log, 1, WORSE + 10);
    for (uint64_t pause = ticks_ms(1) / 50; !request()->done; pause += pause / 8) {
        CHECK_EQ(SHARED->logged, 0);
        suite_sleep(pause);
    }
    CHECK_EQ(call_ends(), E_OK);
    CHECK_EQ(SHARED->logged, 1);
}

CASE(preemption, equals_take_turns)
{
    struct child other;

    calls_prepare();
    child_make(&other, 0);
    child_start(&other, child_spin, 1, WORSE);
    suite_sleep_until(&SHARED->word[1]);
    fill_part(part, 6000);
    call_begins(SYS_CNODE_REVOKE, space, (uint64_t[5]){part}, 300);
    suite_sleep_until(&request()->done);
    CHECK_EQ(request()->x[0], E_OK);
    SHARED->word[1] = 0;
    suite_sleep_until(&SHARED->word[1]);
}

CASE(preemption, wakes_of_the_caller_are_kept)
{
    thread_revokes();
    SHARED->request[1].wanted = 1;
    SHARED->request[1].invoked = SYS_INVOKED_(SYS_NULL, 0);
    CHECK_OK(sys_doorbell(child.bells[1], WORSE));
    run_children();
    CHECK_EQ(SHARED->request[1].done, 2);
}
