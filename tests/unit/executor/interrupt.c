/* SPDX-License-Identifier: BSD-2-Clause */
/* User interrupts. The test plays the kernel: it calls the handler where the kernel would enter it,
 * once by hand, and once from a signal that comes at any instruction. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "fixture.h"

static uint64_t word;
static unsigned entered;

/* What the kernel does before it lets the virtual CPU go on. */
static void kernel_resumes(void)
{
    if (!__atomic_load_n(&word, __ATOMIC_RELAXED) ||
        !__atomic_load_n(&fixture.line.wakes, __ATOMIC_RELAXED))
        return;
    entered++;
    executor_interrupted();
}

static int setup_interrupts(void **state)
{
    setup(state);
    fixture.executor.interruptible = &word;
    word = 0;
    entered = 0;
    return 0;
}

/* ---------------------------------------------------------------- by hand */

static struct tracer waiter;

static void wake_waiter(struct wake_slot *slot)
{
    (void)slot;
    co_wake(waiter.cid);
}

struct worker {
    struct co co;
    void (*work)(struct co *co);
};

static CO_BODY enum co_state worker_body(struct co *co)
{
    struct worker *w = co_frame(struct worker, co);

    co_begin(co);
    log_add("worker ");
    w->work(co);
    log_add("end ");
    co_return(0);
}

/* A waiter of priority 5 is parked; a worker of priority 9 works. */
static void run_worker(void (*work)(struct co *co))
{
    struct worker worker = {.work = work};

    fixture.wake_slots[3].wake = wake_waiter;
    trace(&waiter, "waiter", 5, OP_PARK, 1, 0);
    co_spawn(&worker.co, worker_body, 9, NULL);
    run();
    check_invariants(&fixture, 0);
}

static void work_interrupted(struct co *co)
{
    co_interruptible(true);
    assert_false(co_better_ready(co));
    ring(3);
    kernel_resumes();
    assert_true(co_better_ready(co));
    assert_int_equal(fixture.line.bitmap, 1 << 5);
    assert_int_equal(fixture.line.running, 9);
    assert_int_equal(fixture.line.wakes, 0);
    assert_int_equal(waiter.co.status, CO_READY);
    co_interruptible(false);
}

static void test_interrupted(void **state)
{
    (void)state;
    run_worker(work_interrupted);
    assert_log("waiter worker end waiter:0 waiter. ");
    assert_int_equal(entered, 1);
}

static void work_masked(struct co *co)
{
    ring(3);
    kernel_resumes();
    assert_false(co_better_ready(co));
    assert_int_equal(waiter.co.status, CO_PARKED);
    assert_int_equal(fixture.line.wakes, 1);
}

static void test_masked(void **state)
{
    (void)state;
    run_worker(work_masked);
    assert_log("waiter worker end waiter:0 waiter. ");
    assert_int_equal(entered, 0);
}

static void work_late(struct co *co)
{
    ring(3);
    kernel_resumes();
    co_interruptible(true); /* looks itself */
    assert_true(co_better_ready(co));
    assert_int_equal(word, 1);
    co_interruptible(false);
    assert_int_equal(word, 0);
}

static void test_wake_before_the_region(void **state)
{
    (void)state;
    run_worker(work_late);
    assert_log("waiter worker end waiter:0 waiter. ");
    assert_int_equal(entered, 0);
}

/* A wake function that lets another wake come, and the kernel look. */
static void wake_and_ring(struct wake_slot *slot)
{
    log_add("w ");
    assert_int_equal(word, 0);
    slot->wake = wake_waiter;
    ring(3);
    kernel_resumes();
}

static void work_while_draining(struct co *co)
{
    fixture.wake_slots[3].wake = wake_and_ring;
    ring(3);
    co_interruptible(true);
    assert_true(co_better_ready(co));
    co_interruptible(false);
}

static void test_wake_while_it_drains(void **state)
{
    (void)state;
    run_worker(work_while_draining);
    assert_log("waiter worker w end waiter:0 waiter. ");
    assert_int_equal(entered, 0);
}

static void work_without(struct co *co)
{
    fixture.executor.interruptible = NULL;
    co_interruptible(true);
    assert_int_equal(word, 0);
    ring(3);
    kernel_resumes();
    assert_false(co_better_ready(co));
    co_interruptible(false);
}

static void test_nobody_asked_for_them(void **state)
{
    (void)state;
    run_worker(work_without);
    assert_log("waiter worker end waiter:0 waiter. ");
    assert_int_equal(entered, 0);
}

/* ---------------------------------------------------------------- at any instruction */

#define WAITERS 4
#define ENOUGH  1000 /* interrupts */

struct sleeper {
    struct co co;
    cid_t cid;
    unsigned woken;
};
static struct sleeper sleepers[WAITERS];
static uint64_t rung[WAITERS], seen[WAITERS];
static bool over;
static pthread_t executor_thread;

static void wake_sleeper(struct wake_slot *slot)
{
    unsigned i = (unsigned)(slot - fixture.wake_slots) / 40;

    seen[i] = __atomic_load_n(&rung[i], __ATOMIC_RELAXED);
    co_wake(sleepers[i].cid);
}

static CO_BODY enum co_state sleeper_body(struct co *co)
{
    struct sleeper *s = co_frame(struct sleeper, co);
    long value;

    co_begin(co);
    for (;;) {
        co_await(value, co_park(co));
        if (value == E_CANCELLED)
            co_return(0);
        s->woken++;
    }
}

static struct {
    struct co co;
    unsigned seen_better;
} busy;

static CO_BODY enum co_state busy_body(struct co *co)
{
    long value;

    co_begin(co);
    while (entered < ENOUGH) {
        co_interruptible(true);
        for (volatile unsigned i = 0; i < 500 && !co_better_ready(co); i++)
            ;
        co_interruptible(false);
        busy.seen_better += co_better_ready(co);
        check_invariants(&fixture, WAITERS + 1);
        co_await(value, co_yield(co));
        (void)value;
    }
    __atomic_store_n(&over, true, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < WAITERS; i++)
        co_cancel(sleepers[i].cid);
    co_return(0);
}

static void on_signal(int number)
{
    (void)number;
    kernel_resumes();
}

static void *ringer(void *seed)
{
    uint64_t random = (uintptr_t)seed;
    struct timespec pause = {0, 2000};

    while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
        unsigned i, slot;

        random = random * 6364136223846793005ull + 1442695040888963407ull;
        i = (unsigned)(random >> 33) % WAITERS;
        slot = i * 40;
        __atomic_fetch_add(&rung[i], 1, __ATOMIC_RELAXED);
        __atomic_fetch_or(&fixture.wake_words[slot / 64], 1ull << slot % 64, __ATOMIC_RELAXED);
        __atomic_fetch_or(&fixture.line.wakes, 1ull << slot / 64, __ATOMIC_RELEASE);
        pthread_kill(executor_thread, SIGUSR1);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static void test_at_any_instruction(void **state)
{
    const char *given = getenv("HEDDLE_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    struct sigaction action = {.sa_handler = on_signal};
    unsigned woken = 0;
    pthread_t thread;

    (void)state;
    printf("HEDDLE_SEED=%lu\n", (unsigned long)seed);
    over = false;
    executor_thread = pthread_self();
    for (unsigned i = 0; i < WAITERS; i++) {
        fixture.wake_slots[i * 40].wake = wake_sleeper;
        sleepers[i].cid = co_spawn(&sleepers[i].co, sleeper_body, i < 2 ? 5 : 9 + i, NULL);
    }
    co_spawn(&busy.co, busy_body, 9, NULL);
    sigaction(SIGUSR1, &action, NULL);
    assert_int_equal(pthread_create(&thread, NULL, ringer, (void *)(uintptr_t)seed), 0);
    run();
    pthread_join(thread, NULL);
    run(); /* whatever was rung last */
    check_invariants(&fixture, 0);
    for (unsigned i = 0; i < WAITERS; i++) {
        assert_int_equal(seen[i], rung[i]);
        woken += sleepers[i].woken;
    }
    printf("%u interrupts, %u sleepers woken, %u times somebody better was seen\n", entered, woken,
           busy.seen_better);
    assert_true(busy.seen_better > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_interrupted, setup_interrupts),
        cmocka_unit_test_setup(test_masked, setup_interrupts),
        cmocka_unit_test_setup(test_wake_before_the_region, setup_interrupts),
        cmocka_unit_test_setup(test_wake_while_it_drains, setup_interrupts),
        cmocka_unit_test_setup(test_nobody_asked_for_them, setup_interrupts),
        cmocka_unit_test_setup(test_at_any_instruction, setup_interrupts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
