/* SPDX-License-Identifier: BSD-2-Clause */
/* What a kernel asks a device tree about the machine: its harts, its RAM, its interrupt controller,
 * the registers of its devices, and the boot arguments. Pure, as fdt.h.
 *
 * Sources: Devicetree Specification v0.4, §3.4 (memory), §3.5 (reserved memory), §3.6 (chosen),
 * §3.8 (cpus); Linux's bindings riscv/cpus.yaml, sifive,plic-1.0.0.yaml, sifive,clint.yaml.
 */
#pragma once
#include <fdt/fdt.h>

/* Ticks of `time` in a second, from /cpus; 0: the tree does not say. */
uint32_t machine_timebase(const struct fdt *fdt);

/* ---------------------------------------------------------------- boot arguments */

/* The text behind a word of /chosen/bootargs that begins with `word`, up to a space or the end;
 * NULL: none does. bytes: its length. */
const char *machine_argument(const struct fdt *fdt, const char *word, uint32_t *bytes);
/* The number behind `name`, which ends in '='; 0 if there is none. */
uint32_t machine_argument_number(const struct fdt *fdt, const char *name);

/* ---------------------------------------------------------------- harts */

/* The ids of the harts that have an S-mode with translation and may be used (a management core has
 * no mmu-type), the boot hart first. Value: how many; most at most. */
unsigned machine_harts(const struct fdt *fdt, uint64_t boot_hart, uint64_t *hartids, unsigned most);

/* ---------------------------------------------------------------- interrupts */

#define MACHINE_NO_CONTEXT (~0u)

/* The PLIC: where its registers are, and its last line. False: there is none. */
bool machine_plic(const struct fdt *fdt, uint64_t *registers, uint32_t *lines);
/* The PLIC's context for a hart's S-mode: its place in the pairs (hart's controller, cause).
 * MACHINE_NO_CONTEXT: the hart has none. */
uint32_t machine_plic_context(const struct fdt *fdt, uint64_t hartid);

/* ---------------------------------------------------------------- addresses */

/* Physical addresses, [begin, end). */
struct machine_range {
    uint64_t begin;
    uint64_t end;
};

#define MACHINE_PIECES 64

/* Ranges that do not overlap; some may be empty. */
struct machine_pieces {
    struct machine_range piece[MACHINE_PIECES];
    unsigned count;
    uint64_t lost; /* bytes that found no place in it */
};

/* Add a range that overlaps none; an empty one is no range. False: no room, it is lost. */
bool machine_add(struct machine_pieces *pieces, uint64_t begin, uint64_t end);
/* Take out what lies in [begin, end), in whole pages of 4 KiB. */
void machine_take(struct machine_pieces *pieces, uint64_t begin, uint64_t end);

/* Whole pages of RAM below an address, less what the tree says is reserved. Value: bytes of RAM
 * below it, the reserved ones included. */
uint64_t machine_memory(const struct fdt *fdt, uint64_t below, struct machine_pieces *pieces);

/* A walk over the pages of registers that drivers may have: not RAM, not of the interrupt
 * controllers and timers that kernel and firmware use, and none twice. Zeroed at first. What does
 * not fit into the list of those given is left out (given.lost). */
struct machine_devices {
    struct fdt_node node;
    unsigned entry;              /* of the node's reg */
    struct machine_pieces given; /* so far */
};
/* The next; false at the end. */
bool machine_device(const struct fdt *fdt, struct machine_devices *walk,
                    struct machine_range *registers);
