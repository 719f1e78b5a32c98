/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue of deadlines: a leftist heap. Invariants of each node: no child is earlier; the way
 * down to the right is not longer than the one to the left, so it has at most log2(n + 1) nodes. */
#include <stddef.h>
#include <kernel/deadline.h>

struct deadline *deadline_first;

static unsigned rank(const struct deadline *node)
{
    return node ? node->rank : 0;
}

/* Restore the second invariant at one node. */
static void balance(struct deadline *node)
{
    if (rank(node->left) < rank(node->right)) {
        struct deadline *left = node->left;

        node->left = node->right;
        node->right = left;
    }
    node->rank = (uint8_t)(rank(node->right) + 1);
}

/* One heap of two: down the right sides, always the earlier one next, and up again. */
static struct deadline *merge(struct deadline *a, struct deadline *b)
{
    struct deadline *root = NULL, *parent = NULL, **link = &root;

    while (a && b) {
        struct deadline *next = a->at <= b->at ? a : b;

        if (next == a)
            a = a->right;
        else
            b = b->right;
        *link = next;
        next->parent = parent;
        parent = next;
        link = &next->right;
    }
    *link = a ? a : b;
    if (*link)
        (*link)->parent = parent;
    for (; parent; parent = parent->parent)
        balance(parent);
    return root;
}

/* Its children take its place; the ranks above change until one stays. */
static void take_out(struct deadline *node)
{
    struct deadline *parent = node->parent, *heap;

    if (node->left)
        node->left->parent = NULL;
    if (node->right)
        node->right->parent = NULL;
    heap = merge(node->left, node->right);
    if (!parent)
        deadline_first = heap;
    else if (parent->left == node)
        parent->left = heap;
    else
        parent->right = heap;
    if (heap)
        heap->parent = parent;
    for (; parent; parent = parent->parent) {
        uint8_t before = parent->rank;

        balance(parent);
        if (parent->rank == before)
            break;
    }
}

void deadline_init(struct deadline *deadline, void (*due)(struct deadline *which))
{
    *deadline = (struct deadline){.at = DEADLINE_NEVER, .due = due};
}

void deadline_set(struct deadline *deadline, uint64_t at)
{
    if (deadline->at == at)
        return;
    if (deadline->at != DEADLINE_NEVER)
        take_out(deadline);
    *deadline = (struct deadline){.at = at, .due = deadline->due, .rank = 1};
    if (at != DEADLINE_NEVER)
        deadline_first = merge(deadline_first, deadline);
}

void deadline_expire(uint64_t now)
{
    struct deadline *which = deadline_first;

    if (!which || which->at > now)
        return;
    deadline_set(which, DEADLINE_NEVER);
    which->due(which);
}
