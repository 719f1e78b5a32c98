/* SPDX-License-Identifier: BSD-2-Clause */
/* A model of a Rocket core's memory: it knows what an access costs, and nothing of QEMU.
 *
 *     fetch, load, store --> TLB --miss--> walk: PTE cache, page tables in the L1 data cache
 *                             \--> L1 (physical) --miss--> memory
 *
 * One hart without an L2 and without ASIDs. ITLB and DTLB: 32 entries each, fully associative, the
 * least recently used one is replaced; a page of any size takes one entry. L1 I and D: 16 KiB, 4
 * ways of 64 sets of 64 bytes, a random way is replaced (the same ones in every run). The walker
 * keeps 8 table entries that are no leaves. `sfence.vma` with rs2 = x0 drops every translation,
 * with another register those that are not global, and the walker's entries in either case.
 *
 * An instruction takes a cycle; what follows is paid on top. The figures were measured on the RTL
 * of such a core; those of a walk fit its 21 cycles for three levels and 12 for one:
 *
 *     walk 12, each further table 4.5    L1 miss 50, 56 if the line that goes is dirty
 *     trap 5, sret and mret 5            satp 5, sfence 15, sstatus 5 (in all)
 *     load to use 2, csr to use 3        mul 9, div 63, amo 5, lr and sc 8, fence.i 55, MMIO 8
 *
 * Not modelled: branch prediction, ports and the write buffer of the L1, the bus.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define ROCKET_TLB    32u
#define ROCKET_WALKER 8u
#define ROCKET_SETS   64u
#define ROCKET_WAYS   4u
#define ROCKET_LINE   64u
#define ROCKET_LEVELS 3u

/* What a cycle is spent on. */
enum rocket_cost {
    COST_BASE,   /* the instruction itself */
    COST_STALL,  /* a result that is not there yet, or an instruction that takes long */
    COST_SWITCH, /* traps and returns, satp, fences */
    COST_ITLB,   /* walks, but for their L1 misses */
    COST_DTLB,
    COST_ICACHE, /* L1 misses */
    COST_DCACHE,
    COST_TABLES, /* L1 misses of walks */
    ROCKET_COSTS
};

enum rocket_access { ACCESS_FETCH, ACCESS_LOAD, ACCESS_STORE };

/* What an access touched. */
struct rocket_touch {
    uint64_t physical;
    uint8_t level; /* of the page: 0 4 KiB, 1 2 MiB, 2 1 GiB; 3: not translated */
    bool global;
    bool tlb_miss, l1_miss;
    unsigned tables; /* entries that the walk read through the L1: */
    uint64_t table[ROCKET_LEVELS];
    bool table_miss[ROCKET_LEVELS];
};

struct rocket_entry {
    uint64_t page; /* virtual, of the level's size; translations are told apart by it */
    uint64_t frame;
    uint64_t used; /* when; 0: empty */
    uint8_t level;
    bool global;
};

struct rocket_tlb {
    struct rocket_entry entry[ROCKET_TLB];
};

struct rocket_cache {
    struct {
        uint64_t line; /* 0: none */
        bool dirty;
    } way[ROCKET_SETS][ROCKET_WAYS];
};

struct rocket {
    /* The word at a physical address; false: there is no RAM. */
    bool (*read)(void *memory, uint64_t physical, uint64_t *word);
    void *memory;
    uint64_t *cycles; /* [ROCKET_COSTS]: whom the cycles are charged to; may change at any time */
    uint64_t space;
    uint64_t now;
    uint32_t random;
    struct rocket_tlb itlb, dtlb;
    struct rocket_entry walker[ROCKET_WALKER]; /* frame: of the next table */
    struct rocket_cache icache, dcache;
};

void rocket_init(struct rocket *rocket, bool (*read)(void *, uint64_t, uint64_t *), void *memory);

/* satp is written: nothing is dropped. */
void rocket_space(struct rocket *rocket, uint64_t space);
/* sfence.vma; all: rs2 = x0. */
void rocket_fence(struct rocket *rocket, bool all);
/* fence.i */
void rocket_fence_code(struct rocket *rocket);

/* An access, which lies within a line. translated: not in M-mode. False: no such page; then nothing
 * was touched and nothing charged. An address beyond the RAM goes past the L1. */
bool rocket_access(struct rocket *rocket, enum rocket_access access, uint64_t address,
                   bool translated, struct rocket_touch *touch);

/* Where the address lies, by the tables that satp names now; nothing is touched or charged. */
bool rocket_look(const struct rocket *rocket, uint64_t address, uint64_t *physical);

static inline void rocket_charge(struct rocket *rocket, enum rocket_cost cost, uint64_t cycles)
{
    rocket->cycles[cost] += cycles;
}
static inline unsigned rocket_set(uint64_t physical)
{
    return (unsigned)(physical / ROCKET_LINE % ROCKET_SETS);
}
