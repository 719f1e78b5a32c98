/* SPDX-License-Identifier: BSD-2-Clause */
/* Worlds: processes, threads and objects for the actors, all made of the arena.
 *
 * Each process has a CNode of its own with a region for each type (a leaf), reached directly or
 * through a CNode above it with guards. The fuzzer makes some objects of each type (masters), and
 * puts copies of them into every leaf; some masters are moved there, so that an actor can delete
 * the last capability of a running process. */
#include <sys/log.h>
#include <sys/program.h>
#include "fuzz.h"
#include <entries.h>

#define PROCESSES_MAX  6
#define THREADS_MAX    4 /* of one process */
#define MASTERS        REGION
#define BEST_CEILING   5 /* the fuzzer itself is better than any actor */
#define RTC_PADDR      0x101000
#define RTC_LINE       11
#define RTC_WINDOW     (WINDOW + (1ull << 30))
#define RTC_ALARM_LOW  8
#define RTC_ALARM_HIGH 12
#define RTC_ENABLED    16
#define RTC_CLEAR      28

struct place {
    uint32_t process;
    uint32_t leaf; /* CNode with the regions */
    uint32_t bases[BASES];
};

static uint32_t masters[OBJECT_COUNT][MASTERS];
static unsigned master_count[OBJECT_COUNT];
static struct place places[PROCESSES_MAX];
static unsigned place_count, actor_count;
static uint32_t starting[PROCESSES_MAX * THREADS_MAX]; /* threads */
static unsigned starting_count;
static bool calm; /* see struct actor */
static uint32_t shared_frames, supervisor;
static bool rtc_mapped;

/* ---------------------------------------------------------------- what outlives worlds */

/* Frames from the start of the device memory up to the clock's registers. */
static void open_rtc(void)
{
    uint64_t base;
    uint32_t untyped = device_untyped(RTC_PADDR, &base);
    uint32_t count = (uint32_t)((RTC_PADDR - base) / 4096) + 1, first;

    if (!untyped || count > RETYPE_COUNT_MAX)
        return;
    first = slots_take(count);
    CHECK_OK(sys_untyped_retype(untyped, OBJECT_FRAME, 12, ROOT_CNODE, first, count));
    while (sys_frame_map(first + count - 1, ROOT_PROCESS, RTC_WINDOW, READ | WRITE) == E_NO_TABLE)
        CHECK_OK(
            sys_page_table_map(make_from(lasting, OBJECT_PAGE_TABLE, 0), ROOT_PROCESS, RTC_WINDOW));
    rtc_mapped = true;
}

void world_open(void)
{
    shared_frames = slots_take(FUZZ_SHARED_PAGES);
    CHECK_OK(sys_untyped_retype(lasting, OBJECT_FRAME, 12, ROOT_CNODE, shared_frames,
                                FUZZ_SHARED_PAGES));
    for (unsigned i = 0; i < FUZZ_SHARED_PAGES; i++)
        CHECK_OK(sys_frame_map(shared_frames + i, ROOT_PROCESS, (uint64_t)FUZZ_SHARED + 4096 * i,
                               READ | WRITE));
    open_rtc();
}

/* ---------------------------------------------------------------- processes */

/* Put a capability to the CNode `leaf` into slot i of the CNode above; value: the address of its
 * slot 0 in a space whose root is `top` with these guard bits. */
static uint32_t hang(uint64_t *random, uint32_t top, uint32_t leaf, uint32_t slot, unsigned guard,
                     unsigned guard_bits)
{
    unsigned rest = 32 - guard_bits - 2 - SPACE_BITS;
    uint32_t below_guard = rest ? random_below(random, 1u << rest) : 0;

    CHECK_OK(sys_cnode_mint(top, slot, ROOT_CNODE, leaf, ALL, (uint64_t)below_guard << 6 | rest));
    return (guard_bits ? guard << (32 - guard_bits) : 0) | slot << (30 - guard_bits) |
           below_guard << SPACE_BITS;
}

/* A capability space of one or two levels. */
static void space_make(uint64_t *random, struct place *place, unsigned ceiling)
{
    unsigned guard_bits = random_below(random, 9);
    uint32_t guard = guard_bits ? random_below(random, 1u << guard_bits) : 0, top;

    if (random_below(random, 2)) {
        CHECK_OK(sys_process_configure(place->process, place->leaf, 32 - SPACE_BITS, ceiling,
                                       supervisor));
        return;
    }
    top = make(OBJECT_CNODE, 2);
    for (unsigned i = 0; i < BASES; i++) {
        const struct place *of = i ? &places[random_below(random, place_count + 1)] : place;

        place->bases[i] = hang(random, top, of->leaf, i + 1, guard, guard_bits);
    }
    CHECK_OK(sys_process_configure(place->process, top, (uint64_t)guard << 6 | guard_bits, ceiling,
                                   supervisor));
}

static void process_make(uint64_t *random, struct place *place, unsigned ceiling, unsigned stacks)
{
    uint32_t frames;

    *place =
        (struct place){.process = make(OBJECT_PROCESS, 0), .leaf = make(OBJECT_CNODE, SPACE_BITS)};
    map_image(place->process);
    for (unsigned i = 0; i < FUZZ_SHARED_PAGES; i++)
        map(copy(shared_frames + i, READ | WRITE), place->process, (uint64_t)FUZZ_SHARED + 4096 * i,
            READ | WRITE);
    frames = make_many(OBJECT_FRAME, 12, stacks);
    for (unsigned i = 0; i < stacks; i++)
        map(frames + i, place->process, STACKS + 4096 * i, READ | WRITE);
    map_tables(place->process, WINDOW);
    CHECK_OK(sys_process_map_executor(place->process, EXECUTOR_BASE));
    space_make(random, place, ceiling);
    /* Which harts there are is the kernel's to know. */
    if (random_below(random, 2))
        (void)!sys_process_harts(place->process, 1 + random_below(random, 255));
}

static unsigned actor_make(uint64_t *random, const struct place *place, bool is_thread)
{
    struct actor *actor = &FUZZ_SHARED->actors[actor_count];

    *actor = (struct actor){.random = random_next(random) | 1,
                            .index = (uint8_t)actor_count,
                            .is_thread = is_thread,
                            .wild = random_below(random, 2),
                            .calm = calm};
    for (unsigned i = 0; i < BASES; i++)
        actor->bases[i] = place->bases[i];
    return actor_count++;
}

/* ---------------------------------------------------------------- objects */

static void add_master(unsigned type, uint32_t cptr)
{
    if (master_count[type] < MASTERS)
        masters[type][master_count[type]++] = cptr;
}

static uint32_t some_process(uint64_t *random)
{
    return places[random_below(random, place_count)].process;
}

/* Bound to a process, most of them. */
static void bound_make(uint64_t *random, unsigned type, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint32_t object = make(type, 0);

        if (random_below(random, 8))
            CHECK_OK(sys_process_bind(some_process(random), object,
                                      random_below(random, WAKE_RANGE),
                                      random_below(random, PRIORITY_COUNT)));
        add_master(type, object);
    }
}

static void objects_make(uint64_t *random)
{
    for (unsigned i = 0; i < place_count; i++) {
        add_master(OBJECT_PROCESS, places[i].process);
        add_master(OBJECT_CNODE, places[i].leaf);
    }
    bound_make(random, OBJECT_ENDPOINT, 8);
    bound_make(random, OBJECT_TIMER, 4);
    bound_make(random, OBJECT_IRQ, 2);
    (void)!sys_irq_get(ROOT_IRQ_CONTROL, masters[OBJECT_IRQ][0], RTC_LINE);
    for (unsigned i = 0; i < 8; i++)
        add_master(OBJECT_FRAME, make(OBJECT_FRAME, 12));
    if (random_below(random, 8) == 0)
        add_master(OBJECT_FRAME, make(OBJECT_FRAME, 21));
    add_master(OBJECT_IRQ_CONTROL, ROOT_IRQ_CONTROL);
    add_master(OBJECT_TRACE, ROOT_TRACE);
    /* All others that can be made, those too that this file does not know. */
    for (unsigned type = 1; type < OBJECT_COUNT; type++) {
        for (unsigned i = 0; i < 4 && type != OBJECT_UNTYPED && type != OBJECT_PAGE_TABLE; i++) {
            uint32_t slot = slots_take(1);

            if (master_count[type] < 4 &&
                sys_untyped_retype(arena, type, 0, ROOT_CNODE, slot, 1) == E_OK)
                add_master(type, slot);
        }
    }
}

static void leaf_fill(uint64_t *random, uint32_t leaf)
{
    for (unsigned type = 1; type < OBJECT_COUNT; type++) {
        for (unsigned i = 0; i < FILLED && master_count[type]; i++) {
            uint32_t master = masters[type][random_below(random, master_count[type])];
            unsigned rights = random_below(random, 5) ? ALL : random_below(random, 16);

            CHECK_OK(sys_cnode_copy(leaf, region(type) + i, ROOT_CNODE, master, rights));
        }
    }
    /* What has one capability only. */
    CHECK_OK(sys_untyped_retype(arena, OBJECT_PAGE_TABLE, 0, leaf, region(OBJECT_PAGE_TABLE), 4));
    for (unsigned i = 0; i < 3; i++)
        CHECK_OK(sys_untyped_retype(arena, OBJECT_UNTYPED, 12 + random_below(random, 7), leaf,
                                    region(OBJECT_UNTYPED) + i, 1));
}

/* Some masters are an actor's alone. Root's own capabilities stay where they are. */
static void give_away(uint64_t *random)
{
    for (unsigned type = 1; type < OBJECT_COUNT; type++) {
        for (unsigned i = 0; i < master_count[type]; i++) {
            const struct place *to = &places[random_below(random, place_count)];

            if (masters[type][i] < ROOT_FIRST_FREE || random_below(random, 3))
                continue;
            (void)!sys_cnode_move(to->leaf, region(type) + REGION - 1 - i % 2, ROOT_CNODE,
                                  masters[type][i]);
        }
    }
}

/* ---------------------------------------------------------------- a world's life */

/* The first ones run already: they may have started, given away or deleted the others. */
static void start_process(uint64_t *random, const struct place *place)
{
    unsigned number = actor_make(random, place, false);

    (void)!sys_process_start(place->process, (uint64_t)actor_start, STACK_END(0), number,
                             random_below(random, PRIORITY_COUNT));
}

static void make_threads(uint64_t *random, const struct place *place)
{
    unsigned count = 2 + random_below(random, THREADS_MAX - 1);

    for (unsigned i = 0; i < count; i++) {
        uint32_t thread = make(OBJECT_THREAD, 0);

        CHECK_OK(sys_thread_configure(thread, place->process, (uint64_t)actor_thread, STACK_END(i),
                                      0, actor_make(random, place, true),
                                      random_below(random, PRIORITY_COUNT)));
        if (i + 1 < count || random_below(random, 2)) /* the last one may be left to the actors */
            starting[starting_count++] = thread;
        add_master(OBJECT_THREAD, thread);
    }
}

/* Nobody runs before all is made: an actor that waited for that would spin, and when one thread
 * emulates several harts a spinning one takes the others' time. */
void world_make(uint64_t *random)
{
    unsigned coroutines = 2 + random_below(random, 2), threads = 1 + random_below(random, 2);

    actor_count = place_count = starting_count = 0;
    calm = random_below(random, 2);
    for (unsigned i = 0; i < OBJECT_COUNT; i++)
        master_count[i] = 0;
    supervisor = suite_endpoint(FAULT_SLOT, 4);
    for (unsigned i = 0; i < coroutines + threads + 1; i++) {
        process_make(random, &places[i], BEST_CEILING + random_below(random, 40),
                     i < coroutines ? 1 : STACK_COUNT);
        place_count++;
    }
    /* The last one is left to the actors. */
    for (unsigned i = 0; i < threads; i++)
        make_threads(random, &places[coroutines + i]);
    objects_make(random);
    for (unsigned i = 0; i < place_count; i++)
        leaf_fill(random, places[i].leaf);
    give_away(random);
    for (unsigned i = 0; i < coroutines; i++) {
        /* Given away, it was left to the actors too. */
        if (present(places[i].process))
            start_process(random, &places[i]);
        else
            actor_make(random, &places[i], false);
    }
    /* Should an actor start another with a number of its own choice. */
    while (actor_count < ACTORS)
        actor_make(random, &places[random_below(random, place_count)], random_below(random, 2));
    for (unsigned i = 0; i < starting_count; i++)
        (void)!sys_thread_start(starting[i]);
}

bool world_is_calm(void)
{
    return calm;
}

void world_stir(uint64_t *random)
{
    for (unsigned i = 0; i < 3; i++) {
        unsigned n = random_below(random, master_count[OBJECT_ENDPOINT]);

        (void)!sys_doorbell(masters[OBJECT_ENDPOINT][n], random_below(random, PRIORITY_COUNT));
    }
    if (rtc_mapped && random_below(random, 4) == 0) {
        volatile uint32_t *rtc = (volatile uint32_t *)RTC_WINDOW;
        bool on = random_below(random, 2);

        rtc[RTC_CLEAR / 4] = 1;
        rtc[RTC_ENABLED / 4] = on;
        if (on) {
            rtc[RTC_ALARM_HIGH / 4] = 0;
            rtc[RTC_ALARM_LOW / 4] = 1; /* long ago */
        }
    }
}

void world_end(void)
{
    objects_close();
}
