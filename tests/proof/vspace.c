/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables. Memory is three tables, of which the first is the root; every entry that names a
 * table names one of them, even itself: so all that the walk may rely on is that tables name
 * tables. Tables have 4 entries here (proof_table_entry: 512). */
#include "proof.h"
#include <kernel/vspace.h>

#define TABLES     3
#define TABLE_BASE 0x80000000ull
#ifndef ENTRIES
#define ENTRIES 4
#endif

static uint64_t root[ENTRIES], second[ENTRIES], third[ENTRIES];

static uint64_t *table_number(uint64_t i)
{
    return i == 0 ? root : i == 1 ? second : third;
}

static inline void *paddr_to_ptr(paddr_t paddr)
{
    uint64_t table = (paddr.raw - TABLE_BASE) >> 12;

    ASSUME(table < TABLES && paddr.raw % PAGE_BYTES == 0);
    return table_number(table);
}
static inline paddr_t ptr_to_paddr(const void *ptr)
{
    return (paddr_t){TABLE_BASE + (ptr == root ? 0 : ptr == second ? 1 : 2) * PAGE_BYTES};
}
static inline void *proof_object(uint64_t word)
{
    return (void *)(uintptr_t)word;
}

#include <microkernel/cap/vspace.c>

static unsigned flushed;

void arch_tlb_flush_asid(uint64_t asid)
{
    (void)asid;
    flushed |= 1;
}
void hart_call(uint64_t mask, void (*function)(uint64_t argument), uint64_t argument)
{
    (void)mask, (void)argument;
    CHECK(function == arch_tlb_flush_asid);
    flushed |= 2;
}

static struct vspace space = {.root = root, .asid = 7};

/* Any page that the system calls may ask for. */
struct page {
    vaddr_t vaddr;
    paddr_t paddr;
    unsigned size_bits;
    unsigned rights;
    unsigned level;
};

static struct page any_page(void)
{
    struct page page = {
        {nondet_u64()}, {below(1ull << 39)}, 0, (unsigned)below(16), (unsigned)below(3)};

    page.size_bits = 12 + 9 * page.level;
    ASSUME(page.paddr.raw % (1ull << page.size_bits) == 0);
    __CPROVER_havoc_object(root);
    __CPROVER_havoc_object(second);
    __CPROVER_havoc_object(third);
    return page;
}

/* The entry for an address at a level, by the words of the specification (VPN[i]). */
static uint64_t *entry_at(const struct page *page, unsigned level)
{
    uint64_t *table = root;

    for (unsigned i = 2; i > level; i--) {
        uint64_t entry = table[page->vaddr.raw / (1ull << (12 + 9 * i)) % ENTRIES];

        if ((entry & 1) == 0 || (entry & 14) != 0)
            return NULL;
        table = paddr_to_ptr((paddr_t){(entry >> 10 & 0xfffffffffffull) * 4096});
    }
    return &table[page->vaddr.raw / (1ull << (12 + 9 * level)) % ENTRIES];
}

/* One entry, anywhere, that must not change. */
static uint64_t *witness, witness_before;

static void watch_any(void)
{
    witness = table_number(below(TABLES)) + below(ENTRIES);
    witness_before = *witness;
}

void proof_table_entry(void)
{
    vaddr_t vaddr = {nondet_u64()};
    unsigned level = (unsigned)below(3);
    uint64_t *entry = table_entry(root, vaddr, level);
    uint64_t index = vaddr.raw / (1ull << (12 + 9 * level)) % 512;

    CHECK(entry == root + index);
    /* The kernel's half of the root is out of reach. */
    CHECK(level != 2 || vaddr.raw >= USER_TOP || index < 256);
    COVER(index == 511 && level == 0);
    COVER(index == 255 && level == 2 && vaddr.raw < USER_TOP);
}

void proof_check_page(void)
{
    vaddr_t vaddr = {nondet_u64()};
    unsigned size_bits = 12 + 9 * (unsigned)below(3), rights = nondet_u32();
    enum error error = check_page(vaddr, size_bits, rights);
    bool read = rights & RIGHT_READ, write = rights & RIGHT_WRITE, run = rights & RIGHT_EXECUTE;

    CHECK((error == E_OK) == (vaddr.raw < USER_TOP && vaddr.raw % (1ull << size_bits) == 0 &&
                              ((read && !run) || (run && !write))));
    /* The whole page lies below the kernel. */
    CHECK(error != E_OK || vaddr.raw + (1ull << size_bits) <= USER_TOP);
    COVER(error == E_OK && write);
    COVER(error == E_OK && run && !read);
    COVER(error == E_ALIGNMENT);
}

void proof_vspace_map(void)
{
    struct page page = any_page();
    uint64_t *found;
    enum error error;

    watch_any();
    error = vspace_find(&space, page.vaddr, page.size_bits, page.rights, &found);
    if (error == E_OK)
        vspace_set(&space, found, page.paddr, page.rights);
    if (error == E_OK) {
        uint64_t *entry = entry_at(&page, page.level);
        uint64_t pte = entry ? *entry : 0;

        CHECK(entry && flushed);
        CHECK((pte >> 10) * 4096 == page.paddr.raw);
        CHECK((pte & 0x3ff) ==
              (0xd1 | (page.rights & RIGHT_READ ? 2 : 0) | (page.rights & RIGHT_WRITE ? 4 : 0) |
               (page.rights & RIGHT_EXECUTE ? 8 : 0)));
        CHECK((pte & 12) != 12); /* never writable and executable */
        CHECK(witness == entry || *witness == witness_before);
        CHECK(witness != entry || !(witness_before & 1)); /* nothing was there */
        CHECK(vspace_page(&space, page.vaddr, page.paddr, page.size_bits) == entry);
    } else {
        CHECK(*witness == witness_before);
    }
    COVER(error == E_OK && page.level == 0 && (page.rights & RIGHT_WRITE));
    COVER(error == E_OK && page.level == 2);
    COVER(error == E_MAPPED);
    COVER(error == E_NO_TABLE);
}

void proof_vspace_unmap(void)
{
    struct page page = any_page();
    uint64_t *entry, *found, before;
    bool maps, done;

    ASSUME(page.vaddr.raw < USER_TOP);
    watch_any();
    entry = entry_at(&page, page.level);
    before = entry ? *entry : 0;
    maps = entry && (before & 1) && (before & 14) &&
           (before >> 10 & 0xfffffffffffull) * 4096 == page.paddr.raw;
    found = vspace_page(&space, page.vaddr, page.paddr, page.size_bits);
    done = found != NULL;
    if (done)
        vspace_clear(&space, found);

    CHECK(done == maps);
    /* Whoever else remembers it is told, after it is gone. */
    CHECK(!done || (*entry == 0 && flushed == 3));
    CHECK((done && witness == entry) || *witness == witness_before);
    CHECK(!vspace_page(&space, page.vaddr, page.paddr, page.size_bits));
    COVER(done && page.level == 0);
    COVER(!done && entry && (before & 1) && (before & 14));
}

void proof_vspace_table(void)
{
    struct page page = any_page();
    uint64_t *entry, *top, *table = nondet_bool() ? second : third;
    enum error error;

    ASSUME(page.vaddr.raw < USER_TOP);
    watch_any();
    error = vspace_find_table(&space, page.vaddr, &entry);
    CHECK(*witness == witness_before);
    if (error == E_OK) {
        CHECK(!(*entry & 1));
        CHECK(entry == entry_at(&page, 2) || entry == entry_at(&page, 1));
        vspace_set_table(&space, entry, table);
        CHECK(pte_is_table(*entry) && pte_paddr(*entry).raw == ptr_to_paddr(table).raw);
        CHECK(witness == entry || *witness == witness_before);
        top = vspace_table(&space, page.vaddr, table); /* as high up as it is named */
        CHECK(top && pte_is_table(*top) && pte_paddr(*top).raw == ptr_to_paddr(table).raw);
        flushed = 0;
        vspace_clear(&space, top);
        CHECK(*top == 0 && flushed == 3);
        CHECK(witness == entry || *witness == witness_before || *witness == 0);
    }
    COVER(error == E_OK && __CPROVER_same_object(entry, second));
    COVER(error == E_MAPPED);
}

/* A fault is put down to a stale translation only if the tables allow what it missed. */
void proof_vspace_allows(void)
{
    struct page page = any_page();
    unsigned right = (unsigned[]){RIGHT_READ, RIGHT_WRITE, RIGHT_EXECUTE}[below(3)];
    unsigned bit = right == RIGHT_READ ? 2 : right == RIGHT_WRITE ? 4 : 8;
    bool allowed = vspace_allows(&space, page.vaddr, right);
    uint64_t *entry = NULL;

    if (page.vaddr.raw < USER_TOP) {
        for (unsigned level = 0; level < 3; level++)
            entry = entry ? entry : entry_at(&page, level);
        CHECK(allowed == ((*entry & 1) && (*entry & 16) && (*entry & bit)));
    } else {
        CHECK(!allowed);
    }
    COVER(allowed && entry == entry_at(&page, 0));
    COVER(allowed && !entry_at(&page, 1));
}
