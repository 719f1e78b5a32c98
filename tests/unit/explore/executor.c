/* SPDX-License-Identifier: BSD-2-Clause */
/* Scenarios of two virtual CPUs of one group: what one does to a coroutine of the other at every
 * moment. Usage: explore_executor [--long] [SCENARIO]. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <executor/cpus.h>
#include "explore.h"

#define CPUS  2
#define ROWS  8
#define INBOX 0

static struct executor_line lines[CPUS];
static struct executor first_executor;
static struct co_slot first_rows[ROWS];
static struct wake_slot first_slot;
static uint64_t first_word;
static struct co_group group;
static uint64_t group_memory[2048], cpu_memory[512];

/* ---------------------------------------------------------------- the kernel */

static uint64_t awake[CPUS]; /* 0: idle in the kernel */
static bool twin;            /* a broken one: it looks at the wakes, and sleeps a moment later */

static void give_up(struct executor *executor)
{
    bool woken = twin && lines[executor->number].wakes;

    explore_kernel(&lines[executor->number].wakes, &awake[executor->number]);
    if (twin ? woken : lines[executor->number].wakes != 0)
        return;
    awake[executor->number] = 0;
    explore_block(&awake[executor->number]);
}

static void kernel_wake(struct co_group *g, unsigned cpu, unsigned priority)
{
    (void)g;
    explore_check(priority < PRIORITY_COUNT);
    explore_kernel(NULL, &awake[cpu]);
    awake[cpu] = 1;
}

static void enter(void *line)
{
    executor_set_line(line);
}

static void cpu_main(void *line)
{
    (void)line;
    co_run(true);
}

static void begin(void)
{
    struct executor *executor;

    memset(lines, 0, sizeof lines);
    memset(&first_executor, 0, sizeof first_executor);
    memset(first_rows, 0, sizeof first_rows);
    memset(&first_slot, 0, sizeof first_slot);
    memset(&group, 0, sizeof group);
    memset(group_memory, 0, sizeof group_memory);
    memset(cpu_memory, 0, sizeof cpu_memory);
    first_word = 0;
    explore_check(executor_group_bytes(ROWS) <= sizeof group_memory);
    explore_check(executor_cpu_bytes(ROWS) <= sizeof cpu_memory);
    executor_set_line(&lines[0]);
    executor_init(&first_executor, &lines[0], first_rows, ROWS);
    lines[0].slots = (uintptr_t)&first_slot;
    first_executor.wake_slot_count = 1;
    first_executor.wake_words = &first_word;
    first_executor.idle = give_up;
    executor_group_init(&group, group_memory, INBOX, kernel_wake);
    executor =
        executor_group_add(&group, (struct co_cpu_memory *)(void *)cpu_memory, &lines[1], give_up);
    explore_check(executor->line == &lines[1]);
    explore_enter = enter;
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        awake[cpu] = 1;
        explore_agent(cpu_main, &lines[cpu]);
    }
}

static void end(void)
{
    unsigned rows = (unsigned)__builtin_popcountll(*group.free);

    explore_check(rows == ROWS);
    explore_check(group.total == 0);
    explore_check(group.elsewhere == 0);
    explore_check(first_executor.live == 0);
}

/* ---------------------------------------------------------------- coroutines */

struct actor {
    struct co co;
    cid_t cid, other;
    long value;
    uint64_t inside; /* its body runs */
    bool ended;
};
static struct actor sleeper, left, right;
static uint64_t flags; /* atomic: what the sleeper waits for */

static void go_in(struct actor *a)
{
    explore_check(__atomic_exchange_n(&a->inside, 1, __ATOMIC_RELAXED) == 0);
}

static void go_out(struct actor *a)
{
    __atomic_store_n(&a->inside, 0, __ATOMIC_RELAXED);
}

static void spawn(struct actor *a, unsigned cpu, co_body_t body)
{
    *a = (struct actor){.other = sleeper.cid};
    a->cid = co_spawn_on(cpu, &a->co, body, 20, NULL);
    explore_check(a->cid.raw != 0);
}

/* Parks until both flags are set. */
static CO_BODY enum co_state sleeper_body(struct co *co)
{
    struct actor *a = co_frame(struct actor, co);
    long n;

    go_in(a);
    co_begin(co);
    while (__atomic_load_n(&flags, __ATOMIC_ACQUIRE) != 3) {
        go_out(a);
        co_await(n, co_park(co));
        explore_check(n == E_OK);
        __atomic_store_n(&a->inside, 1, __ATOMIC_RELAXED);
    }
    a->ended = true;
    co_return(7);
}

/* Parks until it is cancelled. */
static CO_BODY enum co_state patient_body(struct co *co)
{
    struct actor *a = co_frame(struct actor, co);
    long n;

    go_in(a);
    co_begin(co);
    do {
        go_out(a);
        co_await(n, co_park(co));
        __atomic_store_n(&a->inside, 1, __ATOMIC_RELAXED);
    } while (n == E_OK);
    explore_check(n == E_CANCELLED);
    a->ended = true;
    co_return(7);
}

static CO_BODY enum co_state waker_body(struct co *co)
{
    struct actor *a = co_frame(struct actor, co);

    __atomic_fetch_or(&flags, a == &left ? 1 : 2, __ATOMIC_ACQ_REL);
    (void)co_wake(a->other);
    a->ended = true;
    co_return(0);
}

static CO_BODY enum co_state joiner_body(struct co *co)
{
    struct actor *a = co_frame(struct actor, co);

    co_begin(co);
    (void)co_wake(a->other);
    co_await(a->value, co_join(co, a->other));
    explore_check(a->value == 7 || a->value == E_STALE);
    explore_check(sleeper.ended);
    a->ended = true;
    co_return(0);
}

static CO_BODY enum co_state canceller_body(struct co *co)
{
    struct actor *a = co_frame(struct actor, co);

    explore_check(co_cancel(a->other) == E_OK);
    a->ended = true;
    co_return(0);
}

static CO_BODY enum co_state changer_body(struct co *co)
{
    struct actor *a = co_frame(struct actor, co);

    (void)co_set_priority(a->other, a == &left ? 10 : 30);
    __atomic_fetch_or(&flags, a == &left ? 1 : 2, __ATOMIC_ACQ_REL);
    (void)co_wake(a->other);
    a->ended = true;
    co_return(0);
}

static void three(unsigned at, co_body_t middle, co_body_t first, co_body_t second)
{
    begin();
    flags = 0;
    sleeper.cid = (cid_t){0};
    spawn(&sleeper, at, middle);
    spawn(&left, 0, first);
    spawn(&right, 1, second);
}

static void all_ended(void)
{
    explore_check(sleeper.ended && left.ended && right.ended);
    end();
}

static void wakes_fixed(void)
{
    three(1, sleeper_body, waker_body, waker_body);
}

static void wakes_movable(void)
{
    three(CO_ANY_CPU, sleeper_body, waker_body, waker_body);
}

static void cancel_fixed(void)
{
    three(1, patient_body, canceller_body, joiner_body);
}

static void cancel_movable(void)
{
    three(CO_ANY_CPU, patient_body, joiner_body, canceller_body);
}

static void priority_movable(void)
{
    three(CO_ANY_CPU, sleeper_body, changer_body, waker_body);
}

static void join_elsewhere(void)
{
    begin();
    flags = 3;
    sleeper.cid = (cid_t){0};
    spawn(&sleeper, 1, sleeper_body);
    spawn(&left, 0, joiner_body);
    right.ended = true;
}

static const struct scenario scenarios[] = {
    {"wakes_fixed", wakes_fixed, all_ended},
    {"wakes_movable", wakes_movable, all_ended},
    {"cancel_fixed", cancel_fixed, all_ended},
    {"cancel_movable", cancel_movable, all_ended},
    {"priority_movable", priority_movable, all_ended},
    {"join_elsewhere", join_elsewhere, all_ended},
};

/* What tells that the search finds anything. */
static const struct scenario broken = {"kernel_looks_too_early", wakes_fixed, all_ended};

int main(int argc, char **argv)
{
    uint64_t limit = argc > 1 && strcmp(argv[1], "--long") == 0 ? 1ull << 40 : 20000;
    const char *name = argc > 1 && argv[argc - 1][0] != '-' ? argv[argc - 1] : NULL;
    bool right_ = true;

    for (unsigned i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        if (explore_is_wanted(&scenarios[i], name))
            right_ &= explore(&scenarios[i], limit);
    }
    if (!name && !getenv("HEDDLE_SCHEDULE")) {
        twin = true;
        printf("a mistake is planted, and is to be found:\n");
        right_ &= explore_twin(&broken, limit);
    }
    return explore_result(right_);
}
