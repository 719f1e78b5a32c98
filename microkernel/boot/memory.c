/* SPDX-License-Identifier: BSD-2-Clause */
/* Physical memory: what boot takes for itself, and untypeds of the rest and of devices' registers.
 */
#include <string.h>
#include <kernel/arch.h>
#include <kernel/boot.h>
#include <kernel/cap.h>

extern char kernel_end[];

#define DIRECT_MAP_TOP   (64ull << 30) /* the kernel maps no RAM above it */
#define BUNDLE_BYTES_MAX (1ull << 30)
#define FIRMWARE_BASE    0x80000000ull /* up to the kernel image */

/* A firmware with a fixed place for the tree may have put it into a large image. */
static void take_tree(struct boot *boot, uint64_t image_end)
{
    uint64_t begin = ptr_to_paddr(boot->fdt.blob).raw, end = begin + boot->fdt.bytes;

    if (begin < image_end && end > FIRMWARE_BASE)
        kernel_panic("the firmware put the device tree at %x, into the boot image (up to %x)",
                     begin, image_end);
    machine_take(&boot->free, begin, end);
}

void boot_memory(struct boot *boot)
{
    const paddr_t begin = image_to_paddr(kernel_end);
    const char *problem = bundle_open(&boot->bundle, paddr_to_ptr(begin), BUNDLE_BYTES_MAX);

    if (problem)
        kernel_panic("no boot bundle behind the kernel image at %x: %s", begin.raw, problem);
    boot->memory_bytes = machine_memory(&boot->fdt, DIRECT_MAP_TOP, &boot->free);
    /* The firmware lies below the kernel; some firmwares do not say so in the tree. */
    machine_take(&boot->free, FIRMWARE_BASE, begin.raw + boot->bundle.bytes);
    take_tree(boot, begin.raw + boot->bundle.bytes);
}

void *boot_allocate(struct boot *boot, uint64_t bytes, uint64_t align)
{
    for (unsigned i = 0; i < boot->free.count; i++) {
        struct machine_range *piece = &boot->free.piece[i];
        uint64_t before = piece->begin, begin = (before + align - 1) & ~(align - 1);

        if (begin + bytes > piece->end)
            continue;
        piece->begin = begin + bytes;
        machine_add(&boot->free, before, begin);
        return memset(paddr_to_ptr((paddr_t){begin}), 0, bytes);
    }
    kernel_panic("not enough memory for the first process: %u bytes are missing", bytes);
}

/* Cut a range into naturally aligned powers of two, one untyped each. */
static void make_untypeds(struct boot_untypeds *to, struct machine_range range, bool device)
{
    struct boot_info *info = to->info;

    while (range.begin < range.end) {
        unsigned bits = PAGE_BITS;

        if (info->untyped_count == sizeof info->untyped / sizeof info->untyped[0]) {
            kernel_print("kernel: too many untypeds: %x..%x is left out\n", range.begin, range.end);
            return;
        }
        while (bits < 34 && !(range.begin & (1ull << bits)) &&
               range.begin + (2ull << bits) <= range.end)
            bits++;
        cap_make_memory(&to->slots[to->next], OBJECT_UNTYPED, (paddr_t){range.begin}, bits,
                        RIGHT_ALL);
        to->slots[to->next].device = device;
        info->untyped[info->untyped_count++] = (struct boot_untyped){.paddr = range.begin,
                                                                     .cptr = to->next++,
                                                                     .size_bits = (uint16_t)bits,
                                                                     .device = device};
        range.begin += 1ull << bits;
    }
}

void boot_untypeds(struct boot *boot, struct boot_untypeds *to)
{
    static struct machine_devices devices;
    struct machine_range range;

    while (machine_device(&boot->fdt, &devices, &range))
        make_untypeds(to, range, true);
    for (unsigned i = 0; i < boot->free.count; i++)
        make_untypeds(to, boot->free.piece[i], false);
    if (devices.given.lost || boot->free.lost)
        kernel_print("kernel: too many devices or pieces of RAM: %x bytes are left out\n",
                     devices.given.lost + boot->free.lost);
}
