/* SPDX-License-Identifier: BSD-2-Clause */
/* The invariants of the kernel, checked by walking everything that capabilities reach.
 *
 * A walk visits each capability once (tree.c) and notes what it names in tables; the other passes
 * compare these tables with the lists, counts and page tables that the kernel keeps for itself. A
 * walk takes time in proportion to the capabilities, CNode slots and page table entries there are.
 *
 * These files are linked into kernel-check.elf and the host's unit tests, never into the kernel
 * that is shipped. They only read the kernel's state, with the kernel lock held.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <kernel/cap.h>

#define CHECK_MAP_BITS     16    /* log2 of the entries of a map */
#define CHECK_SLOTS_MAX    32768 /* capabilities, half of the map */
#define CHECK_OBJECTS_MAX  16384
#define CHECK_INSTALLED    16384 /* PageTables, and Frames that say they are mapped */
#define CHECK_TOP_MAX      16384 /* capabilities derived from nothing, and orphans of those */
#define CHECK_MEMORY_BASE  0x80000000ull
#define CHECK_MEMORY_PAGES (1u << 18) /* 1 GiB: mappings beyond are not compared with objects */

/* A map from addresses to numbers. Entries of earlier walks are those with another stamp. */
struct check_entry {
    uint64_t key;
    uint32_t stamp;
    uint32_t value;
};
struct check_map {
    struct check_entry entries[1u << CHECK_MAP_BITS];
    uint32_t stamp;
    uint32_t used;
};

/* Something that capabilities count, or a PageTable. */
struct check_object {
    void *address; /* CNode: its slot 0 */
    uint32_t caps;
    uint8_t type; /* enum object_type, SLOT_CNODE_DYING */
};

/* Memory of a capability at the top of the tree. */
struct check_range {
    uint64_t begin, end;
    const struct slot *slot;
};

/* What a walk notes. Scratch memory: some 4 MiB, the same for each walk, zeroed before the first.
 */
struct check {
    struct check_map slots;  /* address of a slot in the tree: its index in slot_list */
    struct check_map known;  /* address of an object: its index in objects */
    struct check_map leaves; /* space and page: rights of the Frames that are mapped there */
    struct check_map tables; /* installed page tables: how often they were met */
    struct slot *slot_list[CHECK_SLOTS_MAX];
    bool held[CHECK_SLOTS_MAX]; /* by a CNode */
    struct check_object objects[CHECK_OBJECTS_MAX];
    struct slot *installed[CHECK_INSTALLED];
    struct check_range top[CHECK_TOP_MAX];
    uint64_t kernel_pages[CHECK_MEMORY_PAGES / 64]; /* bit: the kernel's own memory */
    uint32_t slot_count, object_count, installed_count, top_count;
    uint32_t dying;                  /* CNodes that die */
    struct check_map tasks;          /* addresses of virtual CPUs and threads */
    uint32_t states[16], blocked[8]; /* how many of them, by state and by what blocks them */
    uint32_t sent;                   /* and how many another hart has sent something */
    struct process *first_process;   /* has mappings that no capability stands for */
    struct check_range image;        /* of the kernel, physical; set before the first walk */
    uint64_t open_page;              /* page of the image that every process may read */
    const void *where;               /* what the broken invariant is about */
};

/* ---- tables (tables.c) ---- */

void check_map_clear(struct check_map *map);
/* The value of a key, which is added with value 0 if it is not there yet; NULL: the map is full. */
uint32_t *check_map_add(struct check_map *map, uint64_t key, bool *added);
/* NULL: not there. */
uint32_t *check_map_find(struct check_map *map, uint64_t key);
/* The live object of the type at this address, or NULL. */
struct check_object *check_live(struct check *check, const void *address, unsigned type);
/* Begin a walk: forget what the last one noted. */
void check_begin(struct check *check);

/* ---- passes: NULL, or what is wrong (and check->where). In this order. ---- */

typedef const char *(*check_pass_t)(struct check *check);

#define CHECK_FULL "the checker's tables are full"

/* Links, rights, badges and memory of each capability; fills the tables (tree.c). */
const char *check_tree(struct check *check);
/* Each object is named by as many capabilities as it believes (objects.c). */
const char *check_references(struct check *check);
/* What a CNode or Process holds is in the tree, and the reverse; CNodes that die (cnodes.c). */
const char *check_cnodes(struct check *check);
/* Frames and PageTables against page tables, both ways; no page of the kernel (pages.c). */
const char *check_pages(struct check *check);
