/* SPDX-License-Identifier: BSD-2-Clause */
/* Several virtual CPUs, each a thread of the host; their kernel is a condition variable for each.
 * A wake that is lost leaves everybody asleep, and the alarm ends the test. --long: 20 times more.
 */
#include "fixture.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <executor/cpus.h>

#define ROWS       128
#define CPUS       4
#define INBOX      65 /* virtual CPU 0's wake slot: not in the first word */
#define ALARM_S    240
#define COROUTINES 24

static unsigned effort = 1;

/* The machine. */
static struct executor_line lines[CPUS];
static struct co_slot first_rows[ROWS];
static struct wake_slot first_slots[INBOX + 1];
static uint64_t first_words[64];
static struct executor first_executor;
static struct co_group group;
static void *group_memory, *cpu_memory[CPUS];
static pthread_t threads[CPUS];
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t woken;
    unsigned entries; /* times that it went to sleep */
} kernel[CPUS];
static bool stop;

/* yield: sleeps unless its summary is set, as the kernel looks at it. */
static void give_up(struct executor *executor)
{
    unsigned cpu = executor->number;

    pthread_mutex_lock(&kernel[cpu].mutex);
    kernel[cpu].entries++;
    while (!__atomic_load_n(&lines[cpu].wakes, __ATOMIC_SEQ_CST) &&
           !__atomic_load_n(&stop, __ATOMIC_SEQ_CST))
        pthread_cond_wait(&kernel[cpu].woken, &kernel[cpu].mutex);
    pthread_mutex_unlock(&kernel[cpu].mutex);
    if (cpu && __atomic_load_n(&stop, __ATOMIC_SEQ_CST))
        pthread_exit(NULL);
}

static void kernel_wake(struct co_group *g, unsigned cpu, unsigned priority)
{
    assert_ptr_equal(g, &group);
    assert_true(priority < PRIORITY_COUNT);
    pthread_mutex_lock(&kernel[cpu].mutex);
    pthread_cond_signal(&kernel[cpu].woken);
    pthread_mutex_unlock(&kernel[cpu].mutex);
}

static void *cpu_main(void *executor)
{
    executor_set_line(((struct executor *)executor)->line);
    co_run(true);
    return NULL;
}

static void add_cpu(void)
{
    unsigned cpu = group.count;
    struct executor *executor;

    cpu_memory[cpu] = calloc(1, executor_cpu_bytes(ROWS));
    executor = executor_group_add(&group, cpu_memory[cpu], &lines[cpu], give_up);
    assert_int_equal(pthread_create(&threads[cpu], NULL, cpu_main, executor), 0);
}

static int begin(void **state)
{
    (void)state;
    memset(lines, 0, sizeof lines);
    memset(first_rows, 0, sizeof first_rows);
    memset(first_slots, 0, sizeof first_slots);
    memset(first_words, 0, sizeof first_words);
    memset(&first_executor, 0, sizeof first_executor);
    memset(&group, 0, sizeof group);
    stop = false;
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        pthread_mutex_init(&kernel[cpu].mutex, NULL);
        pthread_cond_init(&kernel[cpu].woken, NULL);
        kernel[cpu].entries = 0;
    }
    executor_set_line(&lines[0]);
    executor_init(&first_executor, &lines[0], first_rows, ROWS);
    lines[0].slots = (uintptr_t)first_slots;
    first_executor.wake_slot_count = INBOX + 1;
    first_executor.wake_words = first_words;
    first_executor.idle = give_up;
    group_memory = calloc(1, executor_group_bytes(ROWS));
    executor_group_init(&group, group_memory, INBOX, kernel_wake);
    for (unsigned cpu = 1; cpu < CPUS; cpu++)
        add_cpu();
    alarm(ALARM_S * effort);
    return 0;
}

/* Until the last one has gone, any of them may look whether another is idle. */
static int end(void **state)
{
    (void)state;
    __atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
    for (unsigned cpu = 1; cpu < CPUS; cpu++) {
        kernel_wake(&group, cpu, 0);
        pthread_join(threads[cpu], NULL);
    }
    for (unsigned cpu = 1; cpu < CPUS; cpu++)
        free(cpu_memory[cpu]);
    free(group_memory);
    alarm(0);
    return 0;
}

/* All rows are free, all sets empty, and nobody counts anything. */
static void check_empty(void)
{
    unsigned free_rows = 0;

    for (unsigned word = 0; word < group.words; word++)
        free_rows +=
            (unsigned)__builtin_popcountll(__atomic_load_n(&group.free[word], __ATOMIC_SEQ_CST));
    assert_int_equal(free_rows, ROWS);
    assert_int_equal(__atomic_load_n(&group.total, __ATOMIC_SEQ_CST), 0);
    assert_int_equal(group.elsewhere, 0);
    assert_int_equal(first_executor.live, 0);
}

/* ---------------------------------------------------------------- tokens
 *
 * Tokens go from coroutine to coroutine at random, each so many times. Who gets one is woken. */
struct player {
    struct co co;
    uint64_t cid;  /* atomic: once its body runs */
    unsigned kind; /* 0: fixed, 1: movable, 2: pins and unpins itself */
    uint64_t random;
    uint64_t tokens;  /* atomic: got and not taken */
    uint64_t inside;  /* atomic: its body runs */
    uint64_t plain;   /* only its body writes it: checks that it never runs twice at a time */
    uint64_t resumed; /* times */
    bool pinned;
    unsigned home;
};
static struct player players[COROUTINES];
static uint64_t tokens_left, hops_left, moves, released, wakes_failed;

static uint64_t next_random(struct player *p)
{
    p->random = p->random * 6364136223846793005ull + 1442695040888963407ull;
    return p->random >> 33;
}

static void enter(struct player *p)
{
    assert_int_equal(__atomic_exchange_n(&p->inside, 1, __ATOMIC_RELAXED), 0);
    p->plain++;
    p->resumed++;
    if (p->home != co_cpu()) {
        assert_true(p->kind != 0);
        assert_false(p->pinned);
        __atomic_fetch_add(&moves, 1, __ATOMIC_RELAXED);
    }
    p->home = co_cpu();
    assert_int_equal(co_current().raw, p->cid);
}

static void leave(struct player *p)
{
    __atomic_store_n(&p->inside, 0, __ATOMIC_RELAXED);
}

static bool take_token(struct player *p)
{
    uint64_t tokens = __atomic_load_n(&p->tokens, __ATOMIC_ACQUIRE);

    while (tokens) {
        if (__atomic_compare_exchange_n(&p->tokens, &tokens, tokens - 1, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            return true;
    }
    return false;
}

static cid_t cid_of(struct player *p)
{
    return (cid_t){__atomic_load_n(&p->cid, __ATOMIC_SEQ_CST)};
}

static void wake_player(struct player *p)
{
    if (co_wake(cid_of(p)) != E_OK)
        __atomic_fetch_add(&wakes_failed, 1, __ATOMIC_RELAXED);
}

static void pass(struct player *p)
{
    struct player *to = &players[next_random(p) % COROUTINES];
    uint64_t left = __atomic_fetch_sub(&hops_left, 1, __ATOMIC_ACQ_REL);

    if ((int64_t)left <= 0) { /* this token is done */
        if (__atomic_fetch_sub(&tokens_left, 1, __ATOMIC_ACQ_REL) != 1)
            return;
        for (unsigned i = 0; i < COROUTINES; i++)
            wake_player(&players[i]);
        return;
    }
    __atomic_fetch_add(&to->tokens, 1, __ATOMIC_SEQ_CST);
    wake_player(to);
    if (next_random(p) % 64 == 0)
        (void)co_set_priority(cid_of(to), 20 + next_random(p) % 4);
}

static bool over(void)
{
    return __atomic_load_n(&tokens_left, __ATOMIC_ACQUIRE) == 0;
}

static void change_mind(struct player *p)
{
    if (p->kind != 2 || next_random(p) % 8)
        return;
    if (p->pinned)
        assert_int_equal(co_unpin(&p->co), E_OK);
    else
        co_pin(&p->co);
    p->pinned = !p->pinned;
}

static CO_BODY enum co_state player_body(struct co *co)
{
    struct player *p = co_frame(struct player, co);
    long n;

    if (co->resume == 0)
        __atomic_store_n(&p->cid, co_current().raw, __ATOMIC_SEQ_CST);
    enter(p);
    co_begin(co);
    while (!over()) {
        while (take_token(p)) {
            pass(p);
            if (next_random(p) % 4 == 0) {
                leave(p);
                co_await(n, co_yield(co));
                assert_int_equal(n, E_OK);
            }
        }
        change_mind(p);
        if (over())
            break;
        leave(p);
        co_await(n, co_park(co));
        assert_int_equal(n, E_OK);
        if (!__atomic_load_n(&p->inside, __ATOMIC_RELAXED))
            enter(p); /* the park ended at once */
    }
    leave(p);
    co_return(p->kind);
}

static void player_released(struct co *co)
{
    (void)co;
    __atomic_fetch_add(&released, 1, __ATOMIC_RELAXED);
}

static void play(unsigned kinds, uint64_t hops)
{
    memset(players, 0, sizeof players);
    moves = released = wakes_failed = 0;
    tokens_left = 7;
    hops_left = hops;
    for (unsigned i = 0; i < COROUTINES; i++) {
        struct player *p = &players[i];

        p->kind = i % kinds;
        p->random = i + 1;
        p->home = p->kind ? ~0u : i % CPUS;
        p->tokens = i < tokens_left;
    }
    for (unsigned i = 0; i < COROUTINES; i++) {
        struct player *p = &players[i];
        cid_t cid = co_spawn_on(p->kind ? CO_ANY_CPU : i % CPUS, &p->co, player_body, 20 + i % 4,
                                player_released);

        assert_int_not_equal(cid.raw, 0);
    }
    co_run(true);
    assert_int_equal(__atomic_load_n(&released, __ATOMIC_ACQUIRE), COROUTINES);
    check_empty();
    print_message("%u kinds: %lu wakes of none, %lu moves\n", kinds, wakes_failed, moves);
}

static void test_fixed(void **state)
{
    (void)state;
    play(1, 100000 * effort);
}

static void test_movable(void **state)
{
    (void)state;
    play(2, 100000 * effort);
}

static void test_pins(void **state)
{
    (void)state;
    play(3, 100000 * effort);
}

/* ---------------------------------------------------------------- many short lives */
#define WAVE 100

struct child {
    struct co co;
    cid_t cid;
    unsigned yields, done;
    intptr_t number;
};

static CO_BODY enum co_state child_body(struct co *co)
{
    struct child *c = co_frame(struct child, co);
    long n;

    co_begin(co);
    while (c->done++ < c->yields)
        co_await(n, co_yield(co));
    (void)n;
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
                                 player_released);
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

static uint64_t children_done;

static CO_BODY enum co_state worker_body(struct co *co)
{
    struct child *c = co_frame(struct child, co);
    long n;

    co_begin(co);
    while (c->done++ < c->yields)
        co_await(n, co_yield(co));
    (void)n;
    __atomic_fetch_add(&children_done, 1, __ATOMIC_RELEASE);
    co_return(0);
}

/* Spawns movable ones and never gives its CPU to them, like one that was preempted. */
static CO_BODY enum co_state hog_body(struct co *co)
{
    static struct child workers[WAVE];

    memset(workers, 0, sizeof workers);
    for (unsigned i = 0; i < WAVE; i++) {
        workers[i].yields = 5;
        assert_int_not_equal(co_spawn_on(CO_ANY_CPU, &workers[i].co, worker_body, 33, NULL).raw, 0);
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
        pthread_mutex_lock(&kernel[cpu].mutex);
        before = kernel[cpu].entries;
        pthread_mutex_unlock(&kernel[cpu].mutex);
        child = (struct child){.yields = 0};
        co_spawn_on(cpu, &child.co, child_body, 4, NULL);
        co_run(true);
        while (!__atomic_load_n(&group.cpu[cpu].executor->idling, __ATOMIC_SEQ_CST))
            usleep(100);
        pthread_mutex_lock(&kernel[cpu].mutex);
        assert_true(kernel[cpu].entries <= before + 2);
        pthread_mutex_unlock(&kernel[cpu].mutex);
    }
    check_empty();
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, begin, end)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(fixed),
        TEST(movable),
        TEST(pins),
        TEST(short_lives),
        TEST(short_lives_from_elsewhere),
        TEST(short_lives_from_anywhere),
        TEST(cancel_and_join),
        TEST(a_busy_one_holds_nothing_back),
        TEST(refusals),
        TEST(given_back),
    };

    if (argc == 2 && strcmp(argv[1], "--long") == 0)
        effort = 20;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
