/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables against capabilities, both ways (RISC-V Privileged 1.12 §4.4).
 *
 * First each Frame and PageTable that says it is installed is looked up in its space, and noted if
 * it is still there. Then each page table is read: every entry must have been noted, must have A
 * and D set, and must name no memory of the kernel. The first process has pages and tables from
 * boot that no capability stands for. */
#include <kernel/cnode.h>
#include <kernel/object.h>
#include <kernel/vspace.h>
#include "check.h"

#define PTE_V           0x01ull
#define PTE_W           0x04ull
#define PTE_X           0x08ull
#define PTE_RWX         0x0eull
#define PTE_U           0x10ull
#define PTE_G           0x20ull
#define PTE_A           0x40ull
#define PTE_D           0x80ull
#define PTE_RIGHTS(pte) (uint32_t)((pte) >> 1 & 7) /* as RIGHT_READ, WRITE, EXECUTE */
#define PTE_PADDR(pte)  (((pte) >> 10 & ((1ull << 44) - 1)) << PAGE_BITS)
#define ENTRIES         512

static uint64_t page_key(uint16_t id, uint64_t vaddr, unsigned level)
{
    return (uint64_t)id << 40 | vaddr >> PAGE_BITS << 2 | level;
}

/* The entry for the address at the level, 0 if the walk ends before. */
static uint64_t entry_at(const struct vspace *vspace, uint64_t vaddr, unsigned level)
{
    const uint64_t *table = vspace->root;

    for (unsigned at = 2;; at--) {
        uint64_t pte = table[vaddr >> (PAGE_BITS + 9 * at) & (ENTRIES - 1)];

        if (at == level)
            return pte;
        if (!(pte & PTE_V) || (pte & PTE_RWX))
            return 0;
        table = paddr_to_ptr((paddr_t){PTE_PADDR(pte)});
    }
}

/* ---- what capabilities say ---- */

static const char *note_frame(struct check *check, const struct slot *cap,
                              const struct mapping *mapping, const struct vspace *vspace)
{
    unsigned level = (cap->size_bits - PAGE_BITS) / 9;
    uint64_t pte = entry_at(vspace, mapping->vaddr.raw, level);
    uint32_t *rights;
    bool added;

    if (!(pte & PTE_V) || !(pte & PTE_RWX) || PTE_PADDR(pte) != cap->word)
        return NULL; /* it fell out with its table */
    rights =
        check_map_add(&check->leaves, page_key(mapping->id, mapping->vaddr.raw, level), &added);
    if (!rights)
        return CHECK_FULL;
    *rights |= cap->rights;
    return NULL;
}

static const char *note_table(struct check *check, const struct slot *cap,
                              const struct mapping *mapping, const struct vspace *vspace)
{
    uint64_t paddr = ptr_to_paddr(cap_object(cap)).raw;

    for (unsigned level = 2; level >= 1; level--) {
        uint64_t pte = entry_at(vspace, mapping->vaddr.raw, level);
        bool added;

        if (!(pte & PTE_V) || (pte & PTE_RWX) || PTE_PADDR(pte) != paddr)
            continue;
        if (!check_map_add(&check->tables, paddr, &added))
            return CHECK_FULL;
        return NULL;
    }
    return NULL;
}

static const char *check_empty(const struct slot *cap)
{
    const uint64_t *table = cap_object(cap);

    for (unsigned i = 0; i < ENTRIES; i++)
        if (table[i])
            return "a PageTable that is not installed is not empty";
    return NULL;
}

static const char *note_installed(struct check *check, const struct slot *cap)
{
    struct mapping mapping = mapping_get(cap);
    struct vspace *vspace = mapping_vspace(mapping);

    check->where = cap;
    if (cap->type == OBJECT_PAGE_TABLE && mapping.id == 0)
        return check_empty(cap);
    if (!vspace)
        return NULL; /* its space is dead */
    if (mapping.vaddr.raw >= USER_TOP)
        return "a mapping outside of user space";
    return cap->type == OBJECT_FRAME ? note_frame(check, cap, &mapping, vspace)
                                     : note_table(check, cap, &mapping, vspace);
}

/* ---- the kernel's memory ---- */

static void mark(struct check *check, uint64_t begin, uint64_t end)
{
    for (uint64_t at = begin & ~(PAGE_BYTES - 1); at < end; at += PAGE_BYTES) {
        uint64_t page = (at - CHECK_MEMORY_BASE) / PAGE_BYTES;

        if (page < CHECK_MEMORY_PAGES)
            check->kernel_pages[page / 64] |= 1ull << page % 64;
    }
}

static void mark_objects(struct check *check)
{
    for (uint32_t i = 0; i < check->object_count; i++) {
        const struct check_object *noted = &check->objects[i];
        uint64_t begin = ptr_to_paddr(noted->address).raw;
        unsigned bits;

        if (noted->type == OBJECT_CNODE || noted->type == SLOT_CNODE_DYING)
            bits = ((const struct slot *)noted->address)->size_bits + CNODE_SLOT_BITS;
        else
            bits = object_ops[noted->type].size_bits;
        mark(check, begin, begin + (1ull << bits));
    }
    mark(check, check->image.begin, check->image.end);
}

static bool has_kernel_memory(const struct check *check, uint64_t paddr, unsigned level)
{
    uint64_t page = (paddr - CHECK_MEMORY_BASE) / PAGE_BYTES, end = page + (1ull << 9 * level);

    for (; page < end && page < CHECK_MEMORY_PAGES; page++)
        if (check->kernel_pages[page / 64] >> page % 64 & 1)
            return true;
    return false;
}

/* ---- what page tables say ---- */

static bool is_executor_page(const struct process *process, uint64_t paddr, unsigned level)
{
    uint64_t page = paddr - ptr_to_paddr(process).raw;

    return level == 0 && (page == PAGE_BYTES || page == 3 * PAGE_BYTES); /* or that of the rings */
}

static const char *check_leaf(struct check *check, struct process *process, uint64_t pte,
                              uint64_t vaddr, unsigned level)
{
    uint64_t paddr = PTE_PADDR(pte);
    uint32_t *rights;

    if ((pte & (PTE_U | PTE_A | PTE_D)) != (PTE_U | PTE_A | PTE_D) || (pte & PTE_G))
        return "a page without U, A or D, or with G";
    if ((pte & PTE_W) && (pte & (PTE_RWX & ~PTE_W)) != (PTE_RWX & ~PTE_W & ~PTE_X))
        return "a page is writable and executable, or writable only";
    if (paddr & ((PAGE_BYTES << 9 * level) - 1))
        return "a page is not aligned to its size";
    if (is_executor_page(process, paddr, level))
        return NULL;
    if (has_kernel_memory(check, paddr, level) &&
        !(paddr == check->open_page && level == 0 && !(pte & (PTE_W | PTE_X))))
        return "a user page is memory of the kernel";
    if (process == check->first_process)
        return NULL;
    rights = check_map_find(&check->leaves, page_key(process_vspace(process)->id, vaddr, level));
    if (!rights)
        return "a page that no Frame is mapped at";
    return PTE_RIGHTS(pte) & ~*rights ? "a page has more rights than its Frame" : NULL;
}

static const char *check_table(struct check *check, struct process *process, uint64_t paddr)
{
    uint32_t *met = check_map_find(&check->tables, paddr);
    bool added;

    if (!met && process != check->first_process)
        return "a page table that no PageTable stands for";
    if (!met)
        met = check_map_add(&check->tables, paddr, &added);
    if (!met)
        return CHECK_FULL;
    return (*met)++ ? "a page table is installed twice" : NULL;
}

static const char *check_entries(struct check *check, struct process *process,
                                 const uint64_t *table, uint64_t base, unsigned level)
{
    const char *wrong = NULL;

    for (unsigned i = 0; i < (level == 2 ? ENTRIES / 2 : ENTRIES) && !wrong; i++) {
        uint64_t pte = table[i], vaddr = base | (uint64_t)i << (PAGE_BITS + 9 * level);

        if (!pte)
            continue;
        check->where = &table[i];
        if (!(pte & PTE_V))
            return "an entry that is not valid is not zero";
        if (pte & PTE_RWX) {
            wrong = check_leaf(check, process, pte, vaddr, level);
        } else if (level == 0) {
            wrong = "a page table below the last level";
        } else {
            wrong = check_table(check, process, PTE_PADDR(pte));
            if (!wrong)
                wrong = check_entries(check, process, paddr_to_ptr((paddr_t){PTE_PADDR(pte)}),
                                      vaddr, level - 1);
        }
    }
    return wrong;
}

static const char *check_space(struct check *check, struct process *process)
{
    struct vspace *vspace = process_vspace(process);

    check->where = process;
    if (mapping_vspace((struct mapping){.id = vspace->id, .generation = vspace->generation}) !=
        vspace)
        return "the number of an address space is not its own";
    for (unsigned i = ENTRIES / 2; i < ENTRIES; i++)
        if (vspace->root[i] != kernel_root_table[i])
            return "the upper half of an address space is not the kernel's";
    return check_entries(check, process, vspace->root, 0, 2);
}

const char *check_pages(struct check *check)
{
    const char *wrong = NULL;
    unsigned spaces = 0;

    mark_objects(check);
    for (uint32_t i = 0; i < check->installed_count && !wrong; i++)
        wrong = note_installed(check, check->installed[i]);
    for (uint32_t i = 0; i < check->object_count && !wrong; i++) {
        if (check->objects[i].type != OBJECT_PROCESS)
            continue;
        wrong = check_space(check, check->objects[i].address);
        spaces++;
    }
    check->where = wrong ? check->where : NULL;
    if (!wrong && spaces + vspace_available() != VSPACE_COUNT - 1)
        wrong = "the numbers of address spaces are miscounted";
    return wrong;
}
