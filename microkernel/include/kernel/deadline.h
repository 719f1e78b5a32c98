/* SPDX-License-Identifier: BSD-2-Clause */
/* Points of time at which something is due: one queue for all harts, a leftist heap (Crane 1972)
 * whose nodes lie in the objects. Setting, clearing and taking the first take a number of steps
 * logarithmic in the number of deadlines that are set. Guarded by the kernel lock. */
#pragma once
#include <stdint.h>

#define DEADLINE_NEVER (~0ull)

struct deadline {
    uint64_t at;                         /* tick of rdtime; DEADLINE_NEVER: not set */
    void (*due)(struct deadline *which); /* called once, cleared before */
    struct deadline *left;
    struct deadline *right;
    struct deadline *parent; /* NULL: the first of all, or not set */
    uint8_t rank;            /* nodes on the way down to the right */
};

/* A new one, not set. */
void deadline_init(struct deadline *deadline, void (*due)(struct deadline *which));
/* Set it, in place of when it was set before; DEADLINE_NEVER clears it. */
void deadline_set(struct deadline *deadline, uint64_t at);
/* The earliest; NULL: none is set. */
extern struct deadline *deadline_first;
/* Let the earliest happen if it is due by now. */
void deadline_expire(uint64_t now);
