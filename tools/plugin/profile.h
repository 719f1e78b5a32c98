/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rows of a benchmark touched: instructions, cycles, distinct pages and lines.
 *
 *     row:     sample sample sample ...            the last sample has been reported: profile_row
 *     sample:  start, window window ..., stop      counts if profile_sample comes afterwards
 *     window:  operation, operation ...            as many as are in flight at once
 *
 * Pages and lines are distinct within a window. A page is told by its address space (global ones
 * are in all of them: space 0), address, size, and whether it was fetched from or data; a line by
 * its physical address and which L1 it went to. The operations of a row share one window if they
 * are in flight together, so that what they share counts once. A window ends where the next begins;
 * what is left at the stop is one only if there was no other. Everything is split by stages as
 * well: whoever runs says which stage it is in.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "rocket.h"

#define PROFILE_STAGES  64u
#define PROFILE_SAMPLES 128u

enum profile_kind { PROFILE_FETCH, PROFILE_DATA, PROFILE_TABLE, PROFILE_KINDS };

struct profile_stage {
    uint64_t instructions;
    uint64_t cycles[ROCKET_COSTS];
    uint64_t pages, lines; /* summed over windows */
};

/* A page or a line that was touched. */
struct profile_thing {
    bool line;
    uint8_t kind;  /* enum profile_kind */
    uint8_t level; /* of the page; of a table's line: of the pages that its entries stand for */
    uint64_t space;
    uint64_t address;     /* page: virtual; line: physical */
    uint64_t virtual;     /* at the window's first touch */
    uint64_t pc;          /* of that */
    uint64_t window;      /* the last one that touched it */
    uint64_t stages;      /* bits: those that touched it then */
    uint64_t row, misses; /* so many in that row's samples */
};

struct profile_window {
    uint32_t pages, lines, tables;
};

/* A sample, or all of a row. */
struct profile_run {
    struct profile_stage stage[PROFILE_STAGES];
    uint64_t operations;
    struct profile_window *windows;
    uint64_t window_count, window_room;
    struct profile_thing *things; /* copies: what the last window touched */
    uint64_t thing_count, thing_room;
};

struct profile {
    unsigned stage;
    bool in_sample, complete; /* complete: `stopped` has not counted yet */
    uint64_t row;
    unsigned together; /* operations of a window */
    struct profile_stage idle;
    struct profile_run running, stopped, total;
    uint64_t in_window;
    uint64_t window; /* number of the present one; never reused */
    struct profile_window now;
    unsigned samples;
    uint64_t instructions[PROFILE_SAMPLES], cycles[PROFILE_SAMPLES];
    struct profile_thing **things; /* by hash */
    uint64_t thing_count, thing_room;
    struct profile_thing **touched; /* in this window */
    uint64_t touched_count, touched_room;
};

void profile_init(struct profile *profile);
void profile_free(struct profile *profile);

/* From here on in this stage (< PROFILE_STAGES). Value: whom the model charges, until the next call
 * of profile_enter, _start or _stop. */
uint64_t *profile_enter(struct profile *profile, unsigned stage);
uint64_t *profile_start(struct profile *profile);
uint64_t *profile_stop(struct profile *profile);
void profile_operation(struct profile *profile);
/* The sample that was stopped last counts; or none since the last row does. */
void profile_sample(struct profile *profile);
void profile_forget(struct profile *profile);

void profile_instruction(struct profile *profile);
/* What the model says of an access by the instruction at pc. */
void profile_touch(struct profile *profile, bool fetch, uint64_t space, uint64_t address,
                   uint64_t pc, const struct rocket_touch *touch);

/* Write the row of the samples that counted, and begin the next, of which `together` operations
 * make a window. tools/lib/memory.py reads it. */
void profile_row(struct profile *profile, unsigned together, FILE *out);
