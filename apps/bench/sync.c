/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of several address spaces: synchronous calls, the baseline of the asynchronous ones, and
 * yields. All of them run this program; the argument "yield" and the ends of the channels say which
 * is which. They are better than `bench`, so they are done before that begins.
 */
#include <string.h>
#include <program/process.h>
#include <sys/log.h>
#include <sys/program.h>
#include <sys/syscall.h>
#include "arch/riscv64/mark.h"
#include "fault.h"
#include "table.h"

#define SAMPLES 9
#define CALLS   (table_is_long() ? 1000u : 50u) /* in each sample */
#define PAIRS   20                              /* of yields, in each sample */
#define NEXT    (1ull << 63)                    /* in word 5: the next row's calls follow */

static const struct startup_channel *channel(const char *protocol)
{
    const struct startup *s = startup();

    for (uint32_t i = 0; i < s->channel_count; i++) {
        if (strcmp(s->channels[i].protocol, protocol) == 0)
            return &s->channels[i];
    }
    die("no channel of protocol %s in the system file", protocol);
}

static __attribute__((noreturn)) void sleep_for_ever(void)
{
    for (;;)
        sys_thread_wait(0); /* nobody wakes it */
}

/* ---------------------------------------------------------------- calls */

/* So many words out and back, all written and read at both ends. Inlined with a constant, so that
 * words that are not wanted cost what clearing a register costs. Value: what the words add up to.
 */
static inline __attribute__((always_inline)) uint64_t call(uint32_t rendezvous, uint64_t i,
                                                           unsigned words, long *error)
{
    struct sys_rendezvous m = {{0}, 0};
    uint64_t sum = 0;

#pragma GCC unroll 10
    for (unsigned k = 0; k < words; k++)
        m.word[k] = i + k;
    *error |= sys_call(rendezvous, &m);
#pragma GCC unroll 10
    for (unsigned k = 0; k < words; k++)
        sum += m.word[k];
    return sum;
}

static inline __attribute__((always_inline)) void calls(const char *row, uint32_t rendezvous,
                                                        unsigned words)
{
    uint64_t count = CALLS, sum = 0, expected = 0;
    long error = E_OK;

    for (unsigned sample = 0; sample < SAMPLES; sample++) {
        struct stamp start = stamp_start();

        for (uint64_t i = 0; i < count; i++) {
            MARK("operation");
            sum += call(rendezvous, i, words, &error);
        }
        table_add(start, stamp_stop());
        for (uint64_t i = 0; i < count; i++)
            expected += words * i + words * (words + 1) / 2;
    }
    if (error || sum != expected)
        die("%s: wrong answers", row);
    table_report(row, count);
}

/* Answer calls of so many words until one says `NEXT`. */
static inline __attribute__((always_inline)) void serve(uint32_t rendezvous, uint32_t reply,
                                                        struct sys_rendezvous *m, unsigned words)
{
    do {
#pragma GCC unroll 10
        for (unsigned i = 0; i < words; i++)
            m->word[i]++;
        if (sys_reply_receive(rendezvous, reply, m) != E_OK)
            die("receive failed");
    } while (m->word[5] != NEXT);
}

static __attribute__((noreturn)) void server(uint32_t rendezvous, uint32_t reply)
{
    struct sys_rendezvous m;
    long error = sys_receive(rendezvous, reply, &m);

    if (error)
        die("receive: %s", error_text(error));
    serve(rendezvous, reply, &m, 0);
    serve(rendezvous, reply, &m, 4);
    serve(rendezvous, reply, &m, 6);
    serve(rendezvous, reply, &m, 10);
    sleep_for_ever();
}

static void next(uint32_t rendezvous)
{
    struct sys_rendezvous m = {{0, 0, 0, 0, 0, NEXT}, 0};

    if (sys_call(rendezvous, &m) != E_OK)
        die("the server is gone");
}

/* ---------------------------------------------------------------- yields */

/* Both ends yield to each other: each round is a switch there and one back. */
static void yield_pairs(uint32_t endpoint)
{
    for (unsigned sample = 0; sample < SAMPLES; sample++) {
        struct stamp start;

        if (sys_doorbell(endpoint, 0) != E_OK)
            die("the partner is gone");
        sys_thread_yield(); /* it wakes up, and yields for the first time */
        start = stamp_start();
        for (unsigned i = 0; i < PAIRS; i++) {
            MARK("operation");
            sys_thread_yield();
        }
        table_add(start, stamp_stop());
        sys_thread_yield(); /* and it waits again */
    }
    table_report("yield_pair", PAIRS);
}

static __attribute__((noreturn)) void yield_back(uint32_t slot)
{
    for (;;) {
        sys_thread_wait(slot);
        for (unsigned i = 0; i < PAIRS + 1; i++)
            sys_thread_yield();
    }
}

/* ---------------------------------------------------------------- the program */

static void client(uint32_t rendezvous)
{
    long error;

    table_open();
    calls("sync_call_0", rendezvous, 0);
    next(rendezvous);
    calls("sync_call_4", rendezvous, 4);
    next(rendezvous);
    calls("sync_call_6", rendezvous, 6);
    next(rendezvous);
    calls("sync_call_10", rendezvous, 10);
    yield_pairs(channel("signal")->endpoint);
    error = fault_roundtrip();
    if (error)
        die("fault_roundtrip: %s", error_text(error));
}

void process_main(uint64_t argument)
{
    const struct startup_channel *rendezvous;

    (void)argument;
    log_open(startup()->name, startup()->debug_put);
    if (strcmp(startup()->arguments, "yield") == 0)
        yield_back(channel("signal")->slot);
    rendezvous = channel("rendezvous");
    if (rendezvous->side == 1)
        server(rendezvous->endpoint, rendezvous->slot);
    client(rendezvous->endpoint);
    sleep_for_ever();
}
