/* SPDX-License-Identifier: BSD-2-Clause */
/* The address space of a process, but for channels, devices and the startup block. */
#include <string.h>
#include <program/process.h>
#include <sys/syscall.h>
#include "build.h"

/* Pages of the bundle are mapped as they lie: what cannot be written needs no copy. */
static long map_bundle_pages(struct process *process, uint64_t offset, uint64_t bytes,
                             uint64_t vaddr, unsigned rights)
{
    uint32_t frame = boot_info()->bundle_first + (uint32_t)(offset / PAGE_BYTES);
    long error = E_OK;

    for (uint64_t at = 0; error == E_OK && at < bytes; at += PAGE_BYTES)
        error = space_map_copy(process, frame++, vaddr + at, rights);
    return error;
}

/* Fresh pages that hold a copy of bytes of the bundle: filled through root's window. */
static long map_filled_pages(struct process *process, const uint8_t *from, uint64_t bytes,
                             uint64_t vaddr, unsigned rights)
{
    long error = E_OK;

    for (uint64_t at = 0; error == E_OK && at < bytes; at += PAGE_BYTES) {
        uint64_t some = bytes - at < PAGE_BYTES ? bytes - at : PAGE_BYTES;
        uint32_t frame;
        void *memory;

        error = memory_make(process, OBJECT_FRAME, PAGE_BITS, 1, &frame);
        if (error == E_OK)
            error = window_open(frame, 1, &memory);
        if (error)
            return error;
        memcpy(memory, from + at, some);
        error = window_close(frame, 1);
        if (error == E_OK)
            error = space_map(process, frame, vaddr + at, rights);
    }
    return error;
}

static long map_segment(const struct bundle *bundle, struct process *process,
                        const struct bundle_segment *segment)
{
    uint64_t file = whole_pages(segment->bytes_file);
    unsigned rights = (unsigned)segment->rights;
    long error;

    if (rights & RIGHT_WRITE)
        error = map_filled_pages(process, bundle->base + segment->offset, segment->bytes_file,
                                 segment->vaddr, rights);
    else
        error = map_bundle_pages(process, segment->offset, file, segment->vaddr, rights);
    if (error == E_OK && segment->bytes_memory > file)
        error = space_map_fresh(process, segment->vaddr + file, segment->bytes_memory - file);
    return error;
}

static bool map_image(const struct bundle *bundle, struct process *process)
{
    const struct bundle_entry *image = bundle_find(bundle, process->row->image);
    const char *problem =
        image ? bundle_check_image(bundle, image) : "the boot bundle has no image of this name";

    if (problem) {
        process_problem_text(process, process->row->image, problem);
        return false;
    }
    for (uint64_t i = 0; i < image->segment_count; i++) {
        long error = map_segment(bundle, process, &image->segments[i]);

        if (error) {
            process_problem(process, "its image", error);
            return false;
        }
    }
    process->entry = image->entry;
    return true;
}

/* The executor's code, and the page on which the kernel says who is runnable. */
static bool map_shared(const struct bundle *bundle, struct process *process)
{
    const struct bundle_entry *vdso = bundle_find(bundle, "vdso");
    long error = E_NOT_FOUND;

    if (vdso && bundle_file(bundle, vdso) && vdso->bytes <= GLOBAL_BITMAP_BASE - VDSO_BASE)
        error = map_bundle_pages(process, vdso->offset, vdso->bytes, VDSO_BASE,
                                 RIGHT_READ | RIGHT_EXECUTE);
    if (error == E_OK)
        error = space_map_copy(process, ROOT_GLOBAL_BITMAP, GLOBAL_BITMAP_BASE, RIGHT_READ);
    if (error)
        process_problem(process, "the executor's pages", error);
    return error == E_OK;
}

/* The heap, and behind it the tables of the executor. */
static long map_heap(struct process *process)
{
    uint64_t tables = process_tables_bytes(process->co_count, process->slot_next);

    return space_map_fresh(process, HEAP_BASE, process->heap_bytes + tables);
}

void image_build(const struct bundle *bundle, struct process *process)
{
    uint64_t stack = process->row->stack_bytes;
    long error;

    if (!map_image(bundle, process) || !map_shared(bundle, process))
        return;
    /* The page below stays empty: an overflow is a fault. */
    error = space_map_fresh(process, STACK_TOP - stack, stack);
    if (error) {
        process_problem(process, "its stack", error);
        return;
    }
    error = map_heap(process);
    if (error)
        process_problem(process, "its heap", error);
}

void image_build_root(void)
{
    long error = map_heap(root_process());

    if (error)
        fatal("no memory for root's own tables: give the machine more memory");
}
