/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of address spaces, by which capabilities remember where they are mapped. */
#include <string.h>
#include <kernel/vspace.h>

struct vspace_number vspace_numbers[VSPACE_COUNT];
static uint16_t free_first;
static uint16_t fresh = VSPACE_ROOT; /* this and all above were never used */
static unsigned used;

unsigned vspace_available(void)
{
    return VSPACE_COUNT - 1 - used;
}

void vspace_init(struct vspace *vspace, uint64_t *root)
{
    uint16_t id = free_first;

    if (id)
        free_first = vspace_numbers[id].next;
    else
        id = fresh++;
    used++;
    vspace_numbers[id].vspace = vspace;
    *vspace = (struct vspace){.root = root, .id = id, .generation = vspace_numbers[id].generation};
    memcpy(&root[256], &kernel_root_table[256], 256 * sizeof *root);
}

void vspace_destroy(struct vspace *vspace)
{
    uint16_t id = vspace->id;

    vspace_flush(vspace);
    vspace_numbers[id].vspace = NULL;
    vspace_numbers[id].generation = (vspace_numbers[id].generation + 1) & VSPACE_AGE_MASK;
    vspace_numbers[id].next = free_first;
    free_first = id;
    used--;
    vspace->id = 0;
}
