/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <string.h>
#include "peers.h"
#include "side.h"

#define SIDES 2
#define DEPTH 4

struct side client_side, server_side;
static struct side *const sides[SIDES] = {&client_side, &server_side}; /* by their endpoints */
static struct side *self;
static char startups[SIDES][sizeof(struct startup) + sizeof(struct startup_channel)]
    __attribute__((aligned(8)));
static char channel[IPC_CHANNEL_BYTES(DEPTH)] __attribute__((aligned(64)));
static unsigned server_steps;
static bool dying;
static uint64_t server_dead; /* its endpoint answers E_PEER_DEAD */

bool by_rings, ever_died, ring_first, forgets_slot, rings_in_vain;
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
    if (!self->line.wakes && !self->has_message && !self->rung) {
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

/* What idles on the same hart gets the slot with its event, and no bit is set. */
static bool enter_at_once(struct side *target)
{
    if (rings_in_vain)
        return false;
    explore_kernel(&target->line.wakes, &target->awake);
    if (target->awake || target->line.wakes)
        return false;
    target->rung = true;
    target->awake = 1;
    return true;
}

static long sys_doorbell(uint32_t endpoint, unsigned priority)
{
    struct side *target = sides[endpoint];

    explore_check(priority < PRIORITY_COUNT);
    if (endpoint == 1 && __atomic_load_n(&server_dead, __ATOMIC_ACQUIRE))
        return E_PEER_DEAD;
    if (enter_at_once(target))
        return E_OK;
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
    struct side *target = sides[endpoint];

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

void side_enter(void *argument)
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
    if (self != &server_side || dying || ++server_steps != dies_at)
        return;
    dying = true;
    longjmp(self->kernel, 1);
}

/* Enters the process again and again, until no coroutine of it is left. */
static void side_main(void *argument)
{
    struct side *side = argument;

    (void)setjmp(side->kernel);
    if (side == &server_side && dying) {
        tear_down();
        return;
    }
    while (side->executor.live > 0) {
        uint64_t event = side->has_message             ? EVENT_MESSAGE
                         : side->rung && !forgets_slot ? EVENT_RUNG
                                                       : EVENT_WAKE;

        side->has_message = false;
        side->rung = false;
        executor_enter(event, side->word, side->header);
    }
}

static void set_up(struct side *side, struct startup *startup)
{
    struct startup_channel *c = &startup->channels[0];

    if (side->ipc.ends)
        ipc_close(&side->ipc);
    memset(side, 0, sizeof *side);
    startup->channel_count = 1;
    *c = (struct startup_channel){.base = (uintptr_t)channel, .depth = DEPTH};
    c->side = side == &server_side;
    c->endpoint = !c->side;
    side_enter(side);
    executor_init(&side->executor, &side->line, side->rows, 8);
    side->line.slots = (uintptr_t)side->slots;
    side->executor.wake_words = side->wake_words;
    side->executor.wake_slot_count = 1;
    side->executor.waiting = true;
    side->awake = 1;
    explore_check(ipc_open(&side->ipc, &side->executor, startup) == E_OK);
}

void sides_begin(void)
{
    memset(channel, 0, sizeof channel);
    ipc_host = (struct ipc_host){NULL, sys_yield, sys_doorbell, sys_doorbell_yield, sys_deliver};
    for (unsigned i = 0; i < SIDES; i++)
        set_up(sides[i], (struct startup *)(void *)startups[i]);
}

void sides_start(void)
{
    explore_enter = side_enter;
    explore_step = step;
    server_steps = 0;
    server_dead = 0;
    dying = false;
    for (unsigned i = 0; i < SIDES; i++)
        explore_agent(side_main, sides[i]);
}

bool side_died(void)
{
    return dying;
}
