/* SPDX-License-Identifier: BSD-2-Clause */
/* Stacks with a guard page: each has 64 KiB of addresses, of which the lowest page stays empty and
 * as many pages as have ever been needed are mapped, from the top. */
#include <executor/co.h>
#include <program/process.h>
#include <program/stack.h>
#include <stdlib.h>
#include <sys/program.h>
#include <sys/syscall.h>

#define AREA_BYTES  0x10000ull
#define PAGE_BYTES  4096u
#define PAGE_BITS   12
#define RIGHTS      (RIGHT_READ | RIGHT_WRITE)

static struct {
    size_t bytes; /* mapped */
    bool used;
} areas[PROCESS_STACKS];
static uint32_t slots_used; /* of the empty slots, from the first on */

static uint64_t top_of(unsigned area)
{
    return STACKS_BASE + (area + 1) * AREA_BYTES;
}

/* The last of the empty slots belong to virtual CPUs (cpus.c). */
static long make(enum object_type type, unsigned size_bits, uint32_t *slot)
{
    const struct startup *s = startup();
    long error;

    if (!s->untyped || slots_used + 2 * EXECUTOR_LINES >= s->empty_count)
        return E_UNSUPPORTED;
    *slot = s->empty_first + slots_used;
    error = sys_untyped_retype(s->untyped, type, size_bits, s->cnode, *slot, 1);
    slots_used += error == E_OK;
    return error;
}

/* What cannot be used goes back. */
static long unmake(uint32_t slot, long error)
{
    slots_used--;
    (void)!sys_cnode_delete(startup()->cnode, slot);
    return error;
}

static long make_table(uint64_t vaddr)
{
    uint32_t slot;
    long error = make(OBJECT_PAGE_TABLE, 0, &slot);

    if (error)
        return error;
    error = sys_page_table_map(slot, startup()->process, vaddr);
    return error ? unmake(slot, error) : E_OK;
}

static long map_page(uint64_t vaddr)
{
    uint32_t slot, process = startup()->process;
    long error = make(OBJECT_FRAME, PAGE_BITS, &slot);

    if (error)
        return error;
    error = sys_frame_map(slot, process, vaddr, RIGHTS);
    if (error == E_NO_TABLE) {
        /* The slots of frames and tables are taken in turn: this frame's goes back first. */
        (void)unmake(slot, error);
        error = make_table(vaddr);
        return error ? error : map_page(vaddr);
    }
    return error ? unmake(slot, error) : E_OK;
}

static long grow(unsigned area, size_t bytes)
{
    long error = E_OK;

    while (error == E_OK && areas[area].bytes < bytes) {
        error = map_page(top_of(area) - areas[area].bytes - PAGE_BYTES);
        areas[area].bytes += error == E_OK ? PAGE_BYTES : 0;
    }
    return error;
}

/* The area that is free and has the most, so that pages are used again. */
static int find_area(void)
{
    int best = -1;

    for (int i = 0; i < PROCESS_STACKS; i++) {
        if (!areas[i].used && (best < 0 || areas[i].bytes > areas[best].bytes))
            best = i;
    }
    return best;
}

long process_stack_make(size_t bytes, struct process_stack *stack)
{
    size_t rounded = (bytes + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1);
    int area = find_area();

    if (bytes < CO_STACK_MIN_BYTES || bytes > PROCESS_STACK_BYTES_MAX)
        return E_BAD_ARGUMENT;
    if (area >= 0 && grow((unsigned)area, rounded) == E_OK) {
        areas[area].used = true;
        *stack = (struct process_stack){(char *)(top_of((unsigned)area) - areas[area].bytes),
                                        areas[area].bytes, true};
        return E_OK;
    }
    *stack = (struct process_stack){aligned_alloc(16, rounded), rounded, false};
    return stack->low ? E_OK : E_NO_MEMORY;
}

void process_stack_free(struct process_stack *stack)
{
    if (stack->guarded)
        areas[((uintptr_t)stack->low - STACKS_BASE) / AREA_BYTES].used = false;
    else
        free(stack->low);
    *stack = (struct process_stack){NULL, 0, false};
}
