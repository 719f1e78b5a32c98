/* SPDX-License-Identifier: BSD-2-Clause */
/* A capability remembers where it is mapped, and a space that died is never found again. */
#include "proof.h"
#include <kernel/vspace.h>

struct slot nondet_slot(void);
uint64_t kernel_root_table[512];
static uint64_t root[512];

/* The kernel's half of the new root table, and nothing else, is written. */
static void copy_upper_half(void *to, const void *from, size_t bytes)
{
    CHECK(to == &root[256] && from == &kernel_root_table[256] && bytes == 256 * sizeof *root);
}
#define memcpy copy_upper_half
#include <microkernel/cap/vspace_id.c>

static unsigned flushes;

void vspace_flush(struct vspace *vspace)
{
    CHECK(vspace->id != 0);
    flushes++;
}

void proof_mapping_word(void)
{
    struct slot slot = nondet_slot(), before = slot;
    struct vspace vspace = {.id = (uint16_t)below(VSPACE_COUNT),
                            .generation = (uint32_t)below(1u << VSPACE_AGE_BITS)};
    vaddr_t vaddr = {below(USER_TOP)};
    struct mapping mapping;

    ASSUME(vaddr.raw % PAGE_BYTES == 0);
    mapping_set(&slot, &vspace, vaddr);
    mapping = mapping_get(&slot);
    CHECK(mapping.id == vspace.id && mapping.generation == vspace.generation &&
          mapping.vaddr.raw == vaddr.raw);
    CHECK(slot.type == before.type && slot.word == before.word && slot.child == before.child &&
          slot.next == before.next && slot.prev == before.prev && slot.rights == before.rights);
    cap_set_data(&slot, 0);
    CHECK(mapping_get(&slot).id == 0);
    COVER(vaddr.raw == USER_TOP - PAGE_BYTES && vspace.id == VSPACE_COUNT - 1);
}

/* Up to LIVES spaces come and go in any order; one of them was mapped into while it lived. */
#define LIVES 4

void proof_vspace_number(void)
{
    static struct vspace vspace[LIVES];
    bool alive[LIVES] = {false}, remembered = false;
    struct slot cap = nondet_slot();
    unsigned who = 0;

    cap_set_data(&cap, 0);
    for (unsigned step = 0; step < 2 * LIVES - 2; step++) {
        unsigned i = (unsigned)below(LIVES);

        if (alive[i]) {
            flushes = 0;
            vspace_destroy(&vspace[i]);
            CHECK(flushes == 1);
            remembered = remembered && who != i;
        } else {
            vspace_init(&vspace[i], root);
            CHECK(vspace[i].id != 0 && vspace[i].id < VSPACE_COUNT);
            for (unsigned j = 0; j < LIVES; j++)
                CHECK(!alive[j] || vspace[i].id != vspace[j].id);
        }
        alive[i] = !alive[i];
        if (alive[i] && mapping_get(&cap).id == 0 && nondet_bool()) {
            mapping_set(&cap, &vspace[i], (vaddr_t){0x1000});
            remembered = true;
            who = i;
        }
        CHECK(mapping_vspace(mapping_get(&cap)) == (remembered ? &vspace[who] : NULL));
    }
    for (unsigned i = 0, count = 0; i < LIVES; i++) {
        count += alive[i];
        CHECK(i < LIVES - 1 || vspace_available() == VSPACE_COUNT - 1 - count);
    }
    COVER(remembered && vspace[who].generation != 0);
    COVER(!remembered && mapping_get(&cap).id != 0 && alive[who] &&
          vspace[who].id == mapping_get(&cap).id);
}
