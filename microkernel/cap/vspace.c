/* SPDX-License-Identifier: BSD-2-Clause */
/* Sv39 page tables: walk, install, take out. Source: RISC-V Privileged 1.12 §4.4. */
#include <string.h>
#include <kernel/arch.h>
#include <kernel/smp.h>
#include <kernel/vspace.h>

#define PTE_V    0x01ull
#define PTE_R    0x02ull
#define PTE_W    0x04ull
#define PTE_X    0x08ull
#define PTE_U    0x10ull
#define PTE_A    0x40ull
#define PTE_D    0x80ull
#define PTE_LEAF (PTE_R | PTE_W | PTE_X)

#define TABLE_ENTRIES 512
#define TOP_LEVEL     2
#define RIGHTS_MAP    (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)

static unsigned level_shift(unsigned level)
{
    return PAGE_BITS + 9 * level;
}

static uint64_t *table_entry(uint64_t *table, vaddr_t vaddr, unsigned level)
{
    return &table[vaddr.raw >> level_shift(level) & (TABLE_ENTRIES - 1)];
}

static uint64_t pte_make(paddr_t paddr, uint64_t flags)
{
    return paddr.raw >> PAGE_BITS << 10 | flags | PTE_V;
}

/* Rights have the order of their bits in an entry. */
static uint64_t pte_rights(unsigned rights)
{
    _Static_assert(RIGHT_WRITE * PTE_R == PTE_W && RIGHT_EXECUTE * PTE_R == PTE_X, "the order");
    return (rights & RIGHTS_MAP) * PTE_R;
}

static paddr_t pte_paddr(uint64_t pte)
{
    return (paddr_t){(pte >> 10 & ((1ull << 44) - 1)) << PAGE_BITS};
}

static bool pte_is_table(uint64_t pte)
{
    return (pte & PTE_V) && !(pte & PTE_LEAF);
}

/* The level at which pages of 2^size_bits bytes are mapped. */
static unsigned page_level(unsigned size_bits)
{
    return (size_bits - PAGE_BITS) / 9;
}

/* The entry for vaddr at the level, or the one above it where the walk ends. */
static inline uint64_t *walk(const struct vspace *vspace, vaddr_t vaddr, unsigned level,
                             unsigned *reached)
{
    uint64_t *entry = table_entry(vspace->root, vaddr, TOP_LEVEL);

    for (*reached = TOP_LEVEL; *reached > level && pte_is_table(*entry);)
        entry = table_entry(paddr_to_ptr(pte_paddr(*entry)), vaddr, --*reached);
    return entry;
}

void vspace_flush(struct vspace *vspace)
{
    uint64_t harts = __atomic_load_n(&vspace->harts, __ATOMIC_SEQ_CST);

    arch_tlb_flush_asid(vspace->asid);
    hart_call(harts, arch_tlb_flush_asid, vspace->asid);
}

bool vspace_allows(struct vspace *vspace, vaddr_t vaddr, unsigned right)
{
    uint64_t wanted = PTE_V | PTE_U | pte_rights(right);
    unsigned reached;
    uint64_t *entry;

    if (vaddr.raw >= USER_TOP)
        return false;
    entry = walk(vspace, vaddr, 0, &reached);
    return (*entry & wanted) == wanted;
}

/* ---- pages ---- */

static enum error check_page(vaddr_t vaddr, unsigned size_bits, unsigned rights)
{
    if (vaddr.raw >= USER_TOP)
        return needs(USER_TOP - 1, E_BAD_ARGUMENT);
    if (vaddr.raw & ((1ull << size_bits) - 1))
        return needs(1ull << size_bits, E_ALIGNMENT);
    if ((rights & RIGHT_WRITE) && (rights & RIGHT_EXECUTE))
        return E_NO_RIGHT;
    if ((rights & RIGHTS_MAP) == 0 || (rights & RIGHTS_MAP) == RIGHT_WRITE) /* reserved encoding */
        return needs(RIGHT_READ, E_NO_RIGHT);
    return E_OK;
}

enum error vspace_find(struct vspace *vspace, vaddr_t vaddr, unsigned size_bits, unsigned rights,
                       uint64_t **entry)
{
    unsigned reached;

    TRY(check_page(vaddr, size_bits, rights));
    *entry = walk(vspace, vaddr, page_level(size_bits), &reached);
    if (**entry & PTE_V)
        return E_MAPPED;
    return reached == page_level(size_bits) ? E_OK : E_NO_TABLE;
}

void vspace_set(struct vspace *vspace, uint64_t *entry, paddr_t paddr, unsigned rights)
{
    *entry = pte_make(paddr, PTE_U | PTE_A | PTE_D | pte_rights(rights));
    /* A processor may remember that an entry was invalid; others find out by a fault
     * (vspace_allows). */
    arch_tlb_flush_asid(vspace->asid);
}

uint64_t *vspace_page(const struct vspace *vspace, vaddr_t vaddr, paddr_t paddr, unsigned size_bits)
{
    unsigned reached;
    uint64_t *entry = walk(vspace, vaddr, page_level(size_bits), &reached);
    bool same = reached == page_level(size_bits) && (*entry & PTE_V) && (*entry & PTE_LEAF) &&
                pte_paddr(*entry).raw == paddr.raw;

    return same ? entry : NULL;
}

void vspace_clear(struct vspace *vspace, uint64_t *entry)
{
    *entry = 0;
    vspace_flush(vspace);
}

/* ---- tables ---- */

enum error vspace_find_table(struct vspace *vspace, vaddr_t vaddr, uint64_t **entry)
{
    unsigned reached;

    if (vaddr.raw >= USER_TOP)
        return needs(USER_TOP - 1, E_BAD_ARGUMENT);
    *entry = walk(vspace, vaddr, 0, &reached);
    return reached == 0 || (**entry & PTE_V) ? E_MAPPED : E_OK;
}

void vspace_set_table(struct vspace *vspace, uint64_t *entry, const uint64_t *table)
{
    *entry = pte_make(ptr_to_paddr(table), 0);
    arch_tlb_flush_asid(vspace->asid);
}

uint64_t *vspace_table(const struct vspace *vspace, vaddr_t vaddr, const uint64_t *table)
{
    unsigned reached;

    for (unsigned level = TOP_LEVEL; level >= 1; level--) {
        uint64_t *entry = walk(vspace, vaddr, level, &reached);

        if (reached != level || !pte_is_table(*entry))
            return NULL;
        if (pte_paddr(*entry).raw == ptr_to_paddr(table).raw)
            return entry;
    }
    return NULL;
}

/* ---- what a capability has installed ---- */

uint64_t *mapping_entry(const struct slot *cap, struct vspace **vspace)
{
    struct mapping mapping = mapping_get(cap);

    *vspace = mapping_vspace(mapping);
    if (!*vspace)
        return NULL;
    return cap->type == OBJECT_PAGE_TABLE
               ? vspace_table(*vspace, mapping.vaddr, cap_object(cap))
               : vspace_page(*vspace, mapping.vaddr, (paddr_t){cap->word}, cap->size_bits);
}

bool mapping_remove(struct slot *cap)
{
    struct vspace *vspace;
    uint64_t *entry = mapping_entry(cap, &vspace);

    if (entry)
        vspace_clear(vspace, entry);
    /* Even if it had fallen out before (its space died, or the table above it was taken out):
     * entries of frames that are gone must not come back with it. */
    if (cap->type == OBJECT_PAGE_TABLE && mapping_get(cap).id)
        memset(cap_object(cap), 0, PAGE_BYTES);
    cap_set_data(cap, 0);
    return entry != NULL;
}
