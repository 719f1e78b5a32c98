/* SPDX-License-Identifier: BSD-2-Clause */
/* The RAM: what the device tree names, less what is taken. */
#include <string.h>
#include <kernel/arch.h>
#include <kernel/boot.h>
#include <kernel/cap.h>

extern char kernel_end[];

#define DIRECT_MAP_TOP (64ull << 30) /* the kernel maps no RAM above it */
#define FIRMWARE_BASE  0x80000000ull /* up to the kernel image */

static void add_free(struct boot *boot, struct range range)
{
    if (range.begin >= range.end)
        return;
    if (boot->free_count == sizeof boot->free / sizeof boot->free[0]) {
        kernel_print("kernel: too many pieces of RAM: %x..%x is left out\n", range.begin,
                     range.end);
        return;
    }
    boot->free[boot->free_count++] = range;
}

/* Take whole pages out of the free ranges. */
static void reserve(struct boot *boot, uint64_t begin, uint64_t end)
{
    unsigned count = boot->free_count;

    begin &= ~(PAGE_BYTES - 1);
    end = (end + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    for (unsigned i = 0; i < count; i++) {
        struct range *range = &boot->free[i];
        struct range behind = {end > range->begin ? end : range->begin, range->end};

        if (end <= range->begin || begin >= range->end)
            continue;
        range->end = begin > range->begin ? begin : range->begin;
        add_free(boot, behind);
    }
}

static void find_bundle(struct boot *boot)
{
    uint64_t begin = image_to_paddr(kernel_end).raw;
    const struct bundle_header *bundle = paddr_to_ptr((paddr_t){begin});

    if (bundle->magic != BUNDLE_MAGIC || bundle->bytes % PAGE_BYTES != 0 ||
        bundle->bytes > 1ull << 30)
        kernel_panic("no boot bundle behind the kernel image at %x", begin);
    boot->bundle = (struct range){begin, begin + bundle->bytes};
}

/* A firmware with a fixed place for the tree may have put it into a large image. */
static struct range find_tree(const struct boot *boot)
{
    uint64_t begin = ptr_to_paddr(boot->fdt.blob).raw;

    if (begin < boot->bundle.end && begin + boot->fdt.bytes > FIRMWARE_BASE)
        kernel_panic("the firmware put the device tree at %x, into the boot image (up to %x)",
                     begin, boot->bundle.end);
    return (struct range){begin, begin + boot->fdt.bytes};
}

/* What the tree itself says is taken. */
static void reserve_listed(struct boot *boot)
{
    struct fdt_node node, reserved;
    uint64_t base, bytes;

    for (unsigned i = 0; fdt_reservation(&boot->fdt, i, &base, &bytes); i++)
        reserve(boot, base, base + bytes);
    if (!fdt_find(&boot->fdt, "/reserved-memory", &reserved))
        return;
    node = reserved;
    while (fdt_next(&boot->fdt, &node) && node.depth > reserved.depth) {
        for (unsigned i = 0; fdt_reg(&boot->fdt, &node, i, &base, &bytes); i++)
            reserve(boot, base, base + bytes);
    }
}

void boot_memory(struct boot *boot)
{
    struct fdt_node node;
    struct range tree;
    uint64_t base, bytes;
    uint32_t length;

    fdt_start(&node);
    while (fdt_next(&boot->fdt, &node)) {
        const char *type = fdt_prop(&boot->fdt, &node, "device_type", &length);

        if (!type || length != 7 || type[0] != 'm' || type[1] != 'e' || type[2] != 'm')
            continue;
        for (unsigned i = 0; fdt_reg(&boot->fdt, &node, i, &base, &bytes); i++) {
            if (base >= DIRECT_MAP_TOP || bytes > DIRECT_MAP_TOP - base)
                bytes = base < DIRECT_MAP_TOP ? DIRECT_MAP_TOP - base : 0;
            boot->memory_bytes += bytes;
            add_free(boot, (struct range){(base + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1),
                                          (base + bytes) & ~(PAGE_BYTES - 1)});
        }
    }
    find_bundle(boot);
    /* The firmware lies below the kernel; some firmwares do not say so in the tree. */
    reserve(boot, FIRMWARE_BASE, boot->bundle.end);
    tree = find_tree(boot);
    reserve(boot, tree.begin, tree.end);
    reserve_listed(boot);
}

void *boot_allocate(struct boot *boot, uint64_t bytes, uint64_t align)
{
    for (unsigned i = 0; i < boot->free_count; i++) {
        uint64_t begin = (boot->free[i].begin + align - 1) & ~(align - 1);
        struct range before = {boot->free[i].begin, begin};

        if (begin + bytes > boot->free[i].end)
            continue;
        boot->free[i].begin = begin + bytes;
        add_free(boot, before);
        return memset(paddr_to_ptr((paddr_t){begin}), 0, bytes);
    }
    kernel_panic("not enough memory for the first process: %u bytes are missing", bytes);
}

void boot_untyped_range(struct boot_info *info, struct slot *slots, uint32_t *next,
                        struct range range, bool device)
{
    const uint32_t most = sizeof info->untyped / sizeof info->untyped[0];

    while (range.begin < range.end) {
        unsigned bits = PAGE_BITS;

        if (info->untyped_count == most) {
            kernel_print("kernel: too many untypeds: %x..%x is left out\n", range.begin, range.end);
            return;
        }
        while (bits < 34 && !(range.begin & (1ull << bits)) &&
               range.begin + (2ull << bits) <= range.end)
            bits++;
        cap_make_untyped(&slots[*next], (paddr_t){range.begin}, bits, device);
        info->untyped[info->untyped_count++] = (struct boot_untyped){
            .paddr = range.begin, .cptr = *next, .size_bits = (uint16_t)bits, .device = device};
        (*next)++;
        range.begin += 1ull << bits;
    }
}

void boot_memory_untyped(struct boot *boot, struct boot_info *info, struct slot *slots,
                         uint32_t *next)
{
    for (unsigned i = 0; i < boot->free_count; i++)
        boot_untyped_range(info, slots, next, boot->free[i], false);
}
