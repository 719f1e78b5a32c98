/* SPDX-License-Identifier: BSD-2-Clause */
/* Harts, interrupt controller and boot arguments. See machine.h. */
#include <fdt/machine.h>

#define IRQ_S_EXTERNAL 9 /* cause number, RISC-V Privileged 1.12 table 4.2 */

uint32_t machine_timebase(const struct fdt *fdt)
{
    struct fdt_node cpus;
    uint32_t hz = 0;

    if (fdt_find(fdt, "/cpus", &cpus))
        fdt_u32(fdt, &cpus, "timebase-frequency", &hz);
    return hz;
}

/* ---- boot arguments ---- */

/* Bytes of text, up to a space, a zero or the end. */
static uint32_t word_bytes(const char *text, uint32_t most)
{
    uint32_t i = 0;

    while (i < most && text[i] != ' ' && text[i] != '\0')
        i++;
    return i;
}

const char *machine_argument(const struct fdt *fdt, const char *word, uint32_t *bytes)
{
    struct fdt_node chosen;
    uint32_t left = 0;
    const char *text =
        fdt_find(fdt, "/chosen", &chosen) ? fdt_prop(fdt, &chosen, "bootargs", &left) : NULL;

    while (text && left > 0) {
        uint32_t length = word_bytes(text, left), i = 0;

        while (i < length && word[i] && text[i] == word[i])
            i++;
        if (!word[i]) {
            *bytes = length - i;
            return text + i;
        }
        length += length < left;
        text += length;
        left -= length;
    }
    return NULL;
}

uint32_t machine_argument_number(const struct fdt *fdt, const char *name)
{
    uint32_t bytes = 0, number = 0;
    const char *text = machine_argument(fdt, name, &bytes);

    for (uint32_t i = 0; i < bytes && text[i] >= '0' && text[i] <= '9'; i++)
        number = number * 10 + (uint32_t)(text[i] - '0');
    return number;
}

/* ---- harts ---- */

static bool can_run(const struct fdt *fdt, const struct fdt_node *node)
{
    return fdt_prop(fdt, node, "riscv,isa", NULL) && fdt_prop(fdt, node, "mmu-type", NULL) &&
           fdt_okay(fdt, node);
}

unsigned machine_harts(const struct fdt *fdt, uint64_t boot_hart, uint64_t *hartids, unsigned most)
{
    struct fdt_node node;
    unsigned count = 0;
    uint64_t hartid, bytes;

    hartids[count++] = boot_hart;
    fdt_start(&node);
    while (count < most && fdt_next(fdt, &node)) {
        if (can_run(fdt, &node) && fdt_reg(fdt, &node, 0, &hartid, &bytes) && hartid != boot_hart)
            hartids[count++] = hartid;
    }
    return count;
}

/* The phandle of the interrupt controller inside a hart's cpu node; 0 if there is none. */
static uint32_t hart_controller(const struct fdt *fdt, uint64_t hartid)
{
    struct fdt_node node, cpu;
    uint32_t phandle;
    uint64_t base, bytes;

    fdt_start(&node);
    while (fdt_next(fdt, &node)) {
        if (fdt_compatible(fdt, &node, "riscv,cpu-intc") && fdt_parent(fdt, &node, &cpu) &&
            fdt_reg(fdt, &cpu, 0, &base, &bytes) && base == hartid &&
            fdt_u32(fdt, &node, "phandle", &phandle))
            return phandle;
    }
    return 0;
}

/* ---- the PLIC ---- */

static bool is_plic(const struct fdt *fdt, const struct fdt_node *node)
{
    return fdt_compatible(fdt, node, "riscv,plic0") ||
           fdt_compatible(fdt, node, "sifive,plic-1.0.0");
}

static bool find_plic(const struct fdt *fdt, struct fdt_node *node, uint64_t *registers)
{
    uint64_t bytes;

    fdt_start(node);
    while (fdt_next(fdt, node)) {
        if (is_plic(fdt, node) && fdt_reg(fdt, node, 0, registers, &bytes))
            return true;
    }
    return false;
}

bool machine_plic(const struct fdt *fdt, uint64_t *registers, uint32_t *lines)
{
    struct fdt_node node;

    *lines = 0;
    if (!find_plic(fdt, &node, registers))
        return false;
    fdt_u32(fdt, &node, "riscv,ndev", lines);
    return true;
}

uint32_t machine_plic_context(const struct fdt *fdt, uint64_t hartid)
{
    uint32_t mine = hart_controller(fdt, hartid), controller, cause;
    struct fdt_node plic;
    uint64_t registers;

    if (!find_plic(fdt, &plic, &registers))
        return MACHINE_NO_CONTEXT;
    for (uint32_t i = 0; fdt_cell(fdt, &plic, "interrupts-extended", 2 * i, &controller) &&
                         fdt_cell(fdt, &plic, "interrupts-extended", 2 * i + 1, &cause);
         i++) {
        if (controller == mine && cause == IRQ_S_EXTERNAL)
            return i;
    }
    return MACHINE_NO_CONTEXT;
}
