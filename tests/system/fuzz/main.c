/* SPDX-License-Identifier: BSD-2-Clause */
/* The fuzzer's main loop: worlds, progress, and the walk of the kernel's invariants.
 *
 * Boot arguments: seed=N (1 if there is none) and calls=N. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fdt/fdt.h>
#include <program/process.h>
#include <sys/log.h>
#include "fuzz.h"

#define CALLS_NORMAL    100000
#define WALK_EVERY      1000    /* calls, about */
#define WORLD_CALLS_MAX 30000   /* of one world */
#define WORLD_CAPS_MAX  6000    /* more take too long to walk */
#define QUIET_MAX       8       /* turns in which hardly a call succeeded: all is dead or blocked */
#define SPOILED         1000000 /* more calls than a turn can have */
#define QUIET_SHARE     16
#define REPORT_EVERY    500000
#define SELF_PRIORITY   2

static uint64_t seed = 1, wanted = CALLS_NORMAL;
static uint64_t calls, walks, worlds, digest, turn_ticks;
static uint64_t unwalked, unwalked_most; /* calls since the last walk */
static uint64_t made[256], good[256];

/* ---------------------------------------------------------------- words to the host */

static void put(const char *text)
{
    for (size_t bytes = strlen(text), n; bytes > 0; text += n, bytes -= n) {
        uint64_t word[6] = {0};

        n = bytes < DEBUG_PUT_BYTES ? bytes : DEBUG_PUT_BYTES;
        memcpy(word, text, n);
        sys_debug_put(ROOT_DEBUG_PUT, n, word);
    }
}

#define SAY(...)                                                                                   \
    do {                                                                                           \
        char say_text_[300];                                                                       \
        snprintf(say_text_, sizeof say_text_, __VA_ARGS__);                                        \
        put(say_text_);                                                                            \
    } while (0)

static void __attribute__((noreturn)) power_off(void)
{
    sys_power(ROOT_POWER, POWER_OFF);
    for (;;)
        trap_arch();
}

static void __attribute__((noreturn)) fail(const char *what)
{
    SAY("fuzz: failed: %s; after %lu calls, seed=%lu\r\n", what, (unsigned long)calls,
        (unsigned long)seed);
    power_off();
}

void case_fail(const char *file, int line, const char *what, uint64_t got, uint64_t wanted_value)
{
    SAY("fuzz: %s:%d: %s is %ld, not %ld\r\n", file, line, what, (long)got, (long)wanted_value);
    fail("the fuzzer's own call went wrong");
}

/* ---------------------------------------------------------------- boot arguments */

static uint64_t number_of(const char *arguments, const char *name, uint64_t otherwise)
{
    const char *at = strstr(arguments, name);

    return at ? strtoull(at + strlen(name), NULL, 0) : otherwise;
}

static void read_arguments(void)
{
    static char arguments[256];
    struct fdt fdt;
    struct fdt_node node;
    const char *text;
    uint32_t bytes = 0;

    if (fdt_open(&fdt, (const void *)ROOT_FDT_BASE, 2 << 20) != 0)
        fail("no device tree");
    if (!fdt_find(&fdt, "/chosen", &node))
        return;
    text = fdt_prop(&fdt, &node, "bootargs", &bytes);
    if (!text)
        return;
    memcpy(arguments, text, bytes < sizeof arguments ? bytes : sizeof arguments - 1);
    seed = number_of(arguments, "seed=", seed);
    wanted = number_of(arguments, "calls=", wanted);
}

/* ---------------------------------------------------------------- the loop */

/* Value: the capabilities there are. */
static long walk(void)
{
    long result = syscall_arch_short(SYS_CHECK, 0);

    if (result == E_BAD_SYSCALL)
        fail("this kernel cannot check itself: boot test-fuzz.img");
    if (result < 0)
        fail("an invariant of the kernel is broken");
    walks++;
    if (unwalked > unwalked_most)
        unwalked_most = unwalked;
    unwalked = 0;
    return result;
}

static void look_for_broken(void)
{
    for (unsigned i = 0; i < ACTORS; i++) {
        const struct actor *actor = &FUZZ_SHARED->actors[i];
        const struct fuzz_call *call = fuzz_call(actor->broke[0] & 0xff);

        if (!__atomic_load_n(&actor->broken, __ATOMIC_ACQUIRE))
            continue;
        SAY("fuzz: %s (0x%lx) came back with 0x%lx\r\n", call ? call->name : "an unknown call",
            (unsigned long)actor->broke[0], (unsigned long)actor->broke[1]);
        fail(actor->broken == BROKEN_REGISTERS ? "a register is neither preserved nor zero"
                                               : "an error left results");
    }
}

static uint64_t sum(const uint64_t *counters)
{
    uint64_t total = 0;

    for (unsigned i = 0; i < 256; i++)
        total += __atomic_load_n(&counters[i], __ATOMIC_RELAXED);
    return total;
}

/* A turn lasts as long as half of the calls after which a walk is due take, about. */
static void adapt(uint64_t done)
{
    uint64_t least = ticks_ms(1) / 100, most = ticks_ms(1);

    if (done > WALK_EVERY / 2)
        turn_ticks = turn_ticks * 7 / 8;
    else
        turn_ticks += turn_ticks / 8 + 1;
    if (turn_ticks < least)
        turn_ticks = least;
    if (turn_ticks > most)
        turn_ticks = most;
}

/* Value: false if the actors have overwritten the counters, as they may where they change each
 * other's registers. */
static bool world_run(uint64_t *random)
{
    uint64_t before = 0, good_before = 0, most = 2000 + random_below(random, WORLD_CALLS_MAX);
    unsigned quiet = 0;

    while (before < most && calls + before < wanted && quiet < QUIET_MAX) {
        uint64_t now, good_now;

        world_stir(random);
        suite_sleep(turn_ticks);
        now = sum(FUZZ_SHARED->made);
        good_now = sum(FUZZ_SHARED->good);
        if (now < before || now - before > SPOILED)
            return false;
        if (world_is_calm())
            look_for_broken();
        quiet = good_now - good_before <= (now - before) / QUIET_SHARE ? quiet + 1 : 0;
        good_before = good_now;
        unwalked += now - before;
        adapt(now - before);
        before = now;
        if (unwalked >= WALK_EVERY / 2 && walk() > WORLD_CAPS_MAX)
            break;
    }
    return sum(FUZZ_SHARED->made) - before < SPOILED;
}

/* Add up what the world's actors did. */
static void world_count(void)
{
    calls += sum(FUZZ_SHARED->made);
    for (unsigned i = 0; i < 256; i++) {
        made[i] += FUZZ_SHARED->made[i];
        good[i] += FUZZ_SHARED->good[i];
    }
    for (unsigned i = 0; i < ACTORS; i++)
        digest = (digest ^ FUZZ_SHARED->actors[i].digest) * 0x100000001b3ull;
    worlds++;
}

static void progress(const char *what)
{
    SAY("fuzz: %s: %lu calls, %lu walks, %lu worlds, digest %016lx\r\n", what, (unsigned long)calls,
        (unsigned long)walks, (unsigned long)worlds, (unsigned long)digest);
}

static void summary(void)
{
    for (unsigned i = 0; i < SYS_COUNT; i++)
        SAY("fuzz: call %s: %lu, of which %lu succeeded\r\n", fuzz_call(i)->name,
            (unsigned long)made[i], (unsigned long)good[i]);
    SAY("fuzz: at most %lu calls between two walks\r\n", (unsigned long)unwalked_most);
    progress("done");
}

static void worlds_run(void)
{
    uint64_t random = seed * 0x9e3779b97f4a7c15ull | 1, reported = 0;
    long caps = walk();
    bool intact;

    while (calls < wanted) {
        memset(FUZZ_SHARED, 0, sizeof *FUZZ_SHARED);
        world_make(&random);
        intact = world_run(&random);
        walk();
        world_end();
        if (intact)
            world_count();
        if (walk() != caps)
            fail("capabilities were left when a world had been destroyed");
        if (calls - reported >= REPORT_EVERY) {
            progress("so far");
            reported = calls;
        }
    }
}

void process_main(uint64_t argument)
{
    (void)argument;
    log_open("fuzz", ROOT_DEBUG_PUT);
    read_arguments();
    SAY("fuzz: seed=%lu calls=%lu\r\n", (unsigned long)seed, (unsigned long)wanted);
    objects_open();
    memory_open();
    self_open();
    world_open();
    objects_begin();
    self_reset();
    suite_priority(SELF_PRIORITY);
    turn_ticks = ticks_ms(1) / 10;
    worlds_run();
    summary();
    power_off();
}
