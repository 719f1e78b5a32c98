/* SPDX-License-Identifier: BSD-2-Clause */
/* The derivation tree's operations do to the links what the drawing says, and nothing else. */
#include "forest.h"
#include <microkernel/cap/tree.c>

void proof_tree_insert(void)
{
    struct forest forest = forest_any();
    unsigned x = (unsigned)below(SLOTS), parent = (unsigned)below(SLOTS + 1);
    struct slot before[SLOTS];

    ASSUME(forest.parent[x] == OUTSIDE);
    ASSUME(parent == ROOT || (parent != x && forest.parent[parent] != OUTSIDE));
    forest_build(&forest);
    arena[x] = nondet_slot(); /* links included */
    __CPROVER_array_copy(before, arena);

    tree_insert(parent == ROOT ? &cap_tree_root : &arena[parent], &arena[x]);

    COVER(first_child(&forest, parent, -1) == SLOTS && parent == ROOT);
    COVER(first_child(&forest, parent, -1) == SLOTS && parent != ROOT);
    COVER(first_child(&forest, parent, -1) != last_child(&forest, parent, 1000));
    for (unsigned i = 0; i < SLOTS; i++)
        forest.key[i]++;
    forest.parent[x] = (uint8_t)parent;
    forest.key[x] = 0;
    CHECK(forest_stands(&forest));
    for (unsigned i = 0; i < SLOTS; i++)
        CHECK(same_capability(arena[i], before[i]));
}

void proof_tree_remove(void)
{
    struct forest forest = forest_any();
    unsigned x = (unsigned)below(SLOTS);
    struct slot before[SLOTS];

    ASSUME(forest.parent[x] != OUTSIDE);
    forest_build(&forest);
    __CPROVER_array_copy(before, arena);

    tree_remove(&arena[x]);

    COVER(!before[x].child && before[x].last && before[x].prev == link_of(x)); /* only, leaf */
    COVER(before[x].child && before[x].last && before[x].prev != link_of(x));
    COVER(before[x].child && !before[x].last && forest.parent[x] < x);
    forest_remove(&forest, x);
    CHECK(forest_stands(&forest));
    for (unsigned i = 0; i < SLOTS; i++)
        CHECK(same_capability(arena[i], before[i]));
}

void proof_tree_move(void)
{
    struct forest forest = forest_any();
    unsigned from = (unsigned)below(SLOTS), to = (unsigned)below(SLOTS);
    struct slot before[SLOTS];

    ASSUME(forest.parent[from] != OUTSIDE && forest.parent[to] == OUTSIDE);
    forest_build(&forest);
    __CPROVER_array_copy(before, arena);

    tree_move(&arena[to], &arena[from]);

    COVER(before[from].child && before[from].last && before[from].prev == link_of(from));
    COVER(!before[from].child && !before[from].last);
    COVER(before[from].child && before[from].last && before[from].prev != link_of(from));
    forest.parent[to] = forest.parent[from];
    forest.key[to] = forest.key[from];
    forest.parent[from] = OUTSIDE;
    for (unsigned i = 0; i < SLOTS; i++)
        if (forest.parent[i] == from)
            forest.parent[i] = (uint8_t)to;
    CHECK(forest_stands(&forest));
    CHECK(same_capability(arena[to], before[from]));
    CHECK(same_capability(arena[from], (struct slot){0}));
    for (unsigned i = 0; i < SLOTS; i++)
        CHECK(i == to || i == from || same_capability(arena[i], before[i]));
}

/* Along its siblings to the last one, which names the parent. */
static struct slot *parent_of(const struct slot *slot)
{
    while (!slot->last)
        slot = slot_unpack(slot->next);
    return slot->next ? slot_unpack(slot->next) : &cap_tree_root;
}

void proof_tree_look(void)
{
    struct forest forest = forest_any();
    unsigned x = (unsigned)below(SLOTS), child;
    struct slot *parent;

    ASSUME(forest.parent[x] != OUTSIDE);
    forest_build(&forest);
    child = first_child(&forest, x, -1);
    parent = forest.parent[x] == ROOT ? &cap_tree_root : &arena[forest.parent[x]];

    CHECK(tree_child(&arena[x]) == (child == SLOTS ? NULL : &arena[child]));
    CHECK(parent_of(&arena[x]) == parent);
    COVER(child != SLOTS && parent != &cap_tree_root);
    COVER(!arena[x].last && child == SLOTS);
}
