/* SPDX-License-Identifier: BSD-2-Clause */
/* The other harts: found in the device tree, started through the firmware. */
#include <kernel/arch.h>
#include <kernel/boot.h>
#include <kernel/hart.h>

#define STACK_BYTES (8ull << 10)

unsigned boot_hart_count = 1;

/* A node of a hart that has an S-mode with Sv39: a management core has no mmu-type. */
static bool can_run(const struct fdt *fdt, const struct fdt_node *node)
{
    uint32_t length;
    const char *status = fdt_prop(fdt, node, "status", &length);

    return fdt_prop(fdt, node, "riscv,isa", NULL) && fdt_prop(fdt, node, "mmu-type", NULL) &&
           (!status || (length >= 2 && status[0] == 'o' && status[1] == 'k'));
}

void boot_harts(struct boot *boot)
{
    const struct fdt *fdt = &boot->fdt;
    struct fdt_node node;
    uint64_t hartid, bytes;

    fdt_start(&node);
    while (fdt_next(fdt, &node) && boot_hart_count < HARTS_MAX) {
        if (!can_run(fdt, &node) || !fdt_reg(fdt, &node, 0, &hartid, &bytes) ||
            hartid == boot->hartid)
            continue;
        hart_init(boot_hart_count++, hartid,
                  (uint64_t)(uintptr_t)boot_allocate(boot, STACK_BYTES, STACK_BYTES) + STACK_BYTES);
    }
}

void boot_start_harts(void)
{
    for (unsigned i = 1; i < boot_hart_count; i++) {
        if (!arch_start_hart(harts[i].hartid, image_to_paddr(&harts[i])))
            kernel_print("kernel: the firmware does not start hart %u\n", harts[i].hartid);
    }
}
