/* SPDX-License-Identifier: BSD-2-Clause */
/* RAM and the registers of devices. See machine.h. */
#include <fdt/machine.h>

#define PAGE 4096ull

static uint64_t page_down(uint64_t address)
{
    return address & ~(PAGE - 1);
}

static uint64_t page_up(uint64_t address)
{
    return page_down(address + PAGE - 1);
}

static bool overlaps(const struct machine_pieces *pieces, struct machine_range range)
{
    for (unsigned i = 0; i < pieces->count; i++) {
        if (range.begin < pieces->piece[i].end && pieces->piece[i].begin < range.end)
            return true;
    }
    return false;
}

bool machine_add(struct machine_pieces *pieces, uint64_t begin, uint64_t end)
{
    if (begin >= end)
        return true;
    if (pieces->count == MACHINE_PIECES) {
        pieces->lost += end - begin;
        return false;
    }
    pieces->piece[pieces->count++] = (struct machine_range){begin, end};
    return true;
}

void machine_take(struct machine_pieces *pieces, uint64_t begin, uint64_t end)
{
    unsigned count = pieces->count;

    begin = page_down(begin);
    end = page_up(end);
    for (unsigned i = 0; i < count; i++) {
        struct machine_range *piece = &pieces->piece[i], whole = *piece;

        if (end <= whole.begin || begin >= whole.end)
            continue;
        piece->end = begin > whole.begin ? begin : whole.begin;
        machine_add(pieces, end, whole.end);
    }
}

/* ---- RAM ---- */

static bool is_memory(const struct fdt *fdt, const struct fdt_node *node)
{
    const char *type = fdt_string(fdt, node, "device_type");

    return type && type[0] == 'm' && type[1] == 'e' && type[2] == 'm';
}

static void take_reserved(const struct fdt *fdt, struct machine_pieces *pieces)
{
    struct fdt_node node, reserved;
    uint64_t base, bytes;

    for (unsigned i = 0; fdt_reservation(fdt, i, &base, &bytes); i++)
        machine_take(pieces, base, base + bytes);
    if (!fdt_find(fdt, "/reserved-memory", &reserved))
        return;
    node = reserved;
    while (fdt_next(fdt, &node) && node.depth > reserved.depth) {
        for (unsigned i = 0; fdt_reg(fdt, &node, i, &base, &bytes); i++)
            machine_take(pieces, base, base + bytes);
    }
}

/* All RAM below an address: the pages that are whole, or those that are touched. */
static uint64_t find_memory(const struct fdt *fdt, uint64_t below, bool whole,
                            struct machine_pieces *pieces)
{
    struct fdt_node node;
    uint64_t base, bytes, sum = 0;

    fdt_start(&node);
    while (fdt_next(fdt, &node)) {
        for (unsigned i = 0; is_memory(fdt, &node) && fdt_reg(fdt, &node, i, &base, &bytes); i++) {
            if (base >= below || bytes > below - base)
                bytes = base < below ? below - base : 0;
            sum += bytes;
            if (whole)
                machine_add(pieces, page_up(base), page_down(base + bytes));
            else
                machine_add(pieces, page_down(base), page_up(base + bytes));
        }
    }
    return sum;
}

uint64_t machine_memory(const struct fdt *fdt, uint64_t below, struct machine_pieces *pieces)
{
    uint64_t sum = find_memory(fdt, below, true, pieces);

    take_reserved(fdt, pieces);
    return sum;
}

/* ---- devices ---- */

/* Registers that only kernel and firmware may touch. */
static bool is_private(const struct fdt *fdt, const struct fdt_node *node)
{
    static const char *const compatible[] = {"riscv,plic0", "sifive,plic-1.0.0", "riscv,clint0",
                                             "sifive,clint0", "riscv,aclint"};

    for (unsigned i = 0; i < sizeof compatible / sizeof compatible[0]; i++) {
        if (fdt_compatible(fdt, node, compatible[i]))
            return true;
    }
    return is_memory(fdt, node) || fdt_prop(fdt, node, "riscv,isa", NULL) ||
           fdt_prop(fdt, node, "no-map", NULL);
}

bool machine_device(const struct fdt *fdt, struct machine_devices *walk,
                    struct machine_range *registers)
{
    uint64_t base, bytes;

    if (walk->given.count == 0)
        find_memory(fdt, ~0ull, false, &walk->given);
    for (;;) {
        struct machine_range range;

        while (walk->node.offset == 0 || is_private(fdt, &walk->node) ||
               !fdt_reg(fdt, &walk->node, walk->entry, &base, &bytes)) {
            walk->entry = 0;
            if (!fdt_next(fdt, &walk->node))
                return false;
        }
        walk->entry++;
        range = (struct machine_range){page_down(base), page_up(base + bytes)};
        /* A range at 0 or with no bytes is a bus address, not a register. */
        if (bytes == 0 || base == 0 || range.end <= range.begin || overlaps(&walk->given, range))
            continue;
        *registers = range;
        if (machine_add(&walk->given, range.begin, range.end))
            return true;
    }
}
