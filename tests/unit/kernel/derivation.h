/* SPDX-License-Identifier: BSD-2-Clause */
/* Capabilities in a model that knows no tree: it keeps for each capability the set of those that it
 * stems from, and what the last capability to an object takes with it. */
#pragma once
#include "kernel_host.h"

#define CAPS_MAX 1024
#define WORDS    (CAPS_MAX / 64)

struct model_cap {
    struct slot *slot; /* NULL: not in use */
    uint64_t object;   /* physical address of what it names */
    unsigned bits;     /* log2 of its bytes */
    unsigned type, rights;
    uint64_t ancestors[WORDS];
};
extern unsigned model_live; /* capabilities */

/* The model of a fresh kernel: what every caller has. */
void model_start(void);
/* The capability in a slot, or NULL. */
struct model_cap *model_find(const struct slot *slot);
struct model_cap *model_add(struct slot *slot, const struct model_cap *parent);
/* Fill in what a capability made by the kernel says of itself. */
void model_describe(struct model_cap *cap);
/* It goes, and all that goes with it. */
void model_kill(struct model_cap *dead);
bool model_stems_from(const struct model_cap *cap, const struct model_cap *of);
/* One that stems from it, or NULL. */
struct model_cap *model_descendant(const struct model_cap *of);
/* Kernel and model hold the same capabilities; deep: with the same ancestors, in a kernel whose
 * invariants hold. */
void model_compare(bool deep);

/* Copy, mint, move, delete, revoke, retype or configure something; what comes of it is checked. */
void random_operation(void);
/* What holds the test itself together is not deleted or moved away. */
bool is_fixed(const struct slot *slot);
