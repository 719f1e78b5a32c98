/* SPDX-License-Identifier: BSD-2-Clause */
/* Many that live shortly on several virtual CPUs, are joined and cancelled from elsewhere; and what
 * becomes of a virtual CPU that has nothing to do. */
#include <unistd.h>
#include "cpus_machine.h"

/* ---------------------------------------------------------------- many short lives */
#define WAVE 100

static uint64_t released;

static void child_released(struct co *co)
{
    (void)co;
    __atomic_fetch_add(&released, 1, __ATOMIC_RELAXED);
}

struct child {
    struct co co;
    cid_t cid;
    unsigned yields, done;
    intptr_t number;
};

static uint64_t children_done;

static CO_BODY enum co_state child_body(struct co *co)
{
    struct child *c = co_frame(struct child, co);
    long n;

    co_begin(co);
    while (c->done++ < c->yields)
        co_await(n, co_yield(co));
    (void)n;
    __atomic_fetch_add(&children_done, 1, __ATOMIC_RELEASE);
    co_return(c->number);
}

struct parent {
    struct co co;
    struct child child[WAVE];
    unsigned wave, waves, i;
    uint64_t joined, stale;
};

/* Spawns a wave everywhere, and joins all of it. */
static CO_BODY enum co_state parent_body(struct co *co)
{
    struct parent *p = co_frame(struct parent, co);
    long n;

    co_begin(co);
    for (p->wave = 0; p->wave < p->waves; p->wave++) {
        for (unsigned i = 0; i < WAVE; i++) {
            struct child *c = &p->child[i];

            *c = (struct child){.yields = (i + p->wave) % 3, .number = i};
            c->cid = co_spawn_on(i % 2 ? CO_ANY_CPU : i / 2 % CPUS, &c->co, child_body, 10 + i % 50,
                                 child_released);
            assert_int_not_equal(c->cid.raw, 0);
        }
        for (p->i = 0; p->i < WAVE; p->i++) {
            co_await(n, co_join(co, p->child[p->i].cid));
            if (n == E_STALE)
                p->stale++;
            else
                assert_int_equal(n, p->i);
            p->joined++;
        }
        /* Who hears of an end hears of it when the frame is released. */
        assert_int_equal(__atomic_load_n(&released, __ATOMIC_ACQUIRE), p->joined);
        assert_int_equal(co_wake(p->child[0].cid), E_STALE);
        assert_int_equal(co_cancel(p->child[1].cid), E_STALE);
        assert_int_equal(co_set_priority(p->child[2].cid, 5), E_STALE);
    }
    co_return(0);
}

static void lives(unsigned cpu)
{
    static struct parent parent;

    memset(&parent, 0, sizeof parent);
    released = 0;
    parent.waves = 100 * effort;
    co_spawn_on(cpu, &parent.co, parent_body, 5, NULL);
    co_run(true);
    assert_int_equal(parent.joined, parent.waves * WAVE);
    check_empty();
    print_message("%lu of %lu had exited before the join\n", parent.stale, parent.joined);
}

static void test_short_lives(void **state)
{
    (void)state;
    lives(0);
}

static void test_short_lives_from_elsewhere(void **state)
{
    (void)state;
    lives(2);
}

static void test_short_lives_from_anywhere(void **state)
{
    (void)state;
    lives(CO_ANY_CPU);
}

/* ---------------------------------------------------------------- cancel and join */

struct sleeper {
    struct co co;
    cid_t other;
    long value;
};

static CO_BODY enum co_state sleeper_body(struct co *co)
{
    struct sleeper *s = co_frame(struct sleeper, co);
    long n;

    co_begin(co);
    do {
        co_await(n, co_park(co));
    } while (n == E_OK);
    s->value = n;
    co_return(77);
}

static CO_BODY enum co_state joiner_body(struct co *co)
{
    struct sleeper *s = co_frame(struct sleeper, co);

    co_begin(co);
    co_await(s->value, co_join(co, s->other));
    co_return(0);
}

/* Sleepers of all kinds are cancelled from all virtual CPUs, and joined from all. */
static CO_BODY enum co_state canceller_body(struct co *co)
{
    struct sleeper *s = co_frame(struct sleeper, co);

    assert_int_not_equal(co_cancel(s->other), E_BAD_ARGUMENT); /* or it is gone already */
    co->value = 0;
    return CO_DONE;
}

static void test_cancel_and_join(void **state)
{
    static struct sleeper sleepers[CPUS + 1], joiners[CPUS + 1][CPUS], cancellers[CPUS + 1][CPUS];

    (void)state;
    for (unsigned round = 0; round < 200 * effort; round++) {
        memset(sleepers, 0, sizeof sleepers);
        for (unsigned i = 0; i <= CPUS; i++) {
            cid_t cid =
                co_spawn_on(i == CPUS ? CO_ANY_CPU : i, &sleepers[i].co, sleeper_body, 9, NULL);

            for (unsigned cpu = 0; cpu < CPUS; cpu++) {
                joiners[i][cpu].other = cancellers[i][cpu].other = cid;
                assert_int_not_equal(
                    co_spawn_on(cpu, &joiners[i][cpu].co, joiner_body, 8, NULL).raw, 0);
                assert_int_not_equal(
                    co_spawn_on(cpu, &cancellers[i][cpu].co, canceller_body, 40, NULL).raw, 0);
            }
        }
        co_run(true);
        for (unsigned i = 0; i <= CPUS; i++) {
            assert_int_equal(sleepers[i].value, E_CANCELLED);
            for (unsigned cpu = 0; cpu < CPUS; cpu++)
                assert_true(joiners[i][cpu].value == 77 || joiners[i][cpu].value == E_STALE);
        }
        check_empty();
    }
}

/* ---------------------------------------------------------------- nothing is held back */

/* Spawns movable ones and never gives its CPU to them, like one that was preempted. */
static CO_BODY enum co_state hog_body(struct co *co)
{
    static struct child workers[WAVE];

    memset(workers, 0, sizeof workers);
    for (unsigned i = 0; i < WAVE; i++) {
        workers[i].yields = 5;
        assert_int_not_equal(co_spawn_on(CO_ANY_CPU, &workers[i].co, child_body, 33, NULL).raw, 0);
    }
    while (__atomic_load_n(&children_done, __ATOMIC_ACQUIRE) < WAVE)
        ;
    co->value = 0;
    return CO_DONE;
}

static void test_a_busy_one_holds_nothing_back(void **state)
{
    static struct co hog;

    (void)state;
    for (unsigned round = 0; round < 20 * effort; round++) {
        children_done = 0;
        co_spawn_on(round % CPUS, &hog, hog_body, 30, NULL);
        co_run(true);
        assert_int_equal(children_done, WAVE);
        check_empty();
    }
}

static void test_refusals(void **state)
{
    static struct co co;

    (void)state;
    assert_int_equal(co_spawn_on(CPUS, &co, child_body, 1, NULL).raw, 0);
    assert_int_equal(co_spawn_on(1, &co, child_body, PRIORITY_COUNT, NULL).raw, 0);
    assert_int_equal(co_spawn_on(CO_ANY_CPU, &co, child_body, PRIORITY_COUNT, NULL).raw, 0);
    assert_int_equal(co_wake((cid_t){0}), E_STALE);
    assert_int_equal(co_wake((cid_t){~0ull}), E_STALE);
    assert_int_equal(co_wake((cid_t){1ull << 32 | 5 << CO_SLOT_SHIFT}), E_STALE);
    assert_int_equal(co_wake((cid_t){1ull << 32 | ROWS << CO_SLOT_SHIFT}), E_STALE);
    check_empty();
}

/* One that has nothing to do is given back: it sleeps in the kernel until a coroutine comes. */
static void test_given_back(void **state)
{
    static struct child child;

    (void)state;
    for (unsigned cpu = 1; cpu < CPUS; cpu++) {
        unsigned before;

        while (!__atomic_load_n(&group.cpu[cpu].executor->idling, __ATOMIC_SEQ_CST))
            usleep(100);
        before = cpu_entries(cpu);
        child = (struct child){.yields = 0};
        co_spawn_on(cpu, &child.co, child_body, 4, NULL);
        co_run(true);
        while (!__atomic_load_n(&group.cpu[cpu].executor->idling, __ATOMIC_SEQ_CST))
            usleep(100);
        assert_true(cpu_entries(cpu) <= before + 2);
    }
    check_empty();
}

/* Nobody gives up the CPU past the ready sets, and without a word that others see. */
static CO_BODY enum co_state gives_up_body(struct co *co)
{
    static struct child child;
    static cid_t cid;
    long n;

    co_begin(co);
    child = (struct child){.yields = 0};
    cid = co_spawn_on(CO_ANY_CPU, &child.co, child_body, 20, NULL);
    co_await(n, co_yield(co));
    assert_false(executor_only_current(co));
    assert_false(executor_is_alone(co));
    co_await(n, co_join(co, cid));
    (void)n;
    co_return(0);
}

static void test_no_way_past_the_ready_sets(void **state)
{
    static struct co co;

    (void)state;
    co_spawn_on(0, &co, gives_up_body, 20, NULL);
    co_run(true);
    check_empty();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CPUS_TEST(short_lives),
        CPUS_TEST(short_lives_from_elsewhere),
        CPUS_TEST(short_lives_from_anywhere),
        CPUS_TEST(cancel_and_join),
        CPUS_TEST(a_busy_one_holds_nothing_back),
        CPUS_TEST(refusals),
        CPUS_TEST(given_back),
        CPUS_TEST(no_way_past_the_ready_sets),
    };

    cpus_options(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
