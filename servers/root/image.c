/* SPDX-License-Identifier: BSD-2-Clause */
/* The address space of a process, but for channels, devices and the startup block. */
#include <string.h>
#include <program/process.h>
#include <sys/detail.h>
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

/* Code and constants: what is not in the bundle is zero, and its own. */
static long map_segment(struct process *process, const struct bundle_segment *segment)
{
    uint64_t file = whole_pages(segment->bytes_file);
    long error =
        map_bundle_pages(process, segment->offset, file, segment->vaddr, (unsigned)segment->rights);

    if (error == E_OK && segment->bytes_memory > file)
        error = space_map_fresh(process, segment->vaddr + file, segment->bytes_memory - file, NULL);
    return error;
}

static bool map_image(const struct bundle *bundle, struct process *process, struct contents *data)
{
    const struct bundle_entry *image = bundle_find(bundle, process->row->image);
    const char *problem =
        image ? bundle_check_image(bundle, image) : "the boot bundle has no image of this name";

    if (problem) {
        process_problem_text(process, process->row->image, problem);
        return false;
    }
    process->heap_base = DATA_BASE;
    for (uint64_t i = 0; i < image->segment_count; i++) {
        const struct bundle_segment *segment = &image->segments[i];
        long error = E_OK;

        if (segment->rights & RIGHT_WRITE) {
            *data = (struct contents){bundle->base + segment->offset, segment->vaddr,
                                      segment->bytes_file};
            process->heap_base = DATA_BASE + whole_pages(segment->bytes_memory);
        } else {
            error = map_segment(process, segment);
        }
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

/* Behind the heap lie the tables of the executor. */
static uint64_t private_end(const struct process *process)
{
    return process->heap_base + process->heap_bytes +
           process_tables_bytes(process->co_count, process->slot_next);
}

/* Stack, data, heap and tables, side by side. With a large page for the first of them a switch to
 * the process costs one TLB entry for all; so, where memory is plenty, what is less is rounded up.
 * The page below the stack stays empty: an overflow is a fault. */
static long map_private(struct process *process, const struct contents *data, bool plenty)
{
    uint64_t large = DATA_BASE & ~(LARGE_BYTES - 1), end = private_end(process), begin;

    if (end > CHANNEL_BASE)
        return E_NO_MEMORY;
    if ((plenty || end - large >= LARGE_BYTES) && process->stack_bytes < STACK_TOP - large)
        process->stack_bytes = STACK_TOP - large;
    begin = STACK_TOP - process->stack_bytes;
    if (plenty && end < large + LARGE_BYTES)
        end = large + LARGE_BYTES;
    return space_map_fresh(process, begin, end - begin, data);
}

void image_build(const struct bundle *bundle, struct process *process)
{
    /* A quarter of the memory at most goes to rounding up. */
    bool plenty = process_count <= pool_total_bytes() / 4 / LARGE_BYTES;
    struct contents data = {0};
    long error;

    if (!map_image(bundle, process, &data) || !map_shared(bundle, process))
        return;
    error = map_private(process, &data, plenty);
    if (error)
        process_problem(process, "its stack, data and heap", error);
}

void image_build_root(void)
{
    extern char __heap_base[];
    struct process *root = root_process();
    long error;

    process_measure_root();
    root->heap_base = (uintptr_t)__heap_base;
    error = space_map_fresh(root, root->heap_base, private_end(root) - root->heap_base, NULL);
    if (error)
        fatal("root's own tables cannot be made: %s%s", sys_error_text(error),
              process_advice(error));
}
