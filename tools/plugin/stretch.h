/* SPDX-License-Identifier: BSD-2-Clause */
/* How long the kernel runs with interrupts off, in instructions, for each hart.
 *
 * A stretch begins where the kernel is entered from user mode, and behind a poll point, where the
 * kernel takes the interrupts that wait. It ends where user mode or a poll point is reached.
 *
 *     reset --kernel--> boot --user or poll--> user <--> kernel (a poll begins a new stretch)
 *
 * Boot is no stretch; it is counted apart. The firmware's instructions are not counted: it runs
 * between two of the kernel's, whatever the kernel does. Instructions of a spin-wait count, and
 * are told apart as well.
 *
 * A stretch belongs to its cause: the first function in it that was named as a cause. The longest
 * stretch of each cause is kept with its profile.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define STRETCH_HARTS  8u
#define STRETCH_CAUSES 512u
#define STRETCH_FIRST  24u /* blocks that are remembered of a stretch's beginning */

enum stretch_place { PLACE_USER, PLACE_KERNEL, PLACE_FIRMWARE };

/* A block of instructions without a jump in it. */
struct stretch_block {
    uint64_t start;
    uint32_t instructions;
    enum stretch_place place;
    bool poll;      /* begins at a poll point */
    bool wait;      /* of a spin-wait */
    uint16_t cause; /* begins at this one; 0: at none */
    struct {
        uint64_t stretch; /* number of the stretch that ran it last, */
        uint64_t runs;    /* and how often */
    } of[STRETCH_HARTS];
};

struct stretch_profile {
    uint64_t block_count;
    struct {
        uint64_t start, instructions, runs;
    } * blocks;
};

struct stretch_cause {
    uint64_t address;
    uint64_t count;   /* stretches */
    uint64_t over;    /* stretches longer than the limit */
    uint64_t longest; /* the rest tells about this one */
    uint64_t wait;
    unsigned hart;
    unsigned first_count;
    uint64_t first[STRETCH_FIRST];
    struct stretch_profile profile;
};

struct stretch_hart {
    enum { HART_RESET, HART_BOOT, HART_USER, HART_KERNEL } state;
    uint64_t number; /* of the stretch, from 1 */
    uint64_t total;
    uint64_t wait;
    uint64_t boot;
    uint16_t cause;
    unsigned first_count;
    uint64_t first[STRETCH_FIRST];
    struct stretch_block **touched; /* the blocks that ran in this stretch */
    uint64_t touched_count, touched_room;
};

struct stretch {
    uint64_t limit;
    unsigned cause_count; /* cause[0]: none */
    struct stretch_cause cause[STRETCH_CAUSES];
    uint64_t lengths[64]; /* how many stretches had a length of this many bits */
    struct stretch_hart harts[STRETCH_HARTS];
};

void stretch_init(struct stretch *stretch, uint64_t limit);
void stretch_free(struct stretch *stretch);
/* Name a cause. False: there are too many. */
bool stretch_add_cause(struct stretch *stretch, uint64_t address);
/* The cause that has this address; 0: none. */
uint16_t stretch_find_cause(const struct stretch *stretch, uint64_t address);

/* The hart runs the block. Harts may do so at the same time, each for itself. Value: whether a
 * stretch has ended, and stretch_end must be called, by one at a time, before the hart goes on. */
bool stretch_ends(struct stretch *stretch, unsigned hart, const struct stretch_block *block);
void stretch_end(struct stretch *stretch, unsigned hart);
void stretch_run(struct stretch *stretch, unsigned hart, struct stretch_block *block);

/* Write the result, a line for each fact, as tools/lib/stretch.py reads it. */
void stretch_report(const struct stretch *stretch, FILE *out);
