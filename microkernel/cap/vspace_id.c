/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of address spaces, by which capabilities remember where they are mapped. */
#include <string.h>
#include <kernel/vspace.h>

#define AGE_MASK ((1u << VSPACE_AGE_BITS) - 1)

/* vspace NULL: free, and `next` is the next free number. Numbers >= fresh were never used. */
static struct {
    struct vspace *vspace;
    uint32_t generation;
    uint16_t next;
} spaces[VSPACE_COUNT];
static uint16_t free_first;
static uint16_t fresh = VSPACE_ROOT;
static unsigned used;

unsigned vspace_available(void)
{
    return VSPACE_COUNT - 1 - used;
}

void vspace_init(struct vspace *vspace, uint64_t *root)
{
    uint16_t id = free_first;

    if (id)
        free_first = spaces[id].next;
    else
        id = fresh++;
    used++;
    spaces[id].vspace = vspace;
    *vspace = (struct vspace){.root = root, .id = id, .generation = spaces[id].generation};
    memcpy(&root[256], &kernel_root_table[256], 256 * sizeof *root);
}

void vspace_destroy(struct vspace *vspace)
{
    uint16_t id = vspace->id;

    vspace_flush(vspace);
    spaces[id].vspace = NULL;
    spaces[id].generation = (spaces[id].generation + 1) & AGE_MASK;
    spaces[id].next = free_first;
    free_first = id;
    used--;
    vspace->id = 0;
}

/* data: id 12 bits, generation 22 bits, page number 26 bits. */
struct mapping mapping_get(const struct slot *cap)
{
    uint64_t data = cap_data(cap);

    return (struct mapping){
        .id = data & (VSPACE_COUNT - 1),
        .generation = (uint32_t)(data >> VSPACE_ID_BITS) & AGE_MASK,
        .vaddr = {data >> (VSPACE_ID_BITS + VSPACE_AGE_BITS) << PAGE_BITS},
    };
}

void mapping_set(struct slot *cap, const struct vspace *vspace, vaddr_t vaddr)
{
    cap_set_data(cap, vspace->id | (uint64_t)vspace->generation << VSPACE_ID_BITS |
                          vaddr.raw >> PAGE_BITS << (VSPACE_ID_BITS + VSPACE_AGE_BITS));
}

struct vspace *mapping_vspace(struct mapping mapping)
{
    if (mapping.id == 0 || spaces[mapping.id].generation != mapping.generation)
        return NULL;
    return spaces[mapping.id].vspace;
}

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

bool mapping_remove(const struct slot *cap)
{
    struct vspace *vspace;
    uint64_t *entry = mapping_entry(cap, &vspace);

    if (entry)
        vspace_clear(vspace, entry);
    return entry != NULL;
}
