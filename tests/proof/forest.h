/* SPDX-License-Identifier: BSD-2-Clause */
/* The derivation tree as one would draw it, and the links that stand for it.
 *
 * A forest says for each slot who its parent is and by which key it stands among its siblings. It
 * determines all links. Any tree is, but for the names of its slots, one that forest_any makes: its
 * slots numbered parents first and siblings in their order; and no tree operation asks for more
 * of a slot's address than whether it is the same.
 */
#pragma once
#include "slots.h"

#define ROOT    SLOTS       /* the tree's root as a parent */
#define OUTSIDE (SLOTS + 1) /* not in the tree */

struct forest {
    uint8_t parent[SLOTS];
    uint8_t key[SLOTS]; /* siblings have different ones */
};

static struct forest forest_any(void)
{
    struct forest forest;

    for (unsigned i = 0; i < SLOTS; i++) {
        forest.key[i] = (uint8_t)i;
        ASSUME(forest.parent[i] < i || forest.parent[i] == ROOT || forest.parent[i] == OUTSIDE);
        if (forest.parent[i] < SLOTS)
            ASSUME(forest.parent[forest.parent[i]] != OUTSIDE);
    }
    return forest;
}

static uint64_t link_of(unsigned i)
{
    return (ARENA_BASE >> 5) + i;
}

/* The first (least key above `above`) or last child of a parent; SLOTS: none. */
static unsigned first_child(const struct forest *forest, unsigned parent, int above)
{
    unsigned best = SLOTS;

    for (unsigned i = 0; i < SLOTS; i++)
        if (forest->parent[i] == parent && forest->key[i] > above &&
            (best == SLOTS || forest->key[i] < forest->key[best]))
            best = i;
    return best;
}

static unsigned last_child(const struct forest *forest, unsigned parent, int below)
{
    unsigned best = SLOTS;

    for (unsigned i = 0; i < SLOTS; i++)
        if (forest->parent[i] == parent && forest->key[i] < below &&
            (best == SLOTS || forest->key[i] > forest->key[best]))
            best = i;
    return best;
}

static uint64_t child_link(const struct forest *forest, unsigned parent)
{
    unsigned child = first_child(forest, parent, -1);

    return child == SLOTS ? 0 : link_of(child);
}

/* The links of slot i, in an otherwise empty slot. */
static struct slot forest_links(const struct forest *forest, unsigned i)
{
    unsigned parent = forest->parent[i], next, prev;
    struct slot slot = {0};

    if (parent == OUTSIDE)
        return slot;
    next = first_child(forest, parent, forest->key[i]);
    prev = last_child(forest, parent, forest->key[i]);
    slot.child = child_link(forest, i);
    slot.last = next == SLOTS;
    slot.next = next != SLOTS ? link_of(next) : parent == ROOT ? 0 : link_of(parent);
    slot.prev = link_of(prev != SLOTS ? prev : last_child(forest, parent, 1000));
    return slot;
}

/* Fill the arena with arbitrary capabilities that stand in this tree. */
static void forest_build(const struct forest *forest)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        struct slot links = forest_links(forest, i);

        arena[i] = nondet_slot();
        arena[i].child = links.child;
        arena[i].next = links.next;
        arena[i].prev = links.prev;
        arena[i].last = links.last;
    }
    cap_tree_root.child = child_link(forest, ROOT);
}

static bool forest_stands(const struct forest *forest)
{
    bool same = cap_tree_root.child == child_link(forest, ROOT);

    for (unsigned i = 0; i < SLOTS; i++)
        same = same && same_links(arena[i], forest_links(forest, i));
    return same;
}

/* Remove slot x from the drawing: its children stand where it stood. */
static void forest_remove(struct forest *forest, unsigned x)
{
    uint8_t key = forest->key[x];

    for (unsigned i = 0; i < SLOTS; i++) {
        if (forest->parent[i] == x) {
            forest->parent[i] = forest->parent[x];
            forest->key[i] = (uint8_t)(key * 8 + forest->key[i]);
        } else {
            forest->key[i] = (uint8_t)(forest->key[i] * 8);
        }
    }
    forest->parent[x] = OUTSIDE;
}
