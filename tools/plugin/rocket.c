/* SPDX-License-Identifier: BSD-2-Clause */
#include "rocket.h"
#include <string.h>

#define PAGE_BITS  12u
#define LEVEL_BITS 9u

/* RISC-V Privileged 1.12 §4.4.1 */
#define PTE_V      1u
#define PTE_LEAF   0xeu /* R, W or X */
#define PTE_G      0x20u
#define PTE_PPN(e) (((e) >> 10) & 0xfffffffffffull)
#define SATP_PPN   0xfffffffffffull
#define SATP_MODE  60u

#define MISS_CLEAN 50u
#define MISS_DIRTY 56u
#define MMIO       7u /* and the instruction's own */
static const unsigned walk_cycles[ROCKET_LEVELS + 1] = {12, 12, 16, 21}; /* by tables read */

void rocket_init(struct rocket *rocket, bool (*read)(void *, uint64_t, uint64_t *), void *memory)
{
    memset(rocket, 0, sizeof *rocket);
    rocket->read = read;
    rocket->memory = memory;
    rocket->random = 1;
}

void rocket_space(struct rocket *rocket, uint64_t space)
{
    rocket->space = space;
}

static void drop(struct rocket_tlb *tlb, bool all)
{
    for (unsigned i = 0; i < ROCKET_TLB; i++) {
        if (all || !tlb->entry[i].global)
            tlb->entry[i].used = 0;
    }
}

void rocket_fence(struct rocket *rocket, bool all)
{
    drop(&rocket->itlb, all);
    drop(&rocket->dtlb, all);
    memset(rocket->walker, 0, sizeof rocket->walker);
}

void rocket_fence_code(struct rocket *rocket)
{
    memset(&rocket->icache, 0, sizeof rocket->icache);
}

/* ---------------------------------------------------------------- L1 */

/* xorshift; its period is that of 32 bits. */
static unsigned any_way(struct rocket *rocket)
{
    rocket->random ^= rocket->random << 13;
    rocket->random ^= rocket->random >> 17;
    rocket->random ^= rocket->random << 5;
    return rocket->random / 16 % ROCKET_WAYS;
}

static unsigned victim(struct rocket *rocket, struct rocket_cache *cache, unsigned set)
{
    for (unsigned i = 0; i < ROCKET_WAYS; i++) {
        if (cache->way[set][i].line == 0)
            return i;
    }
    return any_way(rocket);
}

/* Value: whether it missed, and has been charged. */
static bool l1(struct rocket *rocket, struct rocket_cache *cache, uint64_t physical, bool store,
               enum rocket_cost cost)
{
    uint64_t line = physical / ROCKET_LINE;
    unsigned set = rocket_set(physical), way;

    for (unsigned i = 0; i < ROCKET_WAYS; i++) {
        if (cache->way[set][i].line == line) {
            cache->way[set][i].dirty |= store;
            return false;
        }
    }
    way = victim(rocket, cache, set);
    rocket_charge(rocket, cost, cache->way[set][way].dirty ? MISS_DIRTY : MISS_CLEAN);
    cache->way[set][way].line = line;
    cache->way[set][way].dirty = store;
    return true;
}

/* ---------------------------------------------------------------- translation */

static unsigned page_bits(unsigned level)
{
    return PAGE_BITS + LEVEL_BITS * level;
}

static struct rocket_entry *find(struct rocket *rocket, struct rocket_entry *entries,
                                 unsigned count, uint64_t address)
{
    for (unsigned i = 0; i < count; i++) {
        struct rocket_entry *entry = &entries[i];

        if (entry->used && entry->page == address >> page_bits(entry->level)) {
            entry->used = ++rocket->now;
            return entry;
        }
    }
    return NULL;
}

static struct rocket_entry *replace(struct rocket *rocket, struct rocket_entry *entries,
                                    unsigned count)
{
    struct rocket_entry *oldest = &entries[0];

    for (unsigned i = 1; i < count; i++) {
        if (entries[i].used < oldest->used)
            oldest = &entries[i];
    }
    oldest->used = ++rocket->now;
    return oldest;
}

/* Where a walk begins: behind the deepest table that the walker remembers. */
static unsigned first_table(struct rocket *rocket, uint64_t address, uint64_t *table)
{
    for (unsigned level = 1; level < ROCKET_LEVELS; level++) {
        for (unsigned i = 0; i < ROCKET_WALKER; i++) {
            struct rocket_entry *entry = &rocket->walker[i];

            if (entry->used && entry->level == level &&
                entry->page == address >> page_bits(level)) {
                entry->used = ++rocket->now;
                *table = entry->frame;
                return level - 1;
            }
        }
    }
    *table = (rocket->space & SATP_PPN) << PAGE_BITS;
    return ROCKET_LEVELS - 1;
}

static void remember(struct rocket *rocket, uint64_t address, unsigned level, uint64_t table)
{
    struct rocket_entry *entry = replace(rocket, rocket->walker, ROCKET_WALKER);

    entry->page = address >> page_bits(level);
    entry->level = (uint8_t)level;
    entry->frame = table;
}

/* The leaf of the address, or false. Reads the tables through the data cache, if they are there. */
static bool walk(struct rocket *rocket, uint64_t address, struct rocket_touch *touch,
                 struct rocket_entry *leaf)
{
    uint64_t table, pte;
    bool global = false;
    unsigned level = first_table(rocket, address, &table);

    for (;; level--) {
        uint64_t at = table + 8 * (address >> page_bits(level) & ((1u << LEVEL_BITS) - 1));

        if (!rocket->read(rocket->memory, at, &pte) || !(pte & PTE_V))
            return false;
        touch->table[touch->tables++] = at;
        global |= (pte & PTE_G) != 0;
        table = PTE_PPN(pte) << PAGE_BITS;
        if (pte & PTE_LEAF)
            break;
        if (level == 0)
            return false;
        remember(rocket, address, level, table);
    }
    *leaf = (struct rocket_entry){address >> page_bits(level), table >> page_bits(level), 0,
                                  (uint8_t)level, global};
    return true;
}

bool rocket_look(const struct rocket *rocket, uint64_t address, uint64_t *physical)
{
    uint64_t table = (rocket->space & SATP_PPN) << PAGE_BITS, pte;

    for (unsigned level = ROCKET_LEVELS; level-- > 0;) {
        uint64_t mask = (1ull << page_bits(level)) - 1;
        uint64_t at = table + 8 * (address >> page_bits(level) & ((1u << LEVEL_BITS) - 1));

        if (!rocket->read(rocket->memory, at, &pte) || !(pte & PTE_V))
            return false;
        table = PTE_PPN(pte) << PAGE_BITS;
        if (pte & PTE_LEAF) {
            *physical = (table & ~mask) | (address & mask);
            return true;
        }
    }
    return false;
}

static bool miss(struct rocket *rocket, struct rocket_tlb *tlb, uint64_t address,
                 struct rocket_touch *touch, struct rocket_entry **entry)
{
    struct rocket_entry leaf;

    if (!walk(rocket, address, touch, &leaf))
        return false;
    touch->tlb_miss = true;
    rocket_charge(rocket, tlb == &rocket->itlb ? COST_ITLB : COST_DTLB, walk_cycles[touch->tables]);
    for (unsigned i = 0; i < touch->tables; i++)
        touch->table_miss[i] = l1(rocket, &rocket->dcache, touch->table[i], false, COST_TABLES);
    *entry = replace(rocket, tlb->entry, ROCKET_TLB);
    leaf.used = (*entry)->used;
    **entry = leaf;
    return true;
}

static bool translate(struct rocket *rocket, struct rocket_tlb *tlb, uint64_t address,
                      struct rocket_touch *touch)
{
    struct rocket_entry *entry = find(rocket, tlb->entry, ROCKET_TLB, address);

    if (!entry && !miss(rocket, tlb, address, touch, &entry))
        return false;
    touch->level = entry->level;
    touch->global = entry->global;
    touch->physical = entry->frame << page_bits(entry->level) |
                      (address & ((1ull << page_bits(entry->level)) - 1));
    return true;
}

bool rocket_access(struct rocket *rocket, enum rocket_access access, uint64_t address,
                   bool translated, struct rocket_touch *touch)
{
    struct rocket_tlb *tlb = access == ACCESS_FETCH ? &rocket->itlb : &rocket->dtlb;
    uint64_t ignored;

    *touch = (struct rocket_touch){.physical = address, .level = ROCKET_LEVELS};
    if (translated && rocket->space >> SATP_MODE && !translate(rocket, tlb, address, touch))
        return false;
    if (!rocket->read(rocket->memory, touch->physical & ~7ull, &ignored)) {
        rocket_charge(rocket, COST_STALL, MMIO);
        return true;
    }
    if (access == ACCESS_FETCH)
        touch->l1_miss = l1(rocket, &rocket->icache, touch->physical, false, COST_ICACHE);
    else
        touch->l1_miss =
            l1(rocket, &rocket->dcache, touch->physical, access == ACCESS_STORE, COST_DCACHE);
    return true;
}
