/* SPDX-License-Identifier: BSD-2-Clause */
/* Client and server in two threads: the same code with real concurrency and a kernel made of a
 * lock and a condition variable for each process. A lost wake-up hangs; the alarm ends that. Also
 * under the thread sanitizer, library included. --long: 10^8 calls. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <sys/program.h>
#include "../../../libs/ipc/internal.h"

#define CALLERS 24
#define CALLS   4000

struct caller {
    struct co co;
    struct ipc_message message;
    uint64_t tag;
    unsigned left, answered, wrong;
    long last;
};

struct server {
    struct co co;
    struct ipc_message message;
    unsigned count;
    long last;
};

struct side {
    struct executor executor;
    struct executor_line line __attribute__((aligned(64)));
    uint64_t wake_words[64];
    struct co_slot rows[64];
    struct wake_slot slots[1];
    struct ipc_process ipc;
    struct startup *startup;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool idle, stop, has_message;
    uint64_t word[6];
    uint64_t header;
    unsigned doorbells, delivered;
};

static struct side sides[2]; /* client, server */
static _Thread_local struct side *self;
static _Thread_local jmp_buf kernel;
static _Thread_local uint64_t random_state;
static struct caller callers[CALLERS];
static struct server server;
static unsigned rounds = 1;
static unsigned long all_calls;

void log_line(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* Off the CPU until there is something to do; self->lock is held. Does not return. */
static void sleep_here(void)
{
    self->idle = true;
    while (!self->has_message && !self->stop &&
           !__atomic_load_n(&self->line.wakes, __ATOMIC_SEQ_CST))
        pthread_cond_wait(&self->changed, &self->lock);
    self->idle = false;
    pthread_mutex_unlock(&self->lock);
    longjmp(kernel, 1);
}

static long thread_yield(void)
{
    pthread_mutex_lock(&self->lock);
    sleep_here();
    return E_OK;
}

static long thread_doorbell(uint32_t endpoint, unsigned priority)
{
    struct side *target = &sides[endpoint];

    (void)priority;
    self->doorbells++;
    __atomic_fetch_or(&target->wake_words[0], 1, __ATOMIC_RELAXED);
    __atomic_fetch_or(&target->line.wakes, 1, __ATOMIC_RELEASE);
    pthread_mutex_lock(&target->lock);
    pthread_cond_signal(&target->changed);
    pthread_mutex_unlock(&target->lock);
    return E_OK;
}

static long thread_doorbell_yield(uint32_t endpoint, unsigned priority)
{
    thread_doorbell(endpoint, priority);
    return thread_yield();
}

static long thread_deliver(uint32_t endpoint, const uint64_t *word, uint64_t header)
{
    struct side *target = &sides[endpoint];
    bool taken;

    if (random_next() % 8 == 0)
        return E_AGAIN;
    pthread_mutex_lock(&target->lock);
    taken = target->idle && !target->has_message &&
            !__atomic_load_n(&target->line.wakes, __ATOMIC_SEQ_CST);
    if (taken) {
        memcpy(target->word, word, sizeof target->word);
        target->header = header;
        target->has_message = true;
        pthread_cond_signal(&target->changed);
    }
    pthread_mutex_unlock(&target->lock);
    if (!taken)
        return E_AGAIN;
    self->delivered++;
    return thread_yield();
}

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
        for (unsigned i = 0; i < 6; i++)
            c->wrong += c->message.word[i] != c->tag + 2 * i + 1;
        c->answered++;
        if (random_next() % 8 == 0)
            co_await(c->last, co_yield(co));
    }
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

static void set_up(struct side *side, void *memory, unsigned depth)
{
    struct startup_channel *c;

    self = side;
    side->startup = calloc(1, sizeof(struct startup) + sizeof(struct startup_channel));
    side->startup->channel_count = 1;
    c = &side->startup->channels[0];
    c->base = (uintptr_t)memory;
    c->depth = depth;
    c->side = side == &sides[1];
    c->endpoint = !c->side;
    pthread_mutex_init(&side->lock, NULL);
    pthread_cond_init(&side->changed, NULL);
    executor_set_line(&side->line);
    ipc_host = (struct ipc_host){&side->ipc, thread_yield, thread_doorbell, thread_doorbell_yield,
                                 thread_deliver};
    executor_init(&side->executor, &side->line, side->rows, 64);
    side->line.slots = (uintptr_t)side->slots;
    side->executor.wake_words = side->wake_words;
    side->executor.wake_slot_count = 1;
    side->executor.waiting = true;
    assert_int_equal(ipc_open(&side->ipc, &side->executor, side->startup), E_OK);
}

static void *run_side(void *argument)
{
    self = argument;
    random_state = (uintptr_t)self->startup->flags | 1;
    executor_set_line(&self->line);
    ipc_host = (struct ipc_host){&self->ipc, thread_yield, thread_doorbell, thread_doorbell_yield,
                                 thread_deliver};
    (void)setjmp(kernel);
    if (self->stop)
        return NULL;
    if (self->has_message) {
        self->has_message = false;
        executor_enter(EVENT_MESSAGE, self->word, self->header);
    } else {
        executor_enter(EVENT_WAKE, self->word, 0);
    }
    return NULL; /* no coroutine is left */
}

static void run_round(unsigned depth, unsigned count, unsigned calls, unsigned seed)
{
    void *memory = aligned_alloc(64, ipc_channel_bytes(depth));
    pthread_t threads[2];

    memset(memory, 0, ipc_channel_bytes(depth));
    memset(sides, 0, sizeof sides);
    set_up(&sides[1], memory, depth);
    server = (struct server){.count = 0};
    co_spawn(&server.co, server_body, 10, NULL);
    set_up(&sides[0], memory, depth);
    for (unsigned i = 0; i < count; i++) {
        callers[i] = (struct caller){.left = calls, .tag = i * 1000000ull};
        co_spawn(&callers[i].co, caller_body, 10, NULL);
    }
    sides[0].startup->flags = seed;
    sides[1].startup->flags = seed * 31;
    for (unsigned i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, run_side, &sides[i]);
    pthread_join(threads[0], NULL);
    pthread_mutex_lock(&sides[1].lock);
    sides[1].stop = true;
    pthread_cond_signal(&sides[1].changed);
    pthread_mutex_unlock(&sides[1].lock);
    pthread_join(threads[1], NULL);
    assert_int_equal(server.count, count * calls);
    all_calls += server.count;
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(callers[i].answered, calls);
        assert_int_equal(callers[i].wrong, 0);
    }
    print_message("depth %u, %u callers: %u doorbells, %u in registers for %u calls\n", depth,
                  count, sides[0].doorbells + sides[1].doorbells,
                  sides[0].delivered + sides[1].delivered, count * calls);
    for (unsigned i = 0; i < 2; i++) {
        ipc_close(&sides[i].ipc);
        free(sides[i].startup);
    }
    free(memory);
}

static void test_two_threads(void **state)
{
    unsigned seed = getenv("HEDDLE_SEED") ? (unsigned)strtoul(getenv("HEDDLE_SEED"), NULL, 0)
                                          : (unsigned)time(NULL);

    (void)state;
    print_message("HEDDLE_SEED=%u\n", seed);
    for (unsigned i = 0; i < rounds; i++) {
        alarm(300);
        run_round(4, 1, CALLS, seed);
        run_round(4, 2, CALLS, seed + 1);
        run_round(4, CALLERS, CALLS, seed + 2);
        run_round(8, 5, CALLS, seed + 3);
        run_round(32, CALLERS, (i == 0 ? 6 : 40) * CALLS, seed + 4); /* most are in batches */
        seed += 5;
    }
    alarm(0);
    print_message("%lu calls\n", all_calls);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_threads),
    };

    if ((argc == 2 && strcmp(argv[1], "--long") == 0) || getenv("HEDDLE_LONG"))
        rounds = 27; /* more than 10^8 calls */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
