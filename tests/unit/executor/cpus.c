/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens go from coroutine to coroutine at random, each so many times. Who gets one is woken, on
 * whichever virtual CPU it is. */
#include "cpus_machine.h"

#define COROUTINES 24

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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CPUS_TEST(fixed),
        CPUS_TEST(movable),
        CPUS_TEST(pins),
    };

    cpus_options(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
