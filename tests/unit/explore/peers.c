/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/program.h>
#include "../../../libs/ipc/internal.h"
#include "peers.h"

#define SIDES   2
#define DEPTH   4
#define CALLERS 2

struct side {
    struct executor executor;
    struct executor_line line __attribute__((aligned(64)));
    uint64_t wake_words[64];
    struct co_slot rows[8];
    struct wake_slot slots[1];
    struct ipc_process ipc;
    jmp_buf kernel;
    uint64_t awake; /* 0: idle in the kernel */
    bool has_message;
    uint64_t word[6];
    uint64_t header;
};
static struct side sides[SIDES]; /* client, server */
static struct side *self;
static char startups[SIDES][sizeof(struct startup) + sizeof(struct startup_channel)]
    __attribute__((aligned(8)));
static char channel[IPC_CHANNEL_BYTES(DEPTH)] __attribute__((aligned(64)));
static unsigned server_steps;
static bool dying;
static uint64_t server_dead; /* its endpoint answers E_PEER_DEAD */

bool by_rings, cancels, ever_died, ring_first, rings_in_vain;
unsigned dies_at;

void log_line(const char *format, ...)
{
    (void)format;
    explore_check(!"an end is broken");
}

/* ---------------------------------------------------------------- the kernel */

static void give_up(void)
{
    explore_kernel(&self->line.wakes, &self->awake);
    if (!self->line.wakes && !self->has_message) {
        self->awake = 0;
        explore_block(&self->awake);
    }
    longjmp(self->kernel, 1);
}

static long sys_yield(void)
{
    give_up();
    return E_OK;
}

static long sys_doorbell(uint32_t endpoint, unsigned priority)
{
    struct side *target = &sides[endpoint];

    explore_check(priority < PRIORITY_COUNT);
    if (endpoint == 1 && __atomic_load_n(&server_dead, __ATOMIC_ACQUIRE))
        return E_PEER_DEAD;
    __atomic_fetch_or(&target->wake_words[0], 1, __ATOMIC_RELAXED);
    __atomic_fetch_or(&target->line.wakes, 1, __ATOMIC_RELEASE);
    explore_kernel(NULL, &target->awake);
    if (!rings_in_vain)
        target->awake = 1;
    return E_OK;
}

static long sys_doorbell_yield(uint32_t endpoint, unsigned priority)
{
    long error = sys_doorbell(endpoint, priority);

    return error ? error : sys_yield();
}

static long sys_deliver(uint32_t endpoint, const uint64_t *word, uint64_t header)
{
    struct side *target = &sides[endpoint];

    if (endpoint == 1 && __atomic_load_n(&server_dead, __ATOMIC_ACQUIRE))
        return E_PEER_DEAD;
    explore_kernel(&target->line.wakes, &target->awake);
    if (by_rings || target->awake || target->line.wakes)
        return E_AGAIN;
    memcpy(target->word, word, sizeof target->word);
    target->header = header;
    target->has_message = true;
    target->awake = 1;
    give_up();
    return E_OK;
}

static void enter(void *argument)
{
    self = argument;
    executor_set_line(&self->line);
    ipc_host.process = &self->ipc;
}

/* What root does with the channel of a process that has been stopped. */
static void tear_down(void)
{
    struct ipc_channel *memory = (struct ipc_channel *)(void *)channel;

    ever_died = true;
    __atomic_store_n(&server_dead, 1, __ATOMIC_RELEASE);
    if (ring_first)
        (void)!sys_doorbell(0, PRIORITY_COUNT - 1);
    __atomic_store_n(&memory->calls.tail, IPC_TAIL_DEAD, __ATOMIC_RELEASE);
    __atomic_store_n(&memory->replies.tail, IPC_TAIL_DEAD, __ATOMIC_RELEASE);
    if (!ring_first)
        (void)!sys_doorbell(0, PRIORITY_COUNT - 1);
}

static void step(void)
{
    if (self != &sides[1] || dying || ++server_steps != dies_at)
        return;
    dying = true;
    longjmp(self->kernel, 1);
}

/* Enters the process again and again, until no coroutine of it is left. */
static void side_main(void *argument)
{
    struct side *side = argument;

    (void)setjmp(side->kernel);
    if (side == &sides[1] && dying) {
        tear_down();
        return;
    }
    while (side->executor.live > 0) {
        uint64_t event = side->has_message ? EVENT_MESSAGE : EVENT_WAKE;

        side->has_message = false;
        executor_enter(event, side->word, side->header);
    }
}

/* ---------------------------------------------------------------- client and server */

static struct caller {
    struct co co;
    struct ipc_message message;
    unsigned left, answered;
    uint64_t tag;
    long last; /* negative: the call that failed was the last one */
    cid_t cid;
} callers[CALLERS];

/* Cancels what the first caller awaits. */
static struct canceller {
    struct co co;
} canceller;

static struct server {
    struct co co;
    struct ipc_message message;
    unsigned count;
    long last;
} server;

static CO_BODY enum co_state caller_body(struct co *co)
{
    struct caller *c = co_frame(struct caller, co);

    co_begin(co);
    while (c->left > 0) {
        c->left--;
        c->tag++;
        for (unsigned i = 0; i < 6; i++)
            c->message.word[i] = c->tag + i;
        co_await(c->last, ipc_call(co, &sides[0].ipc.ends[0], &c->message, 1));
        if (c->last < 0)
            co_return(c->last);
        for (unsigned i = 0; i < 6; i++)
            explore_check(c->message.word[i] == c->tag + 2 * i + 1);
        c->answered++;
    }
    co_return(0);
}

static CO_BODY enum co_state canceller_body(struct co *co)
{
    (void)!co_cancel(callers[0].cid); /* it may have ended */
    co_return(0);
}

static CO_BODY enum co_state server_body(struct co *co)
{
    struct server *s = co_frame(struct server, co);

    co_begin(co);
    co_await(s->last, ipc_receive(co, &sides[1].ipc.ends[0], &s->message));
    while (s->last == 0) {
        s->count++;
        for (unsigned i = 0; i < 6; i++)
            s->message.word[i] += i + 1;
        co_await(s->last, ipc_reply_receive(co, &sides[1].ipc.ends[0], &s->message));
    }
    co_return(0);
}

static void set_up(struct side *side, struct startup *startup)
{
    struct startup_channel *c = &startup->channels[0];

    if (side->ipc.ends)
        ipc_close(&side->ipc);
    memset(side, 0, sizeof *side);
    startup->channel_count = 1;
    *c = (struct startup_channel){.base = (uintptr_t)channel, .depth = DEPTH};
    c->side = side == &sides[1];
    c->endpoint = !c->side;
    enter(side);
    executor_init(&side->executor, &side->line, side->rows, 8);
    side->line.slots = (uintptr_t)side->slots;
    side->executor.wake_words = side->wake_words;
    side->executor.wake_slot_count = 1;
    side->executor.waiting = true;
    side->awake = 1;
    explore_check(ipc_open(&side->ipc, &side->executor, startup) == E_OK);
}

void begin(unsigned first, unsigned second)
{
    memset(channel, 0, sizeof channel);
    ipc_host = (struct ipc_host){NULL, sys_yield, sys_doorbell, sys_doorbell_yield, sys_deliver};
    for (unsigned i = 0; i < SIDES; i++)
        set_up(&sides[i], (struct startup *)(void *)startups[i]);
    server = (struct server){.count = 0};
    explore_check(co_spawn(&server.co, server_body, 20, NULL).raw != 0);
    enter(&sides[0]);
    for (unsigned i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){.left = i == 0 ? first : second, .tag = 1000 * i};
        if (!callers[i].left)
            continue;
        callers[i].cid = co_spawn(&callers[i].co, caller_body, 20 + i, NULL);
        explore_check(callers[i].cid.raw != 0);
    }
    if (cancels)
        explore_check(co_spawn(&canceller.co, canceller_body, 25, NULL).raw != 0);
    explore_enter = enter;
    explore_step = step;
    server_steps = 0;
    server_dead = 0;
    dying = false;
    for (unsigned i = 0; i < SIDES; i++)
        explore_agent(side_main, &sides[i]);
}

void end(void)
{
    unsigned answered = 0;

    for (unsigned i = 0; i < CALLERS; i++) {
        explore_check(callers[i].left == 0);
        answered += callers[i].answered;
    }
    explore_check(server.count == answered);
    explore_check(sides[0].ipc.ends[0].odd == 0);
}

void end_failed(void)
{
    explore_check(sides[0].executor.live == 0);
    explore_check(sides[0].ipc.ends[0].odd == 0);
    for (unsigned i = 0; i < CALLERS; i++) {
        struct caller *c = &callers[i];

        explore_check(c->last >= 0 || (c->last == E_PEER_DEAD && dying) ||
                      (c->last == E_CANCELLED && cancels && i == 0));
        explore_check(c->last < 0 || c->left == 0);
    }
    explore_check(dying || server.count >= callers[0].answered + callers[1].answered);
}
