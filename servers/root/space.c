/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <sys/syscall.h>
#include "space.h"

#define READ_WRITE (RIGHT_READ | RIGHT_WRITE)

/* Root has no device registers of its own for long: their place is its window. Behind it is one for
 * a large page. */
#define WINDOW_BASE  DEVICE_BASE
#define LARGE_WINDOW (DEVICE_BASE + LARGE_BYTES)
_Static_assert(WINDOW_PAGES *PAGE_BYTES <= LARGE_BYTES, "the windows lie apart");

static long add_table(struct process *process, uint64_t vaddr)
{
    uint32_t table;
    long error = memory_make(&process->holding, OBJECT_PAGE_TABLE, 0, 1, &table);

    if (error)
        return error;
    return sys_page_table_map(table, process->object, vaddr);
}

long space_map(struct process *process, uint32_t frame, uint64_t vaddr, unsigned rights)
{
    long error;

    while ((error = sys_frame_map(frame, process->object, vaddr, rights)) == E_NO_TABLE) {
        error = add_table(process, vaddr);
        if (error)
            return error;
    }
    return error;
}

long space_map_copy(struct process *process, uint32_t frame, uint64_t vaddr, unsigned rights)
{
    uint32_t copy;
    long error = slots_take(&process->holding.slots, 1, &copy);

    if (error)
        return error;
    error = sys_cnode_copy(ROOT_CNODE, copy, ROOT_CNODE, frame, rights);
    if (error)
        return error;
    return space_map(process, copy, vaddr, rights);
}

long space_map_area(struct process *process, const struct area *area, uint64_t vaddr, bool copy)
{
    long (*map)(struct process *, uint32_t, uint64_t, unsigned) = copy ? space_map_copy : space_map;
    long error = E_OK;

    for (uint32_t i = 0; error == E_OK && i < area->large_count; i++, vaddr += LARGE_BYTES)
        error = map(process, area->large + i, vaddr, READ_WRITE);
    for (uint32_t i = 0; error == E_OK && i < area->small_count; i++, vaddr += PAGE_BYTES)
        error = map(process, area->small + i, vaddr, READ_WRITE);
    return error;
}

static uint64_t min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How much to map at once: a large page where one fits, else small ones up to where one would, as
 * many as fill a block of memory. */
static uint64_t stretch(uint64_t vaddr, uint64_t bytes)
{
    uint64_t most = min(bytes, LARGE_BYTES - vaddr % LARGE_BYTES);

    return 1ull << (63 - __builtin_clzll(most));
}

/* Copy what falls into the frame for these addresses, of which nobody else has anything yet. */
static long fill_frame(uint32_t frame, uint64_t vaddr, uint64_t bytes,
                       const struct contents *contents)
{
    uint64_t window = bytes == LARGE_BYTES ? LARGE_WINDOW : WINDOW_BASE;
    uint64_t begin = vaddr > contents->vaddr ? vaddr : contents->vaddr;
    uint64_t end = min(vaddr + bytes, contents->vaddr + contents->bytes);
    long error;

    if (begin >= end)
        return E_OK;
    error = space_map(root_process(), frame, window, READ_WRITE);
    if (error)
        return error;
    memcpy((void *)(window + (begin - vaddr)), contents->from + (begin - contents->vaddr),
           end - begin);
    return sys_frame_unmap(frame);
}

static long fill(const struct area *area, uint64_t vaddr, const struct contents *contents)
{
    long error = E_OK;

    for (uint32_t i = 0; error == E_OK && i < area->large_count; i++, vaddr += LARGE_BYTES)
        error = fill_frame(area->large + i, vaddr, LARGE_BYTES, contents);
    for (uint32_t i = 0; error == E_OK && i < area->small_count; i++, vaddr += PAGE_BYTES)
        error = fill_frame(area->small + i, vaddr, PAGE_BYTES, contents);
    return error;
}

long space_map_fresh(struct process *process, uint64_t vaddr, uint64_t bytes,
                     const struct contents *contents)
{
    long error;

    bytes = whole_pages(bytes);
    /* What cannot succeed shall not use up what others could have had. */
    error = bytes <= pool_free_bytes() ? E_OK : E_NO_MEMORY;
    while (error == E_OK && bytes > 0) {
        uint64_t some = stretch(vaddr, bytes);
        struct area area;

        /* Where memory is scattered, smaller pieces do. */
        while ((error = memory_make_area(&process->holding, some, &area)) == E_NO_MEMORY &&
               some > PAGE_BYTES)
            some /= 2;
        if (error == E_OK && contents)
            error = fill(&area, vaddr, contents);
        if (error == E_OK)
            error = space_map_area(process, &area, vaddr, false);
        vaddr += some;
        bytes -= some;
    }
    return error;
}

long window_open(uint32_t first, uint32_t count, void **memory)
{
    long error = count <= WINDOW_PAGES ? E_OK : E_TOO_MANY;

    for (uint32_t i = 0; error == E_OK && i < count; i++)
        error = space_map(root_process(), first + i, WINDOW_BASE + i * PAGE_BYTES, READ_WRITE);
    *memory = (void *)WINDOW_BASE;
    return error;
}

long window_close(uint32_t first, uint32_t count)
{
    long error = E_OK;

    for (uint32_t i = 0; error == E_OK && i < count; i++)
        error = sys_frame_unmap(first + i);
    return error;
}
