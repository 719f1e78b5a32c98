/* SPDX-License-Identifier: BSD-2-Clause */
/* All members park but the one that runs, so each step is one switch, whatever their number. */
#include "ring.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/program.h>

#define SAMPLES     3
#define STEPS_LEAST 10000u

struct member {
    struct co co;
    cid_t self, next;
};

static struct member *members;
static unsigned living;
static uint64_t left; /* steps of this sample */
static bool stop;
static struct co_event done; /* the sample is over, or the last member has ended */

static CO_BODY enum co_state member_body(struct co *co)
{
    struct member *m = co_frame(struct member, co);
    long n;

    co_begin(co);
    for (;;) {
        co_await(n, co_park(co));
        if (stop)
            break;
        if (left > 0 && --left > 0)
            co_wake(m->next);
        else
            co_event_set(&done);
    }
    if (--living == 0)
        co_event_set(&done);
    co_return(0);
}

static bool make(unsigned count, unsigned priority)
{
    members = calloc(count, sizeof *members);
    stop = false;
    for (living = 0; members && living < count; living++) {
        struct member *m = &members[living];

        m->self = co_spawn(&m->co, member_body, priority, NULL);
        if (m->self.raw == 0)
            return false;
        (m > members ? m - 1 : m)->next = m->self;
    }
    if (members)
        members[count - 1].next = members[0].self;
    return members != NULL;
}

static void end_all(unsigned count)
{
    stop = true;
    for (unsigned i = 0; i < count; i++)
        co_wake(members[i].self);
}

static void report(const struct ring *r)
{
    char row[32];

    snprintf(row, sizeof row, "coroutines_%u", r->members);
    table_report(row, r->steps);
}

CO_BODY enum co_state ring_body(struct co *co)
{
    struct ring *r = co_frame(struct ring, co);
    long n;

    co_begin(co);
    if (!make(r->members, co->priority))
        co_return(E_NO_MEMORY);
    co_await(n, co_yield(co)); /* all park */
    r->steps = r->members > STEPS_LEAST ? r->members : STEPS_LEAST;
    for (r->sample = 0; r->sample < SAMPLES; r->sample++) {
        left = r->steps;
        r->start = stamp_start();
        co_wake(members[0].self);
        co_await(n, co_event_wait(co, &done));
        table_add(r->start, stamp_stop());
    }
    report(r);
    end_all(r->members);
    while (living > 0)
        co_await(n, co_event_wait(co, &done));
    free(members);
    co_return(0);
}
