/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces: Sv39 page tables (RISC-V Privileged 1.12 §4.4).
 *
 * The root table is part of a Process; the tables below it are PageTable objects and the pages are
 * Frames, each installed by its own capability, which remembers where: {space, address}. A space is
 * remembered by a number and a generation, never by a pointer, so that it may die first. Whoever
 * takes something out walks the tables and looks whether the entry is still its own.
 *
 * A PageTable is empty whenever its capability is not mapped: unmapping it clears it. So entries
 * of frames that went away while their table hung in no space cannot come back.
 */
#pragma once
#include <kernel/cap.h>

#define VSPACE_COUNT    4096 /* address spaces at once, number 0 unused */
#define VSPACE_ROOT     1    /* the first process's */
#define VSPACE_ID_BITS  12
#define VSPACE_AGE_BITS 22
#define VSPACE_AGE_MASK ((1u << VSPACE_AGE_BITS) - 1)

struct vspace {
    uint64_t *root;      /* root table, through the direct map */
    uint16_t id;         /* 1 .. VSPACE_COUNT - 1 */
    uint16_t asid;       /* set by the Process; 0 where there are no ASIDs */
    uint32_t generation; /* tells two lives of an id apart */
    uint64_t harts;      /* bit n: hart n may remember its translations */
};

/* The spaces by their ids. */
extern struct vspace_number {
    struct vspace *vspace; /* NULL: free, and `next` is the next free number; of 0 always NULL */
    uint32_t generation;
    uint16_t next;
} vspace_numbers[VSPACE_COUNT];

/* Where a Frame or PageTable is installed: in `data` of its capability; id 0: nowhere. */
struct mapping {
    uint16_t id;
    uint32_t generation;
    vaddr_t vaddr;
};
/* data: id 12 bits, generation 22 bits, page number 26 bits. */
static inline struct mapping mapping_get(const struct slot *cap)
{
    uint64_t data = cap_data(cap);

    return (struct mapping){
        .id = data & (VSPACE_COUNT - 1),
        .generation = (uint32_t)(data >> VSPACE_ID_BITS) & VSPACE_AGE_MASK,
        .vaddr = {data >> (VSPACE_ID_BITS + VSPACE_AGE_BITS) << PAGE_BITS},
    };
}
static inline void mapping_set(struct slot *cap, const struct vspace *vspace, vaddr_t vaddr)
{
    cap_set_data(cap, vspace->id | (uint64_t)vspace->generation << VSPACE_ID_BITS |
                          vaddr.raw >> PAGE_BITS << (VSPACE_ID_BITS + VSPACE_AGE_BITS));
}
/* The space of a mapping, or NULL if it is mapped nowhere or the space is dead. */
static inline struct vspace *mapping_vspace(struct mapping mapping)
{
    const struct vspace_number *number = &vspace_numbers[mapping.id];

    return number->generation == mapping.generation ? number->vspace : NULL;
}
/* The entry by which the capability is installed, and its space; or NULL. */
uint64_t *mapping_entry(const struct slot *cap, struct vspace **vspace);
/* Take out what a Frame or PageTable installed, if it is still there: value. It is unmapped then.
 */
bool mapping_remove(struct slot *cap);

/* How many more spaces there can be: retype of a Process checks it. */
unsigned vspace_available(void);
/* Number a new space, whose zeroed root table gets the kernel's upper half. */
void vspace_init(struct vspace *vspace, uint64_t *root);
/* Forget a space, from every TLB too; all its mappings become stale. The root table must not be in
 * use on any hart any more. */
void vspace_destroy(struct vspace *vspace);
/* Drop what any hart remembers of it: after an entry was taken out. */
void vspace_flush(struct vspace *vspace);
/* Whether a page fault (cause and address of the trap) is one that the tables do not explain: a
 * hart may remember that there was no translation. */
bool vspace_allows(struct vspace *vspace, vaddr_t vaddr, unsigned right);

/* Check that a page of 2^size_bits bytes (12, 21, 30) could be mapped, and find its entry.
 * E_BAD_ARGUMENT: beyond USER_TOP; E_ALIGNMENT; E_NO_RIGHT: writable and executable at once,
 * writable and not readable, or nothing at all; E_NO_TABLE; E_MAPPED. */
CHECKED enum error vspace_find(struct vspace *vspace, vaddr_t vaddr, unsigned size_bits,
                               unsigned rights, uint64_t **entry);
/* Fill an entry that vspace_find gave. A and D are set, so that no hardware has to write them. */
void vspace_set(struct vspace *vspace, uint64_t *entry, paddr_t paddr, unsigned rights);
/* The entry for vaddr if it maps exactly this page, or NULL. */
uint64_t *vspace_page(const struct vspace *vspace, vaddr_t vaddr, paddr_t paddr,
                      unsigned size_bits);
/* Clear an entry; no hart remembers it then. */
void vspace_clear(struct vspace *vspace, uint64_t *entry);

/* The entry that lacks a table for vaddr, highest level first. E_MAPPED: none lacks one. */
CHECKED enum error vspace_find_table(struct vspace *vspace, vaddr_t vaddr, uint64_t **entry);
void vspace_set_table(struct vspace *vspace, uint64_t *entry, const uint64_t *table);
/* The entry that names the table on the way to vaddr, or NULL. */
uint64_t *vspace_table(const struct vspace *vspace, vaddr_t vaddr, const uint64_t *table);

/* The kernel's own root table (arch): entries 256.. are in every space. */
extern uint64_t kernel_root_table[512];

/* Supplied by the Process object. */
struct vspace *process_vspace(struct process *process);
