/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "stretch.h"

void stretch_init(struct stretch *stretch, uint64_t limit)
{
    memset(stretch, 0, sizeof *stretch);
    stretch->limit = limit;
    stretch->cause_count = 1;
}

void stretch_free(struct stretch *stretch)
{
    for (unsigned i = 0; i < stretch->cause_count; i++)
        free(stretch->cause[i].profile.blocks);
    for (unsigned i = 0; i < STRETCH_HARTS; i++)
        free(stretch->harts[i].touched);
}

bool stretch_add_cause(struct stretch *stretch, uint64_t address)
{
    if (stretch->cause_count == STRETCH_CAUSES)
        return false;
    stretch->cause[stretch->cause_count++].address = address;
    return true;
}

uint16_t stretch_find_cause(const struct stretch *stretch, uint64_t address)
{
    for (unsigned i = 1; i < stretch->cause_count; i++) {
        if (stretch->cause[i].address == address)
            return (uint16_t)i;
    }
    return 0;
}

bool stretch_ends(struct stretch *stretch, unsigned hart, const struct stretch_block *block)
{
    const struct stretch_hart *h = &stretch->harts[hart];

    return h->state == HART_KERNEL && (block->place == PLACE_USER || block->poll);
}

static void keep_profile(struct stretch_profile *profile, const struct stretch_hart *h,
                         unsigned hart)
{
    void *blocks = realloc(profile->blocks, h->touched_count * sizeof *profile->blocks);

    if (!blocks)
        return; /* an old profile remains */
    profile->blocks = blocks;
    profile->block_count = h->touched_count;
    for (uint64_t i = 0; i < h->touched_count; i++) {
        profile->blocks[i].start = h->touched[i]->start;
        profile->blocks[i].instructions = h->touched[i]->instructions;
        profile->blocks[i].runs = h->touched[i]->of[hart].runs;
    }
}

static unsigned bits_of(uint64_t value)
{
    return value ? 64 - (unsigned)__builtin_clzll(value) : 0;
}

void stretch_end(struct stretch *stretch, unsigned hart)
{
    struct stretch_hart *h = &stretch->harts[hart];
    struct stretch_cause *cause = &stretch->cause[h->cause];

    cause->count++;
    /* What is judged is the work: waiting for another hart is that one's stretch. */
    cause->over += h->total - h->wait > stretch->limit;
    stretch->lengths[bits_of(h->total) & 63]++;
    if (cause->count > 1 && h->total - h->wait <= cause->longest - cause->wait)
        return;
    cause->longest = h->total;
    cause->wait = h->wait;
    cause->hart = hart;
    cause->first_count = h->first_count;
    memcpy(cause->first, h->first, sizeof h->first);
    keep_profile(&cause->profile, h, hart);
}

static void begin(struct stretch_hart *h)
{
    h->state = HART_KERNEL;
    h->number++;
    h->total = h->wait = 0;
    h->cause = 0;
    h->first_count = 0;
    h->touched_count = 0;
}

static void touch(struct stretch_hart *h, unsigned hart, struct stretch_block *block)
{
    if (block->of[hart].stretch == h->number) {
        block->of[hart].runs++;
        return;
    }
    if (h->touched_count == h->touched_room) {
        uint64_t room = h->touched_room ? 2 * h->touched_room : 256;
        void *touched = realloc(h->touched, room * sizeof *h->touched);

        if (!touched)
            return; /* the profile lacks it, the total does not */
        h->touched = touched;
        h->touched_room = room;
    }
    h->touched[h->touched_count++] = block;
    block->of[hart].stretch = h->number;
    block->of[hart].runs = 1;
}

static void run_in_kernel(struct stretch_hart *h, unsigned hart, struct stretch_block *block)
{
    h->total += block->instructions;
    if (block->wait)
        h->wait += block->instructions;
    if (!h->cause)
        h->cause = block->cause;
    if (h->first_count < STRETCH_FIRST)
        h->first[h->first_count++] = block->start;
    touch(h, hart, block);
}

void stretch_run(struct stretch *stretch, unsigned hart, struct stretch_block *block)
{
    struct stretch_hart *h = &stretch->harts[hart];

    if (block->place == PLACE_FIRMWARE || (h->state == HART_RESET && block->place == PLACE_USER))
        return; /* what runs before the kernel looks like user code */
    if (block->place == PLACE_USER) {
        h->state = HART_USER;
        return;
    }
    if (h->state == HART_RESET)
        h->state = HART_BOOT;
    if (block->poll || h->state == HART_USER)
        begin(h);
    if (h->state == HART_BOOT)
        h->boot += block->instructions;
    else
        run_in_kernel(h, hart, block);
}

static void report_cause(const struct stretch_cause *cause, FILE *out)
{
    fprintf(out, "cause %" PRIx64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %u\n",
            cause->address, cause->count, cause->over, cause->longest, cause->wait, cause->hart);
    fputs("first", out);
    for (unsigned i = 0; i < cause->first_count; i++)
        fprintf(out, " %" PRIx64, cause->first[i]);
    fputc('\n', out);
    for (uint64_t i = 0; i < cause->profile.block_count; i++)
        fprintf(out, "block %" PRIx64 " %" PRIu64 " %" PRIu64 "\n", cause->profile.blocks[i].start,
                cause->profile.blocks[i].instructions, cause->profile.blocks[i].runs);
}

void stretch_report(const struct stretch *stretch, FILE *out)
{
    for (unsigned i = 0; i < STRETCH_HARTS; i++) {
        if (stretch->harts[i].boot)
            fprintf(out, "boot %u %" PRIu64 "\n", i, stretch->harts[i].boot);
    }
    for (unsigned i = 0; i < 64; i++) {
        if (stretch->lengths[i])
            fprintf(out, "length %u %" PRIu64 "\n", i, stretch->lengths[i]);
    }
    for (unsigned i = 0; i < stretch->cause_count; i++) {
        if (stretch->cause[i].count)
            report_cause(&stretch->cause[i], out);
    }
    fputs("end\n", out);
}
