/* SPDX-License-Identifier: BSD-2-Clause */
/* The honest client: in each round as many calls of the honest server as were agreed, each answer
 * checked, while others attack both of them. Then it asks the server how many it had, and root what
 * all processes hold. Each hostile server has a victim here, which calls it under a limit of time.
 */
#include <protocol/system.h>
#include "hostile.h"

#define CALLERS  4
#define CALLS    500 /* of each caller in each round */
#define VICTIMS  16
#define TRIES    6
#define LIMIT_US 50000

struct caller {
    struct co co;
    cid_t cid;
    struct ipc_message message;
    uint64_t tag;
    unsigned left, wrong;
};

struct victim {
    struct co co;
    struct ipc_end *end;
    struct ipc_message message;
    struct co_timeout timeout;
    unsigned tries, answered, late, dead, other;
};

struct judge {
    struct co co;
    struct ipc_end *server, *system;
    struct ipc_message message;
    unsigned round, i, rows, done;
};

static struct caller callers[CALLERS];
static struct victim victims[VICTIMS];
static unsigned victim_count;
static uint64_t victims_over;

static CO_BODY enum co_state caller_body(struct co *co)
{
    struct caller *c = co_frame(struct caller, co);
    long n;

    co_begin(co);
    while (c->left > 0) {
        c->left--;
        c->tag += 6;
        for (unsigned i = 0; i < 6; i++)
            c->message.word[i] = c->tag + i;
        co_await(n, ipc_call(co, ipc_find("server"), &c->message, ATTACKED_ADD));
        c->wrong += n != (long)c->tag + 1;
        for (unsigned i = 0; i < 6; i++)
            c->wrong += c->message.word[i] != c->tag + 2 * i + 1;
    }
    co_return(0);
}

static CO_BODY enum co_state victim_body(struct co *co)
{
    struct victim *v = co_frame(struct victim, co);
    long n;

    co_begin(co);
    while (v->tries < TRIES) {
        v->tries++;
        co_await_until(n, &v->timeout, time_now() + time_from_us(LIMIT_US),
                       ipc_call(co, v->end, &v->message, ATTACKED_ADD));
        v->answered += n >= 0;
        v->late += n == E_TIMEOUT;
        v->dead += n == E_PEER_DEAD;
        v->other += n < 0 && n != E_TIMEOUT && n != E_PEER_DEAD;
    }
    victims_over++;
    co_return(0);
}

/* A victim for each channel to a hostile server. */
static void start_victims(unsigned priority)
{
    for (unsigned i = 0; i < startup()->channel_count; i++) {
        const struct startup_channel *channel = &startup()->channels[i];

        if (channel->side != 0 || strncmp(channel->name, "s-", 2) != 0)
            continue;
        if (victim_count == VICTIMS)
            die("more than %d hostile servers", VICTIMS);
        victims[victim_count].end = ipc_find(channel->name);
        if (!co_spawn(&victims[victim_count].co, victim_body, priority, NULL).raw)
            die("no room for a victim");
        victim_count++;
    }
}

static void start_callers(unsigned priority)
{
    for (unsigned i = 0; i < CALLERS; i++) {
        callers[i].left = CALLS;
        callers[i].tag = (uint64_t)i << 40 | (callers[i].tag & 0xffffffffff);
        callers[i].cid = co_spawn(&callers[i].co, caller_body, priority, NULL);
        if (!callers[i].cid.raw)
            die("no room for a caller");
    }
}

static const void *row(const struct judge *j, unsigned i, uint64_t bytes)
{
    const void *at = ipc_bytes(j->system, i * bytes, bytes);

    if (!at)
        die("root tells of more than it has room for");
    return at;
}

static void print_processes(const struct judge *j)
{
    for (unsigned i = 0; i < j->rows; i++) {
        const struct system_process *p = row(j, i, sizeof *p);

        if (strcmp(p->name, "server") == 0 || strcmp(p->name, "judge") == 0)
            log_line("%u: %s holds frames %" PRIu64 " caps %" PRIu64, j->round, p->name, p->frames,
                     p->capabilities);
    }
}

/* Value: how many attackers say that they are done. */
static unsigned print_gauges(const struct judge *j)
{
    unsigned done = 0;

    for (unsigned i = 0; i < j->rows; i++) {
        const struct system_gauge *g = row(j, i, sizeof *g);

        if (strcmp(g->process, "server") == 0 || strcmp(g->process, "judge") == 0)
            log_line("%u: %s counts %.8s %" PRIu64, j->round, g->process, g->name, g->value);
        else if (strncmp(g->name, "done", sizeof g->name) == 0)
            done += g->value == 1;
    }
    return done;
}

static enum co_state ask_table(struct co *co, struct judge *j, unsigned label)
{
    j->message.word[0] = 0;
    j->message.word[1] = ipc_region_bytes(j->system);
    return ipc_call(co, j->system, &j->message, label);
}

static CO_BODY enum co_state judge_body(struct co *co)
{
    struct judge *j = co_frame(struct judge, co);
    long n;

    co_begin(co);
    j->server = ipc_find("server");
    j->system = ipc_find("system");
    if (!j->server || !j->system)
        die("a channel is missing");
    for (j->round = 0;; j->round++) {
        start_callers(co->priority);
        for (j->i = 0; j->i < CALLERS; j->i++)
            co_await(n, co_join(co, callers[j->i].cid));
        co_await(n, ipc_call(co, j->server, &j->message, ATTACKED_COUNT));
        log_line("%u: served %ld of %u, wrong %u", j->round, n, (j->round + 1) * CALLERS * CALLS,
                 callers[0].wrong + callers[1].wrong + callers[2].wrong + callers[3].wrong);
        co_await(n, ask_table(co, j, SYSTEM_PROCESSES));
        j->rows = n < 0 ? 0 : (unsigned)n;
        print_processes(j);
        co_await(n, ask_table(co, j, SYSTEM_GAUGES));
        j->rows = n < 0 ? 0 : (unsigned)n;
        j->done = print_gauges(j);
        log_line("%u: over, victims %" PRIu64 " of %u, %u done", j->round, victims_over,
                 victim_count, j->done);
        if (j->round == 0) { /* from now on there is war */
            start_victims(co->priority);
            co_await(n, ipc_call(co, j->server, &j->message, ATTACKED_GO));
        }
        co_await(n, sleep_us(co, 20000));
    }
}
PROGRAM(struct judge, judge_body);
