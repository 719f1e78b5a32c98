/* SPDX-License-Identifier: BSD-2-Clause */
/* The harts that the device tree names, and their way to the interrupt controller. The others are
 * started through the firmware. */
#include <kernel/arch.h>
#include <kernel/boot.h>
#include <kernel/hart.h>
#include <kernel/irq.h>

#define STACK_BYTES (8ull << 10)

unsigned boot_hart_count;

static void find_plic(const struct fdt *fdt)
{
    uint64_t registers;
    uint32_t lines;

    if (machine_plic(fdt, &registers, &lines))
        plic_setup((paddr_t){registers}, lines);
    else
        kernel_print("kernel: no PLIC: devices cannot interrupt\n");
    for (unsigned i = 0; i < boot_hart_count; i++) {
        harts[i].plic_context = machine_plic_context(fdt, harts[i].hartid);
        if (harts[i].plic_context == MACHINE_NO_CONTEXT)
            kernel_print("kernel: no PLIC context for hart %u: devices cannot interrupt it\n",
                         harts[i].hartid);
    }
    plic_context_setup();
}

void boot_harts(struct boot *boot)
{
    uint64_t hartids[HARTS_MAX];

    boot_hart_count = machine_harts(&boot->fdt, boot->hartid, hartids, HARTS_MAX);
    for (unsigned i = 1; i < boot_hart_count; i++)
        hart_init(i, hartids[i],
                  (uint64_t)(uintptr_t)boot_allocate(boot, STACK_BYTES, STACK_BYTES) + STACK_BYTES);
    find_plic(&boot->fdt);
}

void boot_start_harts(void)
{
    for (unsigned i = 1; i < boot_hart_count; i++) {
        if (!arch_start_hart(harts[i].hartid, image_to_paddr(&harts[i])))
            kernel_print("kernel: the firmware does not start hart %u\n", harts[i].hartid);
    }
}
