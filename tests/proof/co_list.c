/* SPDX-License-Identifier: BSD-2-Clause */
/* The executor's lists of blocked coroutines, as sequences. A list's first element has no prev. */
#include "proof.h"
#include <libs/executor/sync.c>

#define COS 4

static struct co cos[COS];
static struct co_list list;

/* The list is cos[0] .. cos[length - 1]; what nobody may look at is anything. */
static void build(unsigned length)
{
    for (unsigned i = 0; i < COS; i++) {
        cos[i].prev = i > 0 && i < length ? &cos[i - 1] : &cos[nondet_bool() ? 0 : 3];
        cos[i].next = i + 1 < length ? &cos[i + 1] : NULL;
    }
    list.first = length ? &cos[0] : NULL;
    list.last = length ? &cos[length - 1] : &cos[nondet_bool()];
}

static bool is_list(struct co *const sequence[], unsigned length)
{
    bool right = list.first == (length ? sequence[0] : NULL) &&
                 (length == 0 || list.last == sequence[length - 1]);

    for (unsigned i = 0; i < COS; i++)
        if (i < length)
            right = right && (i == 0 || sequence[i]->prev == sequence[i - 1]) &&
                    sequence[i]->next == (i + 1 < length ? sequence[i + 1] : NULL);
    return right;
}

void proof_co_list_push(void)
{
    unsigned length = (unsigned)below(COS);
    struct co *sequence[COS];

    build(length);
    for (unsigned i = 0; i < COS; i++)
        sequence[i] = &cos[i];
    cos[length].next = &cos[nondet_bool()];
    co_list_push(&list, &cos[length]);
    CHECK(is_list(sequence, length + 1));
    COVER(length == 0);
    COVER(length == COS - 1);
}

void proof_co_list_pop(void)
{
    unsigned length = (unsigned)below(COS + 1);
    struct co *sequence[COS], *first;

    build(length);
    for (unsigned i = 0; i < COS; i++)
        sequence[i] = &cos[i + (i + 1 < COS)];
    first = co_list_pop(&list);
    CHECK(first == (length ? &cos[0] : NULL));
    CHECK(is_list(sequence, length ? length - 1 : 0));
    COVER(length == 0);
    COVER(length == COS);
}

void proof_co_list_remove(void)
{
    unsigned length = (unsigned)below(COS + 1), x = (unsigned)below(COS);
    struct co *sequence[COS];

    ASSUME(x < length);
    build(length);
    for (unsigned i = 0; i < COS; i++)
        sequence[i] = &cos[i + (i >= x && i + 1 < COS)];
    co_list_remove(&list, &cos[x]);
    CHECK(is_list(sequence, length - 1));
    COVER(length == 1);
    COVER(x == 1 && length == COS);
    COVER(x == COS - 1);
}
