/* SPDX-License-Identifier: BSD-2-Clause */
#include "profile.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 256u

static void *sure(void *memory)
{
    if (!memory) {
        fputs("plugin: out of memory\n", stderr);
        abort();
    }
    return memory;
}

/* Room for one more. */
static void *grow(void *memory, uint64_t count, uint64_t *room, size_t bytes)
{
    if (count < *room)
        return memory;
    *room = *room ? 2 * *room : FIRST_ROOM;
    return sure(realloc(memory, *room * bytes));
}

void profile_init(struct profile *profile)
{
    memset(profile, 0, sizeof *profile);
    profile->thing_room = FIRST_ROOM;
    profile->things = sure(calloc(FIRST_ROOM, sizeof profile->things[0]));
    profile->together = 1;
}

static void free_run(struct profile_run *run)
{
    free(run->windows);
    free(run->things);
}

void profile_free(struct profile *profile)
{
    for (uint64_t i = 0; i < profile->thing_room; i++)
        free(profile->things[i]);
    free(profile->things);
    free(profile->touched);
    free_run(&profile->running);
    free_run(&profile->stopped);
    free_run(&profile->total);
}

/* ---------------------------------------------------------------- pages and lines */

static uint64_t hash(const struct profile_thing *thing)
{
    uint64_t h = thing->address * 0x9e3779b97f4a7c15ull;

    h ^= (thing->space + thing->line * 8 + thing->kind) * 0xbf58476d1ce4e5b9ull;
    h ^= h >> 31;
    return h * 0x94d049bb133111ebull >> 17;
}

static bool same(const struct profile_thing *a, const struct profile_thing *b)
{
    return a->line == b->line && a->kind == b->kind && a->address == b->address &&
           a->space == b->space && a->level == b->level;
}

static struct profile_thing **slot(struct profile *profile, const struct profile_thing *thing)
{
    uint64_t at = hash(thing);

    for (;; at++) {
        struct profile_thing **place = &profile->things[at & (profile->thing_room - 1)];

        if (!*place || same(*place, thing))
            return place;
    }
}

static void rehash(struct profile *profile)
{
    struct profile_thing **old = profile->things;
    uint64_t room = profile->thing_room;

    profile->thing_room = 2 * room;
    profile->things = sure(calloc(profile->thing_room, sizeof old[0]));
    for (uint64_t i = 0; i < room; i++) {
        if (old[i])
            *slot(profile, old[i]) = old[i];
    }
    free(old);
}

static struct profile_thing *find(struct profile *profile, const struct profile_thing *like)
{
    struct profile_thing **place = slot(profile, like);

    if (!*place) {
        if (2 * ++profile->thing_count > profile->thing_room) {
            rehash(profile);
            place = slot(profile, like);
        }
        *place = sure(malloc(sizeof **place));
        **place = *like;
    }
    return *place;
}

static void count(struct profile *profile, const struct profile_thing *thing)
{
    if (thing->kind == PROFILE_TABLE)
        profile->now.tables++;
    else if (thing->line)
        profile->now.lines++;
    else
        profile->now.pages++;
}

static void count_stage(struct profile *profile, const struct profile_thing *thing)
{
    struct profile_stage *stage = &profile->running.stage[profile->stage];

    if (thing->kind == PROFILE_TABLE)
        return;
    if (thing->line)
        stage->lines++;
    else
        stage->pages++;
}

static void touch(struct profile *profile, const struct profile_thing *like, bool missed)
{
    struct profile_thing *thing = find(profile, like);

    if (thing->row != profile->row) {
        thing->row = profile->row;
        thing->misses = 0;
    }
    thing->misses += missed;
    if (thing->window != profile->window) {
        thing->window = profile->window;
        thing->virtual = like->virtual;
        thing->pc = like->pc;
        thing->stages = 0;
        profile->touched = grow(profile->touched, profile->touched_count, &profile->touched_room,
                                sizeof profile->touched[0]);
        profile->touched[profile->touched_count++] = thing;
        count(profile, thing);
    }
    if (!(thing->stages >> profile->stage & 1)) {
        thing->stages |= 1ull << profile->stage;
        count_stage(profile, thing);
    }
}

static void touch_page(struct profile *profile, struct profile_thing thing,
                       const struct rocket_touch *how)
{
    uint64_t mask = (4096ull << 9 * how->level) - 1;

    thing.level = how->level;
    thing.space = how->global ? 0 : thing.space;
    thing.address = thing.virtual & ~mask;
    touch(profile, &thing, how->tlb_miss);
}

static void touch_line(struct profile *profile, struct profile_thing thing, uint64_t physical,
                       bool missed)
{
    thing.line = true;
    thing.space = 0;
    thing.address = physical & ~(uint64_t)(ROCKET_LINE - 1);
    touch(profile, &thing, missed);
}

void profile_touch(struct profile *profile, bool fetch, uint64_t space, uint64_t address,
                   uint64_t pc, const struct rocket_touch *how)
{
    struct profile_thing thing = {
        .kind = fetch ? PROFILE_FETCH : PROFILE_DATA, .space = space, .virtual = address, .pc = pc};

    if (!profile->in_sample)
        return;
    if (how->level < ROCKET_LEVELS)
        touch_page(profile, thing, how);
    touch_line(profile, thing, how->physical, how->l1_miss);
    thing.kind = PROFILE_TABLE;
    for (unsigned i = 0; i < how->tables; i++) {
        thing.level = (uint8_t)(how->level + how->tables - 1 - i);
        touch_line(profile, thing, how->table[i], how->table_miss[i]);
    }
}

/* ---------------------------------------------------------------- windows */

static void open_window(struct profile *profile)
{
    profile->window++;
    profile->now = (struct profile_window){0, 0, 0};
    profile->touched_count = profile->in_window = 0;
}

static void add_window(struct profile_run *run, struct profile_window window)
{
    run->windows = grow(run->windows, run->window_count, &run->window_room, sizeof window);
    run->windows[run->window_count++] = window;
}

static void close_window(struct profile *profile)
{
    struct profile_run *run = &profile->running;

    add_window(run, profile->now);
    run->thing_count = 0;
    for (uint64_t i = 0; i < profile->touched_count; i++) {
        run->things = grow(run->things, i, &run->thing_room, sizeof run->things[0]);
        run->things[run->thing_count++] = *profile->touched[i];
    }
}

void profile_operation(struct profile *profile)
{
    if (!profile->in_sample)
        return;
    if (profile->running.operations == 0)
        open_window(profile); /* what was before the first one is a start */
    if (profile->in_window == profile->together) {
        close_window(profile);
        open_window(profile);
    }
    profile->in_window++;
    profile->running.operations++;
}

/* ---------------------------------------------------------------- stages and samples */

static struct profile_stage *charged(struct profile *profile)
{
    return profile->in_sample ? &profile->running.stage[profile->stage] : &profile->idle;
}

uint64_t *profile_enter(struct profile *profile, unsigned stage)
{
    profile->stage = stage;
    return charged(profile)->cycles;
}

void profile_instruction(struct profile *profile)
{
    charged(profile)->instructions++;
}

static void clear_run(struct profile_run *run)
{
    memset(run->stage, 0, sizeof run->stage);
    run->operations = run->window_count = run->thing_count = 0;
}

uint64_t *profile_start(struct profile *profile)
{
    clear_run(&profile->running);
    profile->in_sample = true;
    open_window(profile);
    return charged(profile)->cycles;
}

uint64_t *profile_stop(struct profile *profile)
{
    struct profile_run run = profile->running;

    if (profile->in_sample) {
        if (run.window_count == 0)
            close_window(profile);
        run = profile->running;
        profile->running = profile->stopped;
        profile->stopped = run;
        profile->complete = true;
    }
    profile->in_sample = false;
    return charged(profile)->cycles;
}

static uint64_t all_cycles(const struct profile_stage *stage)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < ROCKET_COSTS; i++)
        sum += stage->cycles[i];
    return sum;
}

static void add(struct profile_stage *to, const struct profile_stage *from)
{
    to->instructions += from->instructions;
    to->pages += from->pages;
    to->lines += from->lines;
    for (unsigned i = 0; i < ROCKET_COSTS; i++)
        to->cycles[i] += from->cycles[i];
}

static void keep_things(struct profile_run *to, struct profile_run *from)
{
    struct profile_run old = *to;

    to->things = from->things;
    to->thing_count = from->thing_count;
    to->thing_room = from->thing_room;
    from->things = old.things;
    from->thing_count = 0;
    from->thing_room = old.thing_room;
}

void profile_sample(struct profile *profile)
{
    struct profile_run *run = &profile->stopped;
    unsigned sample = profile->samples;

    if (!profile->complete || sample == PROFILE_SAMPLES)
        return;
    profile->complete = false;
    profile->instructions[sample] = profile->cycles[sample] = 0;
    for (unsigned i = 0; i < PROFILE_STAGES; i++) {
        profile->instructions[sample] += run->stage[i].instructions;
        profile->cycles[sample] += all_cycles(&run->stage[i]);
        add(&profile->total.stage[i], &run->stage[i]);
    }
    profile->samples++;
    profile->total.operations += run->operations ? run->operations : 1;
    for (uint64_t i = 0; i < run->window_count; i++)
        add_window(&profile->total, run->windows[i]);
    keep_things(&profile->total, run);
}

void profile_forget(struct profile *profile)
{
    clear_run(&profile->total);
    profile->samples = 0;
    profile->complete = false;
    profile->row++;
}

/* ---------------------------------------------------------------- the result */

static void write_thing(const struct profile_thing *thing, FILE *out)
{
    fprintf(out,
            "%s %u %" PRIx64 " %" PRIx64 " %u %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIu64 "\n",
            thing->line ? "line" : "page", thing->kind, thing->space, thing->address, thing->level,
            thing->virtual, thing->pc, thing->stages, thing->misses);
}

static void write_stage(unsigned number, const struct profile_stage *stage, FILE *out)
{
    fprintf(out, "stage %u %" PRIu64 " %" PRIu64 " %" PRIu64, number, stage->instructions,
            stage->pages, stage->lines);
    for (unsigned i = 0; i < ROCKET_COSTS; i++)
        fprintf(out, " %" PRIu64, stage->cycles[i]);
    fputc('\n', out);
}

void profile_row(struct profile *profile, unsigned together, FILE *out)
{
    const struct profile_run *row = &profile->total;

    fprintf(out, "row %" PRIu64 " %u\n", row->operations, profile->together);
    for (unsigned i = 0; i < profile->samples; i++)
        fprintf(out, "sample %" PRIu64 " %" PRIu64 "\n", profile->instructions[i],
                profile->cycles[i]);
    for (uint64_t i = 0; i < row->window_count; i++)
        fprintf(out, "window %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", row->windows[i].pages,
                row->windows[i].lines, row->windows[i].tables);
    for (unsigned i = 0; i < PROFILE_STAGES; i++) {
        if (row->stage[i].instructions)
            write_stage(i, &row->stage[i], out);
    }
    for (uint64_t i = 0; i < row->thing_count; i++)
        write_thing(&row->things[i], out);
    profile_forget(profile);
    profile->together = together;
}
