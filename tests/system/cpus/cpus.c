/* SPDX-License-Identifier: BSD-2-Clause */
/* Coroutines on four virtual CPUs. Each part ends in a line that test_cpus.py reads. Virtual CPU 0
 * alone writes lines: the others only count. */
#include <program/process.h>
#include <sys/log.h>
#include <sys/syscall.h>

#define CPUS    4
#define ROUNDS  50
#define HOPS    3000
#define MOVABLE 24
#define PARKS   40

static uint64_t hart_of(unsigned cpu)
{
    struct sys_thread_info info;
    long error = sys_thread_info(process_cpu(cpu), &info);

    if (error)
        die("cannot ask for virtual CPU %u: %s", cpu, error_text(error));
    return info.hart;
}

static bool is_given_back(unsigned cpu)
{
    struct sys_thread_info info;

    return sys_thread_info(process_cpu(cpu), &info) == E_OK && info.state == PROCESS_IDLE;
}

/* ---------------------------------------------------------------- at the same time
 *
 * In each round all meet, and none gives up its CPU before all are there. Then each asks on which
 * hart it is; all stay until all have asked. So harts that differ ran at the same time. */
struct meeting {
    struct co co;
    cid_t cid;
    unsigned cpu;
};
static struct meeting meetings[CPUS];
static uint64_t arrived, asked, harts[CPUS];
static unsigned most_harts;

static void wait_until(const uint64_t *count, uint64_t value)
{
    while (__atomic_load_n(count, __ATOMIC_ACQUIRE) < value)
        ;
}

static void count_harts(void)
{
    uint64_t seen = 0;

    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        seen |= 1ull << harts[cpu];
    if ((unsigned)__builtin_popcountll(seen) > most_harts)
        most_harts = (unsigned)__builtin_popcountll(seen);
}

static CO_BODY enum co_state meeting_body(struct co *co)
{
    struct meeting *m = co_frame(struct meeting, co);

    for (uint64_t round = 1; round <= ROUNDS; round++) {
        __atomic_fetch_add(&arrived, 1, __ATOMIC_ACQ_REL);
        wait_until(&arrived, round * CPUS);
        harts[m->cpu] = hart_of(m->cpu);
        __atomic_fetch_add(&asked, 1, __ATOMIC_ACQ_REL);
        wait_until(&asked, round * CPUS);
        if (m->cpu == 0)
            count_harts();
    }
    co_return(co_cpu() == m->cpu ? 0 : E_PROTOCOL);
}

/* ---------------------------------------------------------------- waking each other
 *
 * A token goes round. */
struct player {
    struct co co;
    cid_t cid;
    unsigned cpu;
    uint64_t token; /* atomic */
    long value;
};
static struct player players[CPUS];
static uint64_t hops;

static CO_BODY enum co_state player_body(struct co *co)
{
    struct player *p = co_frame(struct player, co);
    struct player *next = &players[(p->cpu + 1) % CPUS];

    co_begin(co);
    while (__atomic_load_n(&hops, __ATOMIC_ACQUIRE) < HOPS) {
        while (__atomic_exchange_n(&p->token, 0, __ATOMIC_ACQ_REL) == 0)
            co_await(p->value, co_park(co));
        __atomic_fetch_add(&hops, 1, __ATOMIC_ACQ_REL);
        __atomic_store_n(&next->token, 1, __ATOMIC_SEQ_CST);
        (void)co_wake((cid_t){__atomic_load_n(&next->cid.raw, __ATOMIC_SEQ_CST)});
    }
    co_return(0);
}

/* ---------------------------------------------------------------- moving */
struct mover {
    struct co co;
    cid_t cid;
    unsigned count;
    long value;
};
static struct mover movers[MOVABLE];
static uint64_t used_cpus;

static void compute(void)
{
    for (unsigned i = 0; i < 20000; i++)
        __asm__ volatile("" ::: "memory");
}

static CO_BODY enum co_state mover_body(struct co *co)
{
    struct mover *m = co_frame(struct mover, co);

    co_begin(co);
    while (m->count++ < PARKS) {
        __atomic_fetch_or(&used_cpus, 1ull << co_cpu(), __ATOMIC_RELAXED);
        compute();
        co_await(m->value, co_yield(co));
    }
    co_return((long)(m - movers));
}

/* ---------------------------------------------------------------- sleeping */
struct sleeper {
    struct co co;
    cid_t cid;
    uint64_t began;
    long value;
};
static struct sleeper sleepers[CPUS];

static CO_BODY enum co_state sleeper_body(struct co *co)
{
    struct sleeper *s = co_frame(struct sleeper, co);

    co_begin(co);
    s->began = time_now();
    co_await(s->value, sleep_us(co, 3000));
    co_return(time_now() - s->began >= time_from_us(3000) ? 0 : E_PROTOCOL);
}

/* ---------------------------------------------------------------- all of it */
static struct {
    struct co co;
    unsigned i, wrong, tries;
    long value;
} self;

static cid_t spawned(cid_t cid)
{
    if (cid.raw == 0)
        die("cannot spawn");
    return cid;
}

/* Await the ends of all of an array of frames with a cid; each ends with the value expected. */
#define JOIN_ALL(array, expected)                                                                  \
    for (self.i = 0; self.i < sizeof(array) / sizeof((array)[0]); self.i++) {                      \
        co_await(self.value, co_join(co, (array)[self.i].cid));                                    \
        self.wrong += self.value != E_STALE && self.value != (expected);                           \
    }

static CO_BODY enum co_state main_body(struct co *co)
{
    co_begin(co);
    log_line("%ld virtual CPUs", co_alloc_cpu(CPUS - 1));
    log_line("beyond: %s",
             error_text(co_alloc_cpu(EXECUTOR_LINES) == EXECUTOR_LINES ? E_OK : E_PROTOCOL));

    for (unsigned i = 0; i < CPUS; i++) {
        meetings[i].cpu = i;
        meetings[i].cid = spawned(co_spawn_on(i, &meetings[i].co, meeting_body, 41, NULL));
    }
    JOIN_ALL(meetings, 0);
    log_line("on %u harts at once", most_harts);

    players[0].token = 1;
    for (unsigned i = 0; i < CPUS; i++) {
        players[i].cpu = i;
        __atomic_store_n(&players[i].cid.raw,
                         spawned(co_spawn_on(i, &players[i].co, player_body, 41, NULL)).raw,
                         __ATOMIC_SEQ_CST);
    }
    /* One that got the token before its cid was known here waits for this wake. */
    for (unsigned i = 0; i < CPUS; i++)
        (void)co_wake(players[i].cid);
    co_await(self.value, co_join(co, players[HOPS % CPUS].cid));
    for (unsigned i = 0; i < CPUS; i++) {
        __atomic_store_n(&players[i].token, 1, __ATOMIC_SEQ_CST);
        (void)co_wake(players[i].cid);
    }
    JOIN_ALL(players, 0);
    log_line("%s hops", hops >= HOPS ? "all" : "too few");

    for (unsigned i = 0; i < MOVABLE; i++)
        movers[i].cid = spawned(co_spawn_on(CO_ANY_CPU, &movers[i].co, mover_body, 41, NULL));
    JOIN_ALL(movers, (long)self.i);
    log_line("moved over %d virtual CPUs", __builtin_popcountll(used_cpus));

    for (unsigned i = 0; i < CPUS; i++)
        sleepers[i].cid = spawned(co_spawn_on(i, &sleepers[i].co, sleeper_body, 41, NULL));
    JOIN_ALL(sleepers, 0);
    log_line("slept on all");

    for (self.i = 1; self.i < EXECUTOR_LINES; self.i += is_given_back(self.i))
        co_await(self.value, sleep_us(co, 1000));
    log_line("all given back");
    for (unsigned i = 0; i < CPUS; i++)
        sleepers[i].cid = spawned(co_spawn_on(i, &sleepers[i].co, sleeper_body, 41, NULL));
    JOIN_ALL(sleepers, 0);
    log_line("taken again, %u wrong", self.wrong);
    co_return(0);
}

const struct program program = {&self.co, main_body};
