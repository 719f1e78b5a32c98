/* SPDX-License-Identifier: BSD-2-Clause */
/* The first process: root, from the bundle, with every capability there is. */
#include <string.h>
#include <kernel/arch.h>
#include <kernel/boot.h>
#include <kernel/cap.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <kernel/trace.h>

#define STACK_BYTES (64ull << 10)

extern uint64_t global_bitmap[];

struct root {
    struct boot *boot;
    struct process *process;
    struct slot *slots;
    struct boot_info *info;
    const struct bundle *bundle;
};

/* Map pages for root; its page tables are the kernel's gift and have no capability. */
static void map_pages(struct root *root, uint64_t vaddr, paddr_t paddr, uint64_t bytes,
                      unsigned rights)
{
    for (uint64_t at = 0; at < bytes; at += PAGE_BYTES) {
        struct vspace *vspace = &root->process->vspace;
        vaddr_t page = {vaddr + at};
        uint64_t *entry;
        enum error error;

        while ((error = vspace_find(vspace, page, PAGE_BITS, rights, &entry)) == E_NO_TABLE &&
               vspace_find_table(vspace, page, &entry) == E_OK)
            vspace_set_table(vspace, entry, boot_allocate(root->boot, PAGE_BYTES, PAGE_BYTES));
        if (error)
            kernel_panic("root: cannot map %x: error %u", page.raw, (uint64_t)-error);
        vspace_set(vspace, entry, (paddr_t){paddr.raw + at}, rights);
    }
}

static const struct bundle_entry *find_entry(const struct root *root, const char *name)
{
    const struct bundle_entry *entry = bundle_find(root->bundle, name);

    if (!entry)
        kernel_panic("the boot bundle has no entry named %s", name);
    return entry;
}

static uint64_t whole_pages(uint64_t bytes)
{
    return (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

/* A writable segment gets memory of its own, so that the bundle stays pristine. */
static void map_segment(struct root *root, const struct bundle_segment *segment)
{
    uint64_t bytes = whole_pages(segment->bytes_memory);
    paddr_t file = ptr_to_paddr(root->bundle->base + segment->offset);

    if (segment->rights & RIGHT_WRITE || bytes > whole_pages(segment->bytes_file)) {
        void *memory = boot_allocate(root->boot, bytes, PAGE_BYTES);

        memcpy(memory, paddr_to_ptr(file), segment->bytes_file);
        file = ptr_to_paddr(memory);
    }
    map_pages(root, segment->vaddr, file, bytes, (unsigned)segment->rights);
}

static void map_image(struct root *root, const struct bundle_entry *image)
{
    const char *problem = bundle_check_image(root->bundle, image);

    if (problem)
        kernel_panic("the boot bundle's root: %s", problem);
    for (uint64_t i = 0; i < image->segment_count; i++)
        map_segment(root, &image->segments[i]);
}

static void make_objects(struct root *root)
{
    struct slot *slots = root->slots;

    cap_make_cnode(&slots[ROOT_CNODE], slots, ROOT_CNODE_BITS, 0, 32 - ROOT_CNODE_BITS);
    cap_make_object(&slots[ROOT_PROCESS], OBJECT_PROCESS, root->process, RIGHT_ALL);
    cap_make_object(&slots[ROOT_IRQ_CONTROL], OBJECT_IRQ_CONTROL, NULL, RIGHT_ALL);
    cap_make_object(&slots[ROOT_DEBUG_PUT], OBJECT_DEBUG_PUT, NULL, RIGHT_ALL);
    cap_make_object(&slots[ROOT_POWER], OBJECT_POWER, NULL, RIGHT_ALL);
    cap_make_object(&slots[ROOT_TRACE], OBJECT_TRACE, NULL, RIGHT_ALL);
    cap_make_memory(&slots[ROOT_GLOBAL_BITMAP], OBJECT_FRAME, image_to_paddr(global_bitmap),
                    PAGE_BITS, RIGHT_READ | RIGHT_GRANT);
    cap_make_memory(&slots[ROOT_BOOT_INFO], OBJECT_FRAME, ptr_to_paddr(root->info), PAGE_BITS,
                    RIGHT_READ | RIGHT_GRANT);
}

/* A frame for each page. Value: the first's address. */
static uint32_t make_frames(struct root *root, const void *from, uint64_t bytes, unsigned rights,
                            uint32_t *next)
{
    uint32_t first = *next;

    for (uint64_t at = 0; at < bytes; at += PAGE_BYTES)
        cap_make_memory(&root->slots[(*next)++], OBJECT_FRAME, ptr_to_paddr((char *)from + at),
                        PAGE_BITS, rights | RIGHT_GRANT);
    return first;
}

/* Images are mapped straight from the bundle. */
static void make_bundle_frames(struct root *root, uint32_t *next)
{
    uint64_t bytes = root->bundle->bytes;

    root->info->bundle_bytes = bytes;
    root->info->bundle_pages = (uint32_t)(bytes / PAGE_BYTES);
    if (root->info->bundle_pages > (1u << ROOT_CNODE_BITS) / 2)
        kernel_panic("the boot bundle is too large: %u bytes", bytes);
    root->info->bundle_first =
        make_frames(root, root->bundle->base, bytes, RIGHT_READ | RIGHT_EXECUTE, next);
}

static void make_trace_rings(struct root *root, uint32_t *next)
{
    uint64_t bytes = boot_hart_count * sizeof(struct trace_ring);
    struct trace_ring *rings = boot_allocate(root->boot, bytes, PAGE_BYTES);

    trace_init(rings, boot_hart_count);
    map_pages(root, ROOT_TRACE_BASE, ptr_to_paddr(rings), bytes, RIGHT_READ);
    root->info->trace_first = make_frames(root, rings, bytes, RIGHT_READ, next);
    root->info->trace_rings = boot_hart_count;
}

static void map_fixed(struct root *root)
{
    const struct bundle_entry *vdso = find_entry(root, "vdso");
    struct fdt *fdt = &root->boot->fdt;
    void *tree = boot_allocate(root->boot, whole_pages(fdt->bytes), PAGE_BYTES);

    memcpy(tree, fdt->blob, fdt->bytes);
    map_pages(root, ROOT_FDT_BASE, ptr_to_paddr(tree), whole_pages(fdt->bytes), RIGHT_READ);
    map_pages(root, ROOT_BUNDLE_BASE, ptr_to_paddr(root->bundle->base), root->bundle->bytes,
              RIGHT_READ);
    map_pages(root, ROOT_BOOT_INFO_BASE, ptr_to_paddr(root->info), PAGE_BYTES, RIGHT_READ);
    map_pages(root, GLOBAL_BITMAP_BASE, image_to_paddr(global_bitmap), PAGE_BYTES, RIGHT_READ);
    map_pages(root, EXECUTOR_BASE, ptr_to_paddr(process_line(root->process, 0)), PAGE_BYTES,
              RIGHT_READ | RIGHT_WRITE);
    map_pages(root, CALL_RINGS_BASE, ptr_to_paddr(process_rings(root->process)), PAGE_BYTES,
              RIGHT_READ | RIGHT_WRITE);
    if (!bundle_file(root->bundle, vdso))
        kernel_panic("the boot bundle's vdso is no file in it");
    map_pages(root, VDSO_BASE, ptr_to_paddr(bundle_file(root->bundle, vdso)),
              whole_pages(vdso->bytes), RIGHT_READ | RIGHT_EXECUTE);
    map_pages(root, STACK_TOP - STACK_BYTES,
              ptr_to_paddr(boot_allocate(root->boot, STACK_BYTES, PAGE_BYTES)), STACK_BYTES,
              RIGHT_READ | RIGHT_WRITE);
}

static void fill_info(struct root *root, uint32_t first_free)
{
    struct boot_info *info = root->info;

    info->fdt_bytes = root->boot->fdt.bytes;
    info->timebase_hz = timebase_hz;
    info->memory_bytes = root->boot->memory_bytes;
    info->first_free = first_free;
    info->harts = boot_hart_count;
    info->features = (arch_features.sstc ? 1u : 0) | (arch_features.asid_max ? 2u : 0) |
                     (arch_features.user_interrupts ? 4u : 0);
    info->kernel_bytes = info->memory_bytes;
    for (uint32_t i = 0; i < info->untyped_count; i++) {
        if (!info->untyped[i].device)
            info->kernel_bytes -= 1ull << info->untyped[i].size_bits;
    }
}

static void start(struct root *root, const struct bundle_entry *image)
{
    struct process *process = root->process;
    uint64_t args[4] = {image->entry, STACK_TOP, 0, PRIORITY_COUNT / 2};
    long error = process_set_cspace(process, &root->slots[ROOT_CNODE], 32 - ROOT_CNODE_BITS);

    if (error)
        kernel_panic("root: its capability space: error %u", (uint64_t)-error);
    process->ceiling = 0;
    process->configured = true;
    process->executor_mapped = true;
    process->cpu.line_vaddr = EXECUTOR_BASE;
    error = sys_process_start(process, &root->slots[ROOT_PROCESS], args);
    if (error)
        kernel_panic("root: start: error %u", (uint64_t)-error);
}

void boot_root(struct boot *boot)
{
    struct root root = {.boot = boot, .bundle = &boot->bundle};
    const struct bundle_entry *image = find_entry(&root, "root");
    struct boot_untypeds untypeds;
    uint32_t next = ROOT_FIRST_FREE;

    root.slots = boot_allocate(boot, sizeof(struct slot) << ROOT_CNODE_BITS,
                               sizeof(struct slot) << ROOT_CNODE_BITS);
    root.process = boot_allocate(boot, 4 * PAGE_BYTES, 4 * PAGE_BYTES);
    root.info = boot_allocate(boot, PAGE_BYTES, PAGE_BYTES);
    make_objects(&root);
    map_image(&root, image);
    map_fixed(&root);
    make_bundle_frames(&root, &next);
    make_trace_rings(&root, &next);
    untypeds = (struct boot_untypeds){root.info, root.slots, next};
    boot_untypeds(boot, &untypeds);
    fill_info(&root, untypeds.next);
    start(&root, image);
}
