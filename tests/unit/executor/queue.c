/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues of words, and waiting by key. */
#include <stdlib.h>
#include <time.h>
#include "fixture.h"

/* ---------------------------------------------------------------- queues */

struct end {
    struct co co;
    struct co_queue *queue;
    struct co_put put;
    unsigned times;
    long n;
    bool takes;
    cid_t cid;
};

static CO_BODY enum co_state end_body(struct co *co)
{
    struct end *e = co_frame(struct end, co);

    co_begin(co);
    while (e->times-- > 0) {
        if (e->takes)
            co_await(e->n, co_queue_take(co, e->queue));
        else
            co_await(e->n, co_queue_put(co, e->queue, &e->put));
        log_value(e->n);
        e->put.word++;
    }
    co_return(0);
}

static intptr_t words[4];
static struct co_queue queue;
static struct end ends[3];

static struct end *start(unsigned i, bool takes, unsigned times, intptr_t word)
{
    ends[i] = (struct end){
        .queue = &queue, .takes = takes, .times = times, .put.word = word, .put.queue = NULL};
    ends[i].cid = co_spawn(&ends[i].co, end_body, 5, NULL);
    run();
    return &ends[i];
}

static int begin(void **state)
{
    setup(state);
    queue = (struct co_queue){.words = words, .capacity = 4};
    return 0;
}

static void test_back_pressure(void **state)
{
    (void)state;
    start(0, false, 6, 10);
    assert_log("0 0 0 0 "); /* the fifth waits */
    assert_int_equal(queue.count, 4);
    assert_int_equal(co_queue_try_put(&queue, 99), E_AGAIN);
    start(1, true, 3, 0);
    assert_int_equal(queue.count, 3);
    start(2, true, 5, 0);
    assert_int_equal(queue.count, 0);
    log_clear();
    assert_int_equal(co_queue_try_put(&queue, 77), E_OK);
    run();
    assert_log("77 ");
    assert_int_equal(co_queue_try_put(&queue, 78), E_OK);
    run();
    assert_log("78 ");
    check_invariants(&fixture, 0);
}

static void test_order(void **state)
{
    (void)state;
    start(0, true, 1, 0);
    start(1, true, 1, 0);
    assert_int_equal(co_queue_try_put(&queue, 1), E_OK);
    assert_int_equal(co_queue_try_put(&queue, 2), E_OK);
    assert_int_equal(co_queue_try_put(&queue, 3), E_OK);
    run();
    assert_log("1 2 ");
    queue.capacity = 1; /* with 3 in it */
    queue.first = 0;
    words[0] = 3;
    start(0, false, 1, 20);
    start(1, false, 1, 30);
    start(2, true, 3, 0);
    assert_log("3 20 30 0 0 ");
    check_invariants(&fixture, 0);
}

static void test_cancelled_ends(void **state)
{
    (void)state;
    start(0, true, 1, 0);
    start(1, true, 1, 0);
    co_cancel(ends[0].cid);
    run();
    assert_log("cancelled ");
    assert_int_equal(co_queue_try_put(&queue, 5), E_OK);
    run();
    assert_log("5 ");
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(co_queue_try_put(&queue, i), E_OK);
    start(0, false, 1, 40);
    start(1, false, 1, 50);
    co_cancel(ends[0].cid);
    run();
    assert_log("cancelled ");
    start(2, true, 5, 0);
    assert_log("0 1 2 3 50 0 ");
    check_invariants(&fixture, 0);
}

/* ---------------------------------------------------------------- keys */

#define KEYS 8
static struct co_key entries[KEYS];
static struct co_keys map;

struct keeper {
    struct co co;
    uint64_t key;
    long value;
    bool ended;
    cid_t cid;
};
static struct keeper keepers[SLOTS];

static CO_BODY enum co_state keeper_body(struct co *co)
{
    struct keeper *k = co_frame(struct keeper, co);

    co_begin(co);
    co_await(k->value, co_key_wait(co, &map, k->key));
    k->ended = true;
    co_return(0);
}

static struct keeper *keep(unsigned i, uint64_t key)
{
    keepers[i] = (struct keeper){.key = key};
    keepers[i].cid = co_spawn(&keepers[i].co, keeper_body, 5, NULL);
    run();
    return &keepers[i];
}

static int begin_keys(void **state)
{
    setup(state);
    memset(entries, 0, sizeof entries);
    map = (struct co_keys){.entries = entries, .count = KEYS};
    return 0;
}

static void test_either_first(void **state)
{
    struct keeper *k = keep(0, 7);

    (void)state;
    assert_false(k->ended);
    assert_int_equal(co_key_signal(&map, 7, 70), E_OK);
    run();
    assert_int_equal(k->value, 70);
    assert_int_equal(co_key_signal(&map, 8, 80), E_OK); /* nobody waits yet */
    assert_int_equal(co_key_signal(&map, 8, 81), E_IN_USE);
    k = keep(0, 8);
    assert_int_equal(k->value, 80);
    k = keep(0, 8); /* it is taken */
    assert_false(k->ended);
    assert_int_equal(keep(1, 8)->value, E_IN_USE);
    co_cancel(k->cid);
    run();
    assert_int_equal(k->value, E_CANCELLED);
    assert_int_equal(co_key_forget(&map, 8), E_NOT_FOUND);
    assert_int_equal(co_key_signal(&map, 8, 82), E_OK);
    assert_int_equal(co_key_forget(&map, 8), E_OK);
    assert_int_equal(co_key_forget(&map, 8), E_NOT_FOUND);
    check_invariants(&fixture, 0);
}

static void test_full(void **state)
{
    (void)state;
    for (unsigned i = 0; i < KEYS; i++)
        assert_int_equal(co_key_signal(&map, i << 20, i), E_OK);
    assert_int_equal(co_key_signal(&map, 99, 1), E_NO_MEMORY);
    assert_int_equal(keep(0, 99)->value, E_NO_MEMORY);
    assert_int_equal(keep(0, 3 << 20)->value, 3);
    assert_int_equal(co_key_signal(&map, 99, 1), E_OK);
    assert_int_equal(keep(0, 99)->value, 1);
}

/* Random events, waiters and cancellations of few keys against a model. */
static void test_keys_against_model(void **state)
{
    const char *given = getenv("HEDDLE_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    long event[KEYS / 2]; /* -1: none */
    int waiter[KEYS / 2]; /* -1: none */

    (void)state;
    print_message("HEDDLE_SEED=%llu\n", (unsigned long long)seed);
    for (unsigned key = 0; key < KEYS / 2; key++)
        event[key] = waiter[key] = -1;
    for (unsigned step = 0; step < 50000; step++) {
        unsigned key, what;

        seed = seed * 6364136223846793005 + 1442695040888963407;
        key = (unsigned)(seed >> 33) % (KEYS / 2);
        what = (unsigned)(seed >> 40) % 4;
        if (what == 0) {
            enum error expected = event[key] >= 0 ? E_IN_USE : E_OK;

            assert_int_equal(co_key_signal(&map, key * 3, step), expected);
            run();
            if (waiter[key] >= 0) {
                assert_int_equal(keepers[waiter[key]].value, step);
                waiter[key] = -1;
            } else if (expected == E_OK) {
                event[key] = step;
            }
        } else if (what == 1 && waiter[key] < 0) {
            struct keeper *k = keep(key, key * 3);

            assert_int_equal(k->ended, event[key] >= 0);
            if (k->ended)
                assert_int_equal(k->value, event[key]);
            else
                waiter[key] = (int)key;
            event[key] = -1;
        } else if (what == 2 && waiter[key] >= 0) {
            co_cancel(keepers[key].cid);
            run();
            assert_int_equal(keepers[key].value, E_CANCELLED);
            waiter[key] = -1;
        } else if (what == 3) {
            assert_int_equal(co_key_forget(&map, key * 3), event[key] >= 0 ? E_OK : E_NOT_FOUND);
            event[key] = -1;
        }
    }
    assert_true(map.used <= KEYS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_back_pressure, begin),
        cmocka_unit_test_setup(test_order, begin),
        cmocka_unit_test_setup(test_cancelled_ends, begin),
        cmocka_unit_test_setup(test_either_first, begin_keys),
        cmocka_unit_test_setup(test_full, begin_keys),
        cmocka_unit_test_setup(test_keys_against_model, begin_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
