/* SPDX-License-Identifier: BSD-2-Clause */
/* One attack on the peer of the only channel, named by the process's argument. A hostile client
 * begins when the honest server answers its held call, a hostile server when it is called. Its own
 * calls go on beside most attacks, so that there is something to spoil. */
#include "hostile.h"

#define CALLERS 3
#define REST_US 300 /* between two steps: the others get the CPU */

static const struct startup_channel *channel;
static struct ipc_channel *shared;
static uint32_t depth;

/* The headers. */
static uint64_t *call_ring(void)
{
    return ipc_ring(shared, depth, true);
}
static uint64_t *reply_ring(void)
{
    return ipc_ring(shared, depth, false);
}
static uint64_t tail; /* of the ring that this side fills, where it does so by itself */
static uint64_t done; /* for the judge, by way of root */
static const uint64_t garbage[6] = {~0ull - 6, 1ull << 63, 0xdead, 7, 0, ~1ull};

static uint64_t header_of(uint64_t id, uint64_t priority)
{
    return (priority << 16 | ATTACKED_ADD) << MESSAGE_LABEL_SHIFT | (uint32_t)id;
}

static void ring(void)
{
    (void)sys_doorbell(channel->endpoint, 0);
}

static volatile uint64_t target; /* so that the compiler does not judge the address */

static void __attribute__((noreturn)) fault(void)
{
    target = 8;
    *(volatile uint64_t *)target = 1;
    for (;;)
        ;
}

static void put(uint64_t *headers, uint64_t *to, uint64_t header)
{
    struct ipc_message *messages = ipc_lines(shared, depth);

    memcpy(messages[header % depth].word, garbage, sizeof garbage);
    headers[tail % depth] = header;
    __atomic_store_n(to, ++tail, __ATOMIC_RELEASE);
}

static void put_call(uint64_t header)
{
    put(call_ring(), &shared->calls.tail, header);
}

static void put_reply(uint64_t header)
{
    put(reply_ring(), &shared->replies.tail, header);
}

static void fill_with_garbage(unsigned step)
{
    uint64_t *words = (uint64_t *)shared;

    for (unsigned i = 0; i < ipc_channel_bytes(depth) / 8; i++)
        words[i] = garbage[(i + step) % 6] + step * i;
    ring();
}

/* ---------------------------------------------------------------- of clients, step by step */

static void tail_far(unsigned step)
{
    (void)step;
    shared->calls.tail += depth + 1;
    ring();
}

static void tail_back(unsigned step)
{
    (void)step;
    shared->calls.tail -= 1u << 20;
    ring();
}

/* A call with the id of one that the server keeps open. */
static void same_id(unsigned step)
{
    tail = shared->calls.tail;
    put_call((header_of(step, 20) & ~0xffffull << MESSAGE_LABEL_SHIFT) |
             (uint64_t)ATTACKED_KEEP << MESSAGE_LABEL_SHIFT);
    put_call(header_of(step, 20));
    ring();
}

static void priorities(unsigned step)
{
    for (unsigned i = 0; i < depth; i++)
        ((volatile uint8_t *)&call_ring()[i])[MESSAGE_PRIORITY_SHIFT / 8] = step % 2 ? 0 : 255;
    ring();
}

static void urgent(unsigned step)
{
    shared->calls.urgent = shared->calls.tail + garbage[step % 6] * (step % 3);
    ring();
}

static void wait_words(unsigned step)
{
    shared->reply_reader.wait = garbage[step % 6] + step;
    shared->call_reader.wait = step % 2 ? IPC_ASLEEP : garbage[step % 6];
    shared->call_reader.head = garbage[step % 6];
}

static void wakes(unsigned step)
{
    (void)step;
    for (unsigned i = 0; i < 200; i++)
        ring();
}

static void calls(unsigned step)
{
    if (step == 0)
        tail = shared->calls.tail;
    while (tail - __atomic_load_n(&shared->replies.tail, __ATOMIC_ACQUIRE) < depth)
        put_call(header_of(tail, 0));
    ring();
}

/* What the server checks and what it uses are to differ: on another hart, this is a race. */
static void flips(unsigned step)
{
    (void)step;
    for (unsigned i = 0; i < 500; i++) {
        for (unsigned at = 0; at < depth; at++)
            call_ring()[at] ^= 0x1f00000000000001ull;
        __asm__ volatile("" ::: "memory");
        for (unsigned at = 0; at < depth; at++)
            call_ring()[at] ^= 0x1f00000000000001ull;
        __atomic_fetch_xor(&shared->calls.tail, 1ull << 40, __ATOMIC_RELAXED);
        __atomic_fetch_xor(&shared->calls.tail, 1ull << 40, __ATOMIC_RELAXED);
    }
}

static void die_before_tail(unsigned step)
{
    (void)step;
    call_ring()[shared->calls.tail % depth] = header_of(1, 20);
    fault();
}

static void die_after_tail(unsigned step)
{
    (void)step;
    tail = shared->calls.tail;
    put_call(header_of(tail, 20));
    fault();
}

static void die_after_bell(unsigned step)
{
    (void)step;
    tail = shared->calls.tail;
    put_call(header_of(tail, 20));
    ring();
    fault();
}

static void die_now(unsigned step)
{
    (void)step;
    fault();
}

/* ---------------------------------------------------------------- of servers, for each call */

static void reply_far(uint64_t header)
{
    put_reply(header);
    shared->replies.tail += depth + 1;
}

static void reply_back(uint64_t header)
{
    if (tail == 0)
        put_reply(header);
    else
        shared->replies.tail -= 1u << 20;
}

static void reply_twice(uint64_t header)
{
    put_reply(header);
    put_reply(header);
}

static void reply_stale(uint64_t header)
{
    put_reply(header - depth);
    put_reply(header);
}

static void reply_out_of_range(uint64_t header)
{
    put_reply(header | 0xfffffff0u);
    put_reply(header);
}

static void reply_unwritten(uint64_t header)
{
    (void)header;
    shared->replies.tail = ++tail;
}

static void reply_never(uint64_t header)
{
    (void)header;
}

static void reply_garbage(uint64_t header)
{
    fill_with_garbage((unsigned)header % 7);
}

static void reply_and_wakes(uint64_t header)
{
    put_reply(header);
    wakes(0);
}

static void reply_flood(uint64_t header)
{
    for (unsigned round = 0; round < 50; round++) {
        while (tail - __atomic_load_n(&shared->reply_reader.head, __ATOMIC_ACQUIRE) < depth)
            put_reply(header + 7 * depth + round);
        ring();
    }
}

static void reply_die_taken(uint64_t header)
{
    (void)header;
    fault();
}

static void reply_die_written(uint64_t header)
{
    reply_ring()[tail % depth] = header;
    fault();
}

static void reply_die_silent(uint64_t header)
{
    put_reply(header);
    fault();
}

static void reply_die_told(uint64_t header)
{
    put_reply(header);
    ring();
    fault();
}

/* ---------------------------------------------------------------- the programs */

static const struct attack {
    const char *name;
    void (*step)(unsigned step);
    unsigned steps;
    unsigned callers; /* of its own, beside it */
    void (*reply)(uint64_t header);
} attacks[] = {
    {"tail-far", tail_far, 1, CALLERS, reply_far},
    {"tail-back", tail_back, 20, CALLERS, reply_back},
    {"same-id", same_id, 1, 0, NULL},
    {"garbage", fill_with_garbage, 20, CALLERS, reply_garbage},
    {"priorities", priorities, 100, CALLERS, NULL},
    {"urgent", urgent, 100, CALLERS, NULL},
    {"wait-words", wait_words, 100, CALLERS, NULL},
    {"wakes", wakes, 50, CALLERS, reply_and_wakes},
    {"flood", calls, 200, 0, reply_flood},
    {"registers", NULL, 50, 0, NULL},
    {"flips", flips, 50, CALLERS, NULL},
    {"die-before-tail", die_before_tail, 1, CALLERS, NULL},
    {"die-after-tail", die_after_tail, 1, CALLERS, NULL},
    {"die-after-bell", die_after_bell, 1, CALLERS, NULL},
    {"die-in-flight", die_now, 1, CALLERS, NULL},
    {"twice", NULL, 0, 0, reply_twice},
    {"stale", NULL, 0, 0, reply_stale},
    {"out-of-range", NULL, 0, 0, reply_out_of_range},
    {"unwritten", NULL, 0, 0, reply_unwritten},
    {"never", NULL, 0, 0, reply_never},
    {"late", NULL, 0, 0, put_reply},
    {"die-taken", NULL, 0, 0, reply_die_taken},
    {"die-written", NULL, 0, 0, reply_die_written},
    {"die-silent", NULL, 0, 0, reply_die_silent},
    {"die-told", NULL, 0, 0, reply_die_told},
};
static const struct attack *attack;

struct caller {
    struct co co;
    struct ipc_message message;
};
static struct caller callers[CALLERS];

static CO_BODY enum co_state caller_body(struct co *co)
{
    struct caller *c = co_frame(struct caller, co);
    long n;

    co_begin(co);
    do
        co_await(n, ipc_call(co, ipc_find(channel->name), &c->message, ATTACKED_ADD));
    while (n != E_PEER_DEAD);
    co_return(n);
}

/* Gives up the CPU with a message that nobody has asked for. */
static void nothing_to_undo(struct co *co)
{
    (void)co;
}

static enum co_state deliver(struct co *co, uint64_t header)
{
    co->cancel = nothing_to_undo;
    co_block(co);
    co_complete(co, sys_deliver(channel->endpoint, garbage, header));
    return CO_PENDING;
}

struct attacker {
    struct co co;
    struct ipc_end *end;
    struct ipc_message message;
    struct co_timeout timeout;
    unsigned i;
    uint64_t head; /* of a server: calls that it has seen */
};

static CO_BODY enum co_state client_body(struct co *co)
{
    struct attacker *a = co_frame(struct attacker, co);
    long n;

    co_begin(co);
    co_await(n, ipc_call(co, a->end, &a->message, ATTACKED_HOLD));
    for (a->i = 0; a->i < attack->callers; a->i++)
        co_spawn(&callers[a->i].co, caller_body, co->priority, NULL);
    co_await(n, sleep_us(co, REST_US));
    for (a->i = 0; a->i < attack->steps; a->i++) {
        if (attack->step)
            attack->step(a->i);
        else
            co_await_until(n, &a->timeout, time_now() + time_from_us(REST_US),
                           deliver(co, header_of(a->i * 3 / 2 + 1000, a->i % 2 ? 22 : 255)));
        co_await(n, sleep_us(co, REST_US));
    }
    done = 1;
    for (;;) /* and stays, with what it has in flight */
        co_await(n, sleep_us(co, 1000000));
    co_return(n);
}

/* Not by the library, which would keep to the rules: it looks again and again. */
static CO_BODY enum co_state server_body(struct co *co)
{
    struct attacker *a = co_frame(struct attacker, co);
    long n;

    co_begin(co);
    for (;;) {
        co_await(n, sleep_us(co, REST_US));
        /* It may have overwritten that tail itself. */
        while (__atomic_load_n(&shared->calls.tail, __ATOMIC_ACQUIRE) - a->head - 1 < depth) {
            if (attack->reply == put_reply)
                co_await(n, sleep_us(co, 100000)); /* longer than anybody waits */
            attack->reply(call_ring()[a->head++ % depth]);
            ring();
        }
    }
    co_return(n);
}

static void set_up(struct attacker *a)
{
    for (unsigned i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        if (strcmp(attacks[i].name, startup()->arguments) == 0)
            attack = &attacks[i];
    }
    for (unsigned i = 0; i < startup()->channel_count; i++) {
        if (strcmp(startup()->channels[i].protocol, PROTOCOL) == 0)
            channel = &startup()->channels[i];
    }
    if (!attack || !channel || (channel->side == 1 && !attack->reply))
        die("no such attack, or no channel");
    shared = (struct ipc_channel *)(uintptr_t)channel->base;
    depth = channel->depth;
    a->end = channel->side == 0 ? ipc_find(channel->name) : ipc_server_end(PROTOCOL, 0);
    stats_gauge("done", &done);
}

static CO_BODY enum co_state attacker_body(struct co *co)
{
    struct attacker *a = co_frame(struct attacker, co);

    if (!shared)
        set_up(a);
    return channel->side == 0 ? client_body(co) : server_body(co);
}
PROGRAM(struct attacker, attacker_body);
