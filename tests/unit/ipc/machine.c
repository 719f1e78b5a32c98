/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/program.h>

struct process processes[PROCESSES];
struct counters counters;
unsigned refuse_rate;
void (*on_system_call)(void);
char last_log[256];

static struct {
    unsigned client, server;
    void *memory, *region;
} channels[CHANNELS];
static unsigned channel_count;
static unsigned rings; /* that an event may tell */
static struct process *current;
static jmp_buf kernel;
static uint64_t random_state;

void log_line(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(last_log, sizeof last_log, format, arguments);
    va_end(arguments);
    memcpy(current->log, last_log, sizeof last_log);
    current->lines++;
}

uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

void random_seed(const char *test)
{
    const char *given = getenv("HEDDLE_SEED");

    random_state = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 2654435761u | 1;
    printf("%s: HEDDLE_SEED=0x%llx\n", test, (unsigned long long)random_state);
    fflush(stdout);
}

/* Endpoint numbers are channel * 2 + the side that is woken. */
static struct process *endpoint_target(uint32_t endpoint)
{
    return &processes[endpoint % 2 ? channels[endpoint / 2].server : channels[endpoint / 2].client];
}

void machine_wake(struct process *process, unsigned slot, unsigned priority)
{
    process->wake_words[slot / 64] |= 1ull << slot % 64;
    process->line.wakes |= 1ull << slot / 64;
    if (priority < process->pending)
        process->pending = priority;
    process->idle = false;
}

void machine_ring(struct process *process, unsigned slot, unsigned priority)
{
    bool asleep = process->idle && !process->line.wakes && !process->line.bitmap;

    if (!asleep || process->entries == 0 || ++rings % 3 == 0) {
        machine_wake(process, slot, priority);
        return;
    }
    process->event = EVENT_RUNG | (uint64_t)slot << 8;
    process->pending = priority;
    process->idle = false;
}

static unsigned best_of(const struct process *process)
{
    unsigned best = process->pending;

    for (unsigned p = 0; p < best; p++) {
        if (process->line.bitmap >> p & 1)
            return p;
    }
    return best;
}

static bool better_waits(unsigned priority)
{
    for (unsigned i = 0; i < PROCESSES; i++) {
        if (&processes[i] != current && !processes[i].idle && !processes[i].stopped &&
            !processes[i].dead && best_of(&processes[i]) < priority)
            return true;
    }
    return false;
}

static long sys_yield(void)
{
    counters.yields++;
    if (on_system_call)
        on_system_call();
    if (current->line.wakes)
        return E_OK;
    current->pending = PRIORITY_NONE;
    if (current->line.bitmap && !better_waits(best_of(current)))
        return E_OK;
    current->idle = current->line.bitmap == 0;
    current->event = EVENT_WAKE;
    longjmp(kernel, 1);
}

static long ring(uint32_t endpoint, unsigned priority)
{
    struct process *target = endpoint_target(endpoint);

    if (on_system_call)
        on_system_call();
    if (target->dead)
        return E_PEER_DEAD;
    counters.doorbells++;
    counters.last_priority = priority;
    machine_ring(target, endpoint / 2, priority);
    return E_OK;
}

static long sys_doorbell_yield(uint32_t endpoint, unsigned priority)
{
    long error = ring(endpoint, priority);

    return error != E_OK ? error : sys_yield();
}

static long sys_deliver(uint32_t endpoint, const uint64_t *word, uint64_t header)
{
    struct process *target = endpoint_target(endpoint);
    unsigned priority = (uint8_t)(header >> MESSAGE_PRIORITY_SHIFT);

    if (on_system_call)
        on_system_call();
    if (target->dead)
        return E_PEER_DEAD;
    if (!target->idle || priority >= PRIORITY_COUNT || current->line.bitmap ||
        current->line.wakes || better_waits(priority) || random_next() % 256 < refuse_rate) {
        counters.refused++;
        return E_AGAIN;
    }
    counters.delivered++;
    current->idle = true;
    current->event = EVENT_WAKE;
    current->pending = PRIORITY_NONE;
    target->idle = false;
    target->pending = priority;
    target->event = EVENT_MESSAGE | (uint64_t)(endpoint / 2) << 8;
    memcpy(target->word, word, sizeof target->word);
    target->header = header;
    longjmp(kernel, 1);
}

static void enter(struct process *process)
{
    current = process;
    executor_set_line(&current->line);
    ipc_host.process = &current->ipc;
}

void machine_as(unsigned process)
{
    enter(&processes[process]);
    current->idle = false;
}

struct ipc_end *machine_end(unsigned process, unsigned i)
{
    return &processes[process].ipc.ends[i];
}

void machine_reset(void)
{
    memset(processes, 0, sizeof processes);
    memset(&counters, 0, sizeof counters);
    memset(channels, 0, sizeof channels);
    channel_count = 0;
    rings = 0;
    refuse_rate = 0;
    on_system_call = NULL;
    last_log[0] = 0;
    if (random_state == 0)
        random_state = 1;
    for (unsigned i = 0; i < PROCESSES; i++)
        processes[i].startup =
            calloc(1, sizeof(struct startup) + CHANNELS * sizeof(struct startup_channel));
}

static void describe(unsigned process, unsigned side, unsigned depth, unsigned region_bytes,
                     unsigned ceiling)
{
    struct startup *startup = processes[process].startup;
    struct startup_channel *c = &startup->channels[startup->channel_count++];

    snprintf(c->name, sizeof c->name, "channel-%u", channel_count);
    snprintf(c->peer, sizeof c->peer, "peer");
    snprintf(c->protocol, sizeof c->protocol, "test");
    c->base = (uintptr_t)channels[channel_count].memory;
    c->region = (uintptr_t)channels[channel_count].region;
    c->region_bytes = region_bytes;
    c->depth = depth;
    c->side = side;
    c->endpoint = channel_count * 2 + !side;
    c->slot = channel_count;
    c->ceiling = ceiling;
}

void machine_channel(unsigned client, unsigned server, unsigned depth, unsigned region_bytes,
                     unsigned ceiling)
{
    channels[channel_count].client = client;
    channels[channel_count].server = server;
    channels[channel_count].memory = aligned_alloc(64, ipc_channel_bytes(depth));
    memset(channels[channel_count].memory, 0, ipc_channel_bytes(depth));
    channels[channel_count].region = calloc(1, region_bytes + 1);
    describe(client, 0, depth, region_bytes, 0);
    describe(server, 1, depth, region_bytes, ceiling);
    channel_count++;
}

void machine_start(void)
{
    ipc_host = (struct ipc_host){NULL, sys_yield, ring, sys_doorbell_yield, sys_deliver};
    for (unsigned i = 0; i < PROCESSES; i++) {
        struct process *process = &processes[i];

        machine_as(i);
        executor_init(&process->executor, &process->line, process->rows, COROUTINES);
        process->line.slots = (uintptr_t)process->slots;
        process->executor.wake_words = process->wake_words;
        process->executor.wake_slot_count = CHANNELS;
        process->executor.waiting = true;
        process->pending = PRIORITY_NONE;
        process->event = EVENT_WAKE;
        if (ipc_open(&process->ipc, &process->executor, process->startup) != E_OK)
            abort();
    }
}

static struct process *best_process(void)
{
    struct process *best = NULL;

    for (unsigned i = 0; i < PROCESSES; i++) {
        struct process *process = &processes[i];
        bool runnable = !process->idle && !process->dead && !process->stopped &&
                        (best_of(process) < PRIORITY_NONE || process->line.wakes);

        if (runnable && (best == NULL || best_of(process) < best_of(best)))
            best = process;
    }
    return best;
}

void machine_run(void)
{
    struct process *next;
    uint64_t event;

    (void)setjmp(kernel); /* system calls that do not return come back here */
    while ((next = best_process()) != NULL) {
        enter(next);
        next->entries++;
        event = next->event;
        next->event = EVENT_WAKE;
        executor_enter(event, next->word, next->header);
        /* No coroutine is left. */
        next->event = EVENT_WAKE;
        next->pending = PRIORITY_NONE;
        next->idle = true;
        next->line.wakes = 0;
    }
}

void machine_leave(void)
{
    longjmp(kernel, 1);
}

unsigned machine_current(void)
{
    return (unsigned)(current - processes);
}

void machine_stop(void)
{
    for (unsigned i = 0; i < PROCESSES; i++) {
        ipc_close(&processes[i].ipc);
        free(processes[i].startup);
    }
    for (unsigned i = 0; i < channel_count; i++) {
        free(channels[i].memory);
        free(channels[i].region);
    }
}
