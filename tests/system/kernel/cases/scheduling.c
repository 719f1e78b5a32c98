/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs: priorities, ceilings, the global bitmap, preemption. */
#include "suite.h"

static struct child child, other, third;

static uint64_t bitmap(void)
{
    uint64_t all = 0;

    for (unsigned hart = 0; hart < 8; hart++)
        all |= ((volatile const uint64_t *)GLOBAL_BITMAP_WORDS)[hart];
    return all;
}

static uint64_t child_priority(const struct child *c)
{
    struct sys_process_info info;

    CHECK_OK(sys_process_info(c->process, &info));
    return info.priority;
}

CASE(bitmap, shows_what_is_ready_and_not_running)
{
    CHECK_EQ(bitmap(), 0);
    child_make(&child, 0);
    CHECK_EQ(bitmap(), 0);
    child_start(&child, child_idle, 0, WORSE);
    CHECK_EQ(bitmap(), 1ull << WORSE);
    run_children();
    CHECK_EQ(bitmap(), 0);
}

CASE(bitmap, shows_the_best_wake)
{
    child_run(&child, child_idle, 0);
    CHECK_OK(sys_doorbell(child.bell, 50));
    CHECK_EQ(bitmap(), 1ull << 50);
    CHECK_OK(sys_doorbell(child.bell, 45));
    CHECK_EQ(bitmap(), 1ull << 45);
    CHECK_OK(sys_doorbell(child.bell, 60));
    CHECK_EQ(bitmap(), 1ull << 45);
    CHECK_EQ(child_priority(&child), 45);
    run_children();
    CHECK_EQ(bitmap(), 0);
}

CASE(bitmap, forgets_the_dead)
{
    child_make(&child, 0);
    child_start(&child, child_idle, 0, WORSE);
    child_make(&other, 0);
    child_start(&other, child_idle, 0, WORSE + 1);
    CHECK_EQ(bitmap(), 3ull << WORSE);
    delete (child.process);
    CHECK_EQ(bitmap(), 2ull << WORSE);
    CHECK_OK(sys_process_stop(other.process));
    CHECK_EQ(bitmap(), 0);
}

CASE(bitmap, shows_threads)
{
    child_make(&child, 0);
    thread_start_at(&child, 1, thread_log, 1, 63);
    CHECK_EQ(bitmap(), 1ull << 63);
}

CASE(priority, best_first)
{
    child_make(&child, 0);
    child_make(&other, 0);
    child_make(&third, 0);
    child_start(&child, child_log, 1, 50);
    child_start(&other, child_log, 2, 40);
    child_start(&third, child_log, 3, 45);
    run_children();
    CHECK_EQ(SHARED->log[0], 2);
    CHECK_EQ(SHARED->log[1], 3);
    CHECK_EQ(SHARED->log[2], 1);
}

static bool in_order(void)
{
    SHARED->logged = 0;
    child_make(&child, 0);
    child_make(&other, 0);
    child_make(&third, 0);
    child_start(&third, child_log, 3, WORSE);
    child_start(&child, child_log, 1, WORSE);
    child_start(&other, child_log, 2, WORSE);
    run_children();
    CHECK_EQ(SHARED->logged, 3);
    return SHARED->log[0] == 3 && SHARED->log[1] == 1 && SHARED->log[2] == 2;
}

/* The end of a time slice may put the first one behind the others, hardly in every try. */
CASE(priority, equals_in_order)
{
    for (unsigned i = 0; i < 5; i++) {
        if (in_order())
            return;
    }
    CHECK(!"equals in order");
}

CASE(priority, a_better_wake_preempts_at_once)
{
    child_run(&child, child_log, 1);
    CHECK_EQ(SHARED->logged, 1);
    CHECK_OK(sys_doorbell(child.bell, BETTER));
    CHECK_EQ(SHARED->logged, 2);
}

/* The end of a time slice may come just then: that it does not happen at once shows in some try. */
CASE(priority, an_equal_wake_does_not)
{
    bool waited = false;

    child_run(&child, child_log, 1);
    for (unsigned i = 0; i < 20 && !waited; i++) {
        uint64_t before = SHARED->logged;

        CHECK_OK(sys_doorbell(child.bell, SUITE_PRIORITY));
        waited = SHARED->logged == before;
        run_children();
        CHECK_EQ(SHARED->logged, before + 1);
    }
    CHECK(waited);
}

CASE(priority, a_worse_wake_does_not)
{
    child_run(&child, child_log, 1);
    CHECK_OK(sys_doorbell(child.bell, WORSE));
    CHECK_EQ(SHARED->logged, 1);
    CHECK_OK(sys_doorbell(child.bell, SUITE_PRIORITY + 1));
    CHECK_EQ(SHARED->logged, 1);
    CHECK_OK(sys_doorbell(child.bell, SUITE_PRIORITY - 1));
    CHECK_EQ(SHARED->logged, 2);
}

CASE(priority, a_better_start_preempts_at_once)
{
    child_make(&child, 0);
    child_start(&child, child_log, 1, BETTER);
    CHECK_EQ(SHARED->logged, 1);
}

CASE(priority, the_published_bitmap_counts)
{
    bool waited = false;

    child_run(&child, child_log, 1);
    for (unsigned i = 0; i < 20 && !waited; i++) { /* as above */
        uint64_t before = SHARED->logged;

        suite_priority(PRIORITY_NONE);
        suite_line()->bitmap = 1ull << BETTER | 1ull << 60;
        CHECK_OK(sys_doorbell(child.bell, BETTER));
        waited = SHARED->logged == before;
        CHECK_OK(sys_doorbell(child.bell, BETTER - 1));
        CHECK_EQ(SHARED->logged, before + (waited ? 1 : 2));
    }
    CHECK(waited);
}

CASE(priority, nonsense_in_the_line_is_only_nonsense)
{
    suite_priority(~0u);
    suite_line()->running = ~0ull;
    CHECK_OK(sys_doorbell(suite_endpoint(64, 0), 0));
    suite_line()->running = 64;
    CHECK_EQ(sys_thread_yield(), E_STATE);
    suite_line()->running = 1ull << 40;
    suite_line()->bitmap = ~0ull;
    CHECK_EQ(sys_thread_yield(), E_STATE);
}

/* ---- ceilings ---- */

CASE(ceiling, start)
{
    child_make(&child, 50);
    child_start(&child, child_idle, 0, 0);
    CHECK_EQ(child_priority(&child), 50);
    CHECK_EQ(bitmap(), 1ull << 50);
}

CASE(ceiling, wake)
{
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0);

    child_make(&child, 50);
    CHECK_OK(sys_process_bind(child.process, endpoint, 9, 55));
    child_start(&child, child_idle, 0, 60);
    run_children();
    CHECK_OK(sys_doorbell(endpoint, 0));
    CHECK_EQ(child_priority(&child), 55);
    CHECK_OK(sys_doorbell(child.bell, 0));
    CHECK_EQ(child_priority(&child), 50);
}

CASE(ceiling, endpoint_better_than_its_process)
{
    child_make(&child, 50); /* whose bell is bound with ceiling 0 */
    child_start(&child, child_log, 0, 60);
    run_children();
    CHECK_OK(sys_doorbell(child.bell, 0));
    CHECK_EQ(SHARED->logged, 1);
    CHECK_EQ(bitmap(), 1ull << 50);
}

/* The child claims everything that its executor line can claim. */
static void claim_all(uint64_t word)
{
    struct executor_line *line = (struct executor_line *)EXECUTOR_BASE;

    line->bitmap = ~0ull;
    line->running = 0;
    child_spin(word);
}

CASE(ceiling, claims_gain_nothing)
{
    child_make(&child, 50);
    child_make(&other, 0);
    child_start(&other, child_log, 1, WORSE);
    run_children();
    child_start(&child, claim_all, 1, 50);
    suite_sleep_until(&SHARED->word[1]);
    CHECK_EQ(bitmap(), 1ull << 50);
    CHECK_EQ(child_priority(&child), 50);
    SHARED->word[1] = 0;
    CHECK_OK(sys_doorbell(other.bell, 49));
    suite_sleep_until(&SHARED->word[1]);
    CHECK_EQ(SHARED->logged, 2);
}

CASE(ceiling, nobody_makes_somebody_better)
{
    uint32_t process = make(OBJECT_PROCESS, 0), cnode = make(OBJECT_CNODE, 4), p, c;
    struct sys_process_info info;

    child_make(&child, 50);
    p = child_give(&child, process, ALL);
    c = child_give(&child, cnode, ALL);
    child_start(&child, child_invoker, 0, 50);
    run_children();
    CHECK_OK(child_call(&child, SYS_PROCESS_CONFIGURE, p, c, 28, 0, 0, 0));
    map_tables(process, EXECUTOR_BASE);
    CHECK_OK(sys_process_map_executor(process, EXECUTOR_BASE));
    CHECK_OK(sys_process_harts(process, 1));
    CHECK_OK(sys_process_start(process, 0, 0, 0, 0));
    CHECK_OK(sys_process_info(process, &info));
    CHECK_EQ(info.priority, 50);
}

CASE(ceiling, of_an_unconfigured_bind_is_the_processes)
{
    uint32_t timer = make(OBJECT_TIMER, 0);

    child_make(&child, 50);
    CHECK_OK(sys_process_bind(child.process, timer, 9, 0));
    child_start(&child, child_idle, 0, 60);
    run_children();
    CHECK_OK(sys_timer_set(timer, 1, 0));
    CHECK_EQ(sys_thread_yield(), E_STATE);
    for (unsigned i = 0; i < 100000000 && !bitmap(); i++)
        ;
    CHECK_EQ(bitmap(), 1ull << 50);
}

/* ---- preemption ---- */

static void start_spinner(struct child *c, unsigned n, unsigned priority)
{
    child_make(c, 0);
    for (unsigned i = 1; i < 32; i++)
        SHARED->registers[n].x[i] = 0x1122334455667788ull * i + n;
    SHARED->registers[n].x[REG_T5] = (uint64_t)&SHARED->word[0];
    child_start(c, child_spin_registers, n, priority);
}

static void check_spinner(unsigned n)
{
    CHECK_EQ(SHARED->word[32 + n], 1);
    CHECK_EQ(SHARED->registers[n].x[0], 0);
    CHECK_EQ(SHARED->registers[n].x[REG_SP], 0);
    CHECK_EQ(SHARED->registers[n].x[REG_T5], &SHARED->word[0]);
    CHECK_EQ(SHARED->registers[n].x[REG_T6], 1);
    for (unsigned i = 1; i < 30; i++)
        CHECK_EQ(i == REG_SP ? 0 : SHARED->registers[n].x[i] - 0x1122334455667788ull * i,
                 i == REG_SP ? 0 : n);
}

CASE(preemption, all_registers_survive_100_times)
{
    start_spinner(&child, 0, WORSE);
    for (unsigned i = 0; i < 100; i++)
        suite_sleep(ticks_ms(1) / 4);
    SHARED->word[0] = 1;
    run_children();
    check_spinner(0);
}

CASE(preemption, equals_take_turns_and_keep_their_registers)
{
    start_spinner(&child, 0, WORSE);
    start_spinner(&other, 1, WORSE);
    child_make(&third, 0);
    child_start(&third, child_spin, 5, WORSE);
    for (unsigned i = 0; i < 100 || (i < 1000 && !SHARED->word[5]); i++)
        suite_sleep(ticks_ms(1));
    CHECK(SHARED->word[5] > 0);
    SHARED->word[0] = 1;
    CHECK_OK(sys_process_stop(third.process));
    run_children();
    check_spinner(0);
    check_spinner(1);
}

/* Beside an equal that spins. Value: the ticks from the deadline of a timer that wakes the suite,
 * and with which it waits for its turn, until it runs. */
static uint64_t turn_after_timer(uint32_t timer)
{
    uint64_t deadline = ticks_now() + ticks_ms(15); /* the slice that runs by now is over */

    CHECK_OK(sys_timer_set(timer, deadline, WORSE));
    while (!wake_taken(66))
        suite_yield(NULL);
    return ticks_now() - deadline;
}

/* If the host stops meanwhile the slice may end just after the deadline, or the timer come so late
 * that it looks like a slice: hardly in most tries. */
CASE(preemption, a_timer_of_an_equal_does_not_end_a_slice)
{
    uint32_t timer = suite_timer(66);
    unsigned whole = 0;

    child_make(&child, 0);
    child_start(&child, child_spin, 1, WORSE);
    suite_priority(WORSE);
    for (unsigned i = 0; i < 8; i++)
        whole += turn_after_timer(timer) >= ticks_ms(5);
    CHECK(whole > 4);
    CHECK(SHARED->word[1] > 0);
}

CASE(preemption, a_wake_does_not_disturb_a_suspended_one)
{
    start_spinner(&child, 0, WORSE);
    suite_sleep(ticks_ms(1));
    for (unsigned priority = 60; priority > SUITE_PRIORITY; priority--)
        CHECK_OK(sys_doorbell(child.bell, priority));
    CHECK_EQ(child_priority(&child), SUITE_PRIORITY + 1);
    SHARED->word[0] = 1;
    run_children();
    check_spinner(0);
}

CASE(preemption, worse_ones_do_not_run_beside_a_spinner)
{
    start_spinner(&child, 0, WORSE);
    child_make(&other, 0);
    child_start(&other, child_log, 1, WORSE + 1);
    for (unsigned i = 0; i < 30; i++)
        suite_sleep(ticks_ms(1));
    CHECK_EQ(SHARED->logged, 0);
    SHARED->word[0] = 1;
    run_children();
    CHECK_EQ(SHARED->logged, 1);
    check_spinner(0);
}

CASE(preemption, of_the_suite_itself)
{
    struct registers r = {0};

    child_make(&child, 0);
    child_start(&child, child_log, 1, WORSE);
    run_children();
    for (unsigned i = 1; i < 32; i++)
        r.x[i] = 99 * i;
    /* A timer of the child wakes it; its word 0 ends the suite's loop when the log grows. */
    r.x[REG_T5] = (uint64_t)&SHARED->log[1];
    {
        uint32_t timer = make(OBJECT_TIMER, 0);

        CHECK_OK(sys_process_bind(child.process, timer, 9, 0));
        CHECK_OK(sys_timer_set(timer, ticks_now() + ticks_ms(2), BETTER));
    }
    registers_spin(&r, EXECUTOR_BASE);
    CHECK_EQ(SHARED->logged, 2);
    CHECK_EQ(r.x[0], 0);
    for (unsigned i = 1; i < 30; i++)
        CHECK(i == REG_SP || r.x[i] == 99 * i);
}
