/* SPDX-License-Identifier: BSD-2-Clause */
/* Have pairs of processes call on one hart, on two, four, ..., and across two; then power off.
 *
 * Each line says what all pairs together took. With one tick for each instruction, as under QEMU's
 * -icount, that is exact, and the harts' instructions are counted together; without, the time is
 * the host's. The rounds take turns, so that what else the host does falls on all of them.
 */
#include <inttypes.h>
#include <protocol/system.h>
#include <stdio.h>
#include <sys/program.h>
#include "bench.h"
#include "pair.h"

#define PAIRS  8 /* pair-0 on hart 0, pair-1 on hart 1, ... */
#define ROUNDS 6
#define CALLS  10080u /* of each pair in each round */

/* One call to a pair: it runs meanwhile. */
struct order {
    struct co co;
    struct ipc_end *end;
    struct ipc_message message;
};

struct harts {
    struct co co;
    struct order order[PAIRS];
    struct ipc_end *pair[PAIRS];
    struct ipc_end *across;
    unsigned round;
    unsigned flight; /* index in flights */
    unsigned pairs;  /* that run now */
    uint64_t began, instructions;
    struct ipc_message power;
};

static const unsigned flights[] = {1, 32};
#define FLIGHTS (sizeof flights / sizeof *flights)

static struct co_event all_done;
static unsigned running;
static long first_error;

static CO_BODY enum co_state order_body(struct co *co)
{
    struct order *o = co_frame(struct order, co);
    long n;

    co_begin(co);
    n = E_PEER_DEAD; /* root makes no channel to what it cannot start */
    if (o->end)
        co_await(n, ipc_call(co, o->end, &o->message, PAIR_RUN));
    if (n < 0 && first_error == 0)
        first_error = n;
    if (--running == 0)
        co_event_set(&all_done);
    co_return(0);
}

/* Order `pairs` of them, or the one that calls across harts, to run. */
static void start(struct harts *h, bool across)
{
    running = h->pairs;
    first_error = 0;
    h->began = time_now();
    h->instructions = counter_instructions();
    for (unsigned i = 0; i < h->pairs; i++) {
        struct order *o = &h->order[i];

        o->end = across ? h->across : h->pair[i];
        o->message = (struct ipc_message){.word = {flights[h->flight], CALLS}};
        if (co_spawn(&o->co, order_body, h->co.priority, NULL).raw == 0)
            die("too few coroutines");
    }
}

/* What the machine has too few harts for was not started by root, and is not measured. */
static void report(const struct harts *h, const char *kind)
{
    uint64_t instructions = counter_instructions() - h->instructions;
    uint64_t us = time_to_us(time_now() - h->began);

    if (first_error == E_PEER_DEAD)
        return;
    if (first_error)
        die("%s: %s", kind, error_text(first_error));
    log_line("%s %u, in flight %u, round %u: %" PRIu64 " instructions, %" PRIu64 " us, %u calls",
             kind, h->pairs, flights[h->flight], h->round, instructions, us, h->pairs * CALLS);
}

static void find_pairs(struct harts *h)
{
    char name[16];

    for (unsigned i = 0; i < PAIRS; i++) {
        snprintf(name, sizeof name, "pair-%u", i);
        h->pair[i] = ipc_find(name);
    }
    h->across = ipc_find("across");
}

static CO_BODY enum co_state harts_body(struct co *co)
{
    struct harts *h = co_frame(struct harts, co);
    long n;

    co_begin(co);
    find_pairs(h);
    for (h->round = 0; h->round < ROUNDS; h->round++) {
        for (h->flight = 0; h->flight < FLIGHTS; h->flight++) {
            for (h->pairs = 1; h->pairs <= PAIRS; h->pairs *= 2) {
                start(h, false);
                co_await(n, co_event_wait(co, &all_done));
                report(h, "harts");
            }
            h->pairs = 1;
            start(h, true);
            co_await(n, co_event_wait(co, &all_done));
            report(h, "across");
        }
    }
    table_close();
    h->power.word[0] = POWER_OFF;
    co_await(n, ipc_call(co, ipc_find("system"), &h->power, SYSTEM_POWER));
    log_line("the machine cannot switch itself off: %s", error_text(n));
    co_await(n, co_park(co));
    co_return(n);
}
PROGRAM(struct harts, harts_body);
