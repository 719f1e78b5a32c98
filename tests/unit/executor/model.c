/* SPDX-License-Identifier: BSD-2-Clause */
/* Random operations against a model that knows nothing of queues: it gives each coroutine that
 * becomes ready a number, and expects the one with the best priority and then the lowest number. */
#include <stdlib.h>
#include <time.h>
#include "fixture.h"

#define STEPS 200000

enum state { FREE, READY, PARKED, PENDING };
struct actor {
    struct co co;
    cid_t cid;
    /* the model */
    enum state state;
    unsigned priority;
    uint64_t number;
    bool notified, cancelled;
    intptr_t expect;
};
static struct actor actors[SLOTS + 2];
static uint64_t next_number, seed;
static unsigned living, resumed;

static unsigned random_below(unsigned n)
{
    seed = seed * 6364136223846793005 + 1442695040888963407;
    return (unsigned)(seed >> 33) % n;
}

static void model_ready(struct actor *actor, intptr_t value)
{
    actor->state = READY;
    actor->number = next_number++;
    actor->expect = value;
}

static struct actor *model_best(void)
{
    struct actor *best = NULL;

    for (unsigned i = 0; i < SLOTS + 2; i++) {
        struct actor *actor = &actors[i];

        if (actor->state == READY &&
            (!best || actor->priority < best->priority ||
             (actor->priority == best->priority && actor->number < best->number)))
            best = actor;
    }
    return best;
}

static void anything(struct actor *self);

/* Await something; the model foretells how it goes. */
static enum co_state await_something(struct actor *self)
{
    switch (random_below(3)) {
    case 0:
        if (self->cancelled || self->notified) {
            self->expect = self->cancelled ? E_CANCELLED : 0;
            self->notified = false;
        } else {
            self->state = PARKED;
        }
        return co_park(&self->co);
    case 1:
        if (self->cancelled)
            self->expect = E_CANCELLED;
        else
            model_ready(self, 0);
        return co_yield(&self->co);
    default:
        self->state = PENDING;
        return never(&self->co);
    }
}

static void started(struct actor *self)
{
    resumed++;
    assert_ptr_equal(self, model_best());
    assert_int_equal(co_current().raw, self->cid.raw);
    assert_int_equal(self->co.priority, self->priority);
    self->state = FREE; /* running: in no set of the model */
}

static CO_BODY enum co_state actor_body(struct co *co)
{
    struct actor *self = co_frame(struct actor, co);
    long value;

    if (self->state == READY)
        started(self);
    co_begin(co);
    while (random_below(12) != 0) {
        anything(self);
        co_await(value, await_something(self));
        assert_int_equal(value, self->expect);
    }
    living--;
    self->cid.raw |= 1ull << 63; /* stale from now on */
    co_return(0);
}

static void spawn(struct actor *actor)
{
    unsigned priority = random_below(4) * 21;
    cid_t cid;

    if (actor->state != FREE)
        return;
    cid = co_spawn(&actor->co, actor_body, priority, NULL);
    assert_int_equal(cid.raw == 0, living == SLOTS);
    if (cid.raw == 0)
        return;
    living++;
    *actor = (struct actor){.co = actor->co, .cid = cid, .priority = priority};
    model_ready(actor, 0);
}

static bool lives(const struct actor *actor, const struct actor *self)
{
    return actor->state != FREE || actor == self;
}

static void wake(struct actor *actor, bool alive)
{
    assert_int_equal(co_wake(actor->cid), alive ? E_OK : E_STALE);
    if (alive && actor->state == PARKED)
        model_ready(actor, 0);
    else if (alive)
        actor->notified = true;
}

static void cancel(struct actor *actor, bool alive)
{
    assert_int_equal(co_cancel(actor->cid), alive ? E_OK : E_STALE);
    actor->cancelled |= alive;
    if (alive && actor->state == PARKED)
        model_ready(actor, E_CANCELLED);
}

static void set_priority(struct actor *actor, bool alive)
{
    unsigned priority = random_below(66);
    enum error expected = !alive ? E_STALE : priority > 63 ? E_BAD_ARGUMENT : E_OK;

    assert_int_equal(co_set_priority(actor->cid, priority), expected);
    if (expected != E_OK)
        return;
    actor->priority = priority;
    if (actor->state == READY)
        actor->number = next_number++; /* goes to the end of its new queue */
}

static void complete(struct actor *actor)
{
    if (actor->state != PENDING)
        return;
    co_complete(&actor->co, 1000 + actor->co.index);
    model_ready(actor, 1000 + actor->co.index);
}

/* One random deed, by a coroutine (self) or from outside. */
static void anything(struct actor *self)
{
    struct actor *actor = &actors[random_below(SLOTS + 2)];
    bool alive = lives(actor, self);

    switch (random_below(9)) {
    case 0:
    case 1:
        if (actor != self)
            spawn(actor);
        break;
    case 2:
    case 3:
        wake(actor, alive);
        break;
    case 4:
        if (random_below(8) == 0)
            cancel(actor, alive);
        break;
    case 5:
        set_priority(actor, alive);
        break;
    default:
        complete(actor);
    }
}

static void test_against_model(void **state)
{
    const char *given = getenv("HEDDLE_SEED");
    uint64_t start = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

    (void)state;
    seed = start;
    print_message("HEDDLE_SEED=%llu\n", (unsigned long long)start);
    for (unsigned step = 0; step < STEPS; step++) {
        anything(NULL);
        check_invariants(&fixture, living);
        if (random_below(4) == 0) {
            run();
            assert_null(model_best());
        }
    }
    print_message("%u resumes\n", resumed);
    assert_true(resumed > STEPS / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_against_model, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
