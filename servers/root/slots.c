/* SPDX-License-Identifier: BSD-2-Clause */
/* One bit for each slot says whether it belongs to a run; the runs of a holding are a list. A run
 * is somewhat longer than what is asked for, so that the next ones come from it too.
 */
#include "slots.h"
#include <stdbool.h>
#include <string.h>
#include <abi/abi.h>
#include <sys/syscall.h>

#define SLOTS     (1u << ROOT_CNODE_BITS)
#define RUN_LEAST 16u /* slots */

struct run {
    uint32_t first, count;
    uint32_t used; /* of them, from the first on */
    uint32_t next; /* index plus one */
};

static uint64_t is_taken[SLOTS / 64];
static struct run runs[SLOTS / RUN_LEAST];
static uint32_t fresh_run; /* those from here on have never been used */
static uint32_t free_run;  /* index plus one */
static uint64_t used;
static uint32_t search_from;

static bool taken(uint32_t slot)
{
    return is_taken[slot / 64] >> slot % 64 & 1;
}

static void mark(const struct run *run, bool as_taken)
{
    for (uint32_t i = run->first; i < run->first + run->count; i++) {
        if (as_taken)
            is_taken[i / 64] |= 1ull << i % 64;
        else
            is_taken[i / 64] &= ~(1ull << i % 64);
    }
}

void slots_open(uint32_t first)
{
    struct run kernels = {.first = 0, .count = first};

    memset(is_taken, 0, sizeof is_taken);
    mark(&kernels, true);
    fresh_run = free_run = 0;
    used = search_from = first;
}

/* That many side by side between two slots. 0: there are none. */
static uint32_t find(uint32_t from, uint32_t to, uint32_t count)
{
    uint32_t length = 0;

    for (uint32_t slot = from; slot < to; slot++) {
        length = taken(slot) ? 0 : length + 1;
        if (length == count)
            return slot + 1 - count;
    }
    return 0;
}

static struct run *new_run(uint32_t count)
{
    uint32_t first = find(search_from, SLOTS, count);
    struct run *run;

    if (!first)
        first = find(0, SLOTS, count);
    if (!first || (!free_run && fresh_run == SLOTS / RUN_LEAST))
        return NULL;
    run = free_run ? &runs[free_run - 1] : &runs[fresh_run++];
    if (free_run)
        free_run = run->next;
    *run = (struct run){.first = first, .count = count};
    mark(run, true);
    search_from = first + count;
    return run;
}

/* One of the list's with so much room, or a new one. */
static struct run *run_for(struct slot_list *list, uint32_t count)
{
    struct run *run;

    for (uint32_t i = list->first_run; i; i = runs[i - 1].next) {
        if (runs[i - 1].count - runs[i - 1].used >= count)
            return &runs[i - 1];
    }
    run = new_run(count < RUN_LEAST ? RUN_LEAST : count);
    if (!run)
        run = new_run(count);
    if (run) {
        run->next = list->first_run;
        list->first_run = (uint32_t)(run - runs) + 1;
    }
    return run;
}

long slots_take(struct slot_list *list, uint32_t count, uint32_t *first)
{
    struct run *run = run_for(list, count);

    if (!run)
        return E_TOO_MANY;
    *first = run->first + run->used;
    run->used += count;
    used += count;
    return E_OK;
}

void slots_return(struct slot_list *list)
{
    while (list->first_run) {
        uint32_t index = list->first_run;
        struct run *run = &runs[index - 1];

        for (uint32_t i = 0; i < run->used; i++)
            (void)!sys_cnode_delete(ROOT_CNODE, run->first + i); /* it may be empty */
        mark(run, false);
        used -= run->used;
        list->first_run = run->next;
        run->next = free_run;
        free_run = index;
    }
}

uint64_t slots_used(void)
{
    return used;
}
