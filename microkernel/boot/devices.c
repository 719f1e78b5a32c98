/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices, as far as the kernel cares: the interrupt controller is its own, all other registers
 * become untyped memory for root. */
#include <kernel/arch.h>
#include <kernel/boot.h>
#include <kernel/cap.h>
#include <kernel/hart.h>
#include <kernel/irq.h>

#define IRQ_S_EXTERNAL 9 /* cause number, RISC-V Privileged 1.12 table 4.2 */

static bool is_plic(const struct fdt *fdt, const struct fdt_node *node)
{
    return fdt_compatible(fdt, node, "riscv,plic0") ||
           fdt_compatible(fdt, node, "sifive,plic-1.0.0");
}

/* The phandle of the interrupt controller inside this hart's cpu node; 0 if there is none. */
static uint32_t hart_intc(const struct fdt *fdt, uint64_t hartid)
{
    struct fdt_node node;
    bool mine = false;
    uint32_t cpu_depth = 0, phandle;
    uint64_t base, bytes;

    fdt_start(&node);
    while (fdt_next(fdt, &node)) {
        uint32_t length;

        if (mine && node.depth <= cpu_depth)
            mine = false;
        if (fdt_prop(fdt, &node, "riscv,isa", &length)) {
            mine = fdt_reg(fdt, &node, 0, &base, &bytes) && base == hartid;
            cpu_depth = node.depth;
        } else if (mine && fdt_compatible(fdt, &node, "riscv,cpu-intc") &&
                   fdt_u32(fdt, &node, "phandle", &phandle)) {
            return phandle;
        }
    }
    return 0;
}

/* The context of a hart's S-mode: its place in the pairs (cpu interrupt controller, cause). */
static uint32_t find_context(const struct fdt *fdt, const struct fdt_node *node, uint64_t hartid)
{
    uint32_t intc = hart_intc(fdt, hartid), controller, cause;

    for (uint32_t i = 0; fdt_cell(fdt, node, "interrupts-extended", 2 * i, &controller) &&
                         fdt_cell(fdt, node, "interrupts-extended", 2 * i + 1, &cause);
         i++) {
        if (controller == intc && cause == IRQ_S_EXTERNAL)
            return i;
    }
    kernel_print("kernel: no PLIC context for hart %u: devices cannot interrupt it\n", hartid);
    return PLIC_NO_CONTEXT;
}

static bool find_plic(const struct fdt *fdt, struct fdt_node *node, paddr_t *registers)
{
    uint64_t bytes;

    fdt_start(node);
    while (fdt_next(fdt, node)) {
        if (is_plic(fdt, node) && fdt_reg(fdt, node, 0, &registers->raw, &bytes))
            return true;
    }
    return false;
}

void boot_interrupts(struct boot *boot)
{
    const struct fdt *fdt = &boot->fdt;
    uint32_t lines = 0;
    struct fdt_node node;
    paddr_t registers;
    bool found = find_plic(fdt, &node, &registers);

    if (found) {
        fdt_u32(fdt, &node, "riscv,ndev", &lines);
        plic_setup(registers, lines);
    } else {
        kernel_print("kernel: no PLIC: devices cannot interrupt\n");
    }
    for (unsigned i = 0; i < boot_hart_count; i++) {
        harts[i].plic_context = found ? find_context(fdt, &node, harts[i].hartid) : PLIC_NO_CONTEXT;
    }
    plic_context_setup();
}

static bool overlaps_memory(const struct boot *boot, struct range range)
{
    struct fdt_node node;
    uint64_t base, bytes;
    uint32_t length;

    fdt_start(&node);
    while (fdt_next(&boot->fdt, &node)) {
        const char *type = fdt_prop(&boot->fdt, &node, "device_type", &length);

        if (!type || length != 7 || type[0] != 'm')
            continue;
        for (unsigned i = 0; fdt_reg(&boot->fdt, &node, i, &base, &bytes); i++) {
            if (range.begin < base + bytes && base < range.end)
                return true;
        }
    }
    return false;
}

static bool already_given(const struct boot_info *info, struct range range)
{
    for (uint32_t i = 0; i < info->untyped_count; i++) {
        const struct boot_untyped *row = &info->untyped[i];

        if (row->device && range.begin < row->paddr + (1ull << row->size_bits) &&
            row->paddr < range.end)
            return true;
    }
    return false;
}

/* Registers that only the kernel and the firmware may touch. */
static bool is_private(const struct fdt *fdt, const struct fdt_node *node)
{
    uint32_t length;

    return is_plic(fdt, node) || fdt_compatible(fdt, node, "riscv,clint0") ||
           fdt_compatible(fdt, node, "sifive,clint0") ||
           fdt_compatible(fdt, node, "riscv,aclint") || fdt_prop(fdt, node, "riscv,isa", &length) ||
           fdt_prop(fdt, node, "no-map", &length);
}

void boot_device_untyped(struct boot *boot, struct boot_info *info, struct slot *slots,
                         uint32_t *next)
{
    const struct fdt *fdt = &boot->fdt;
    struct fdt_node node;
    uint64_t base, bytes;

    fdt_start(&node);
    while (fdt_next(fdt, &node)) {
        if (is_private(fdt, &node))
            continue;
        for (unsigned i = 0; fdt_reg(fdt, &node, i, &base, &bytes); i++) {
            struct range range = {base & ~(PAGE_BYTES - 1),
                                  (base + bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1)};

            /* A range at 0 or with no bytes is a bus address, not a register. */
            if (bytes == 0 || base == 0 || range.end <= range.begin ||
                overlaps_memory(boot, range) || already_given(info, range))
                continue;
            boot_untyped_range(info, slots, next, range, true);
        }
    }
}
