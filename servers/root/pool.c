/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks come in pairs, the halves of another: 2n and 2n + 1, whose capabilities lie in two slots
 * that stay with the pair. What the kernel gave are halves of nothing. */
#include "pool.h"
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include "slots.h"

#define BLOCKS     16384
#define BITS_MAX   48
#define BITS_LEAST 12 /* what is smaller is not worth a capability */

struct block {
    uint32_t cptr;
    uint32_t parent;         /* 0: the kernel gave it */
    uint32_t next, previous; /* while free: in the list of its size; 0: none */
    uint8_t bits;
    bool free;
};

static struct block blocks[BLOCKS]; /* 0 is none */
static uint32_t fresh;              /* those from here on have never been used */
static uint32_t free_pairs;         /* by `next` of the first */
static uint32_t lists[BITS_MAX + 1];
static struct slot_list slots;
static uint64_t free_bytes, total_bytes;

static void list_add(uint32_t index)
{
    struct block *block = &blocks[index];
    uint32_t *first = &lists[block->bits];

    block->next = *first;
    block->previous = 0;
    if (*first)
        blocks[*first].previous = index;
    *first = index;
    block->free = true;
    free_bytes += 1ull << block->bits;
}

static void list_remove(uint32_t index)
{
    struct block *block = &blocks[index];

    if (block->next)
        blocks[block->next].previous = block->previous;
    *(block->previous ? &blocks[block->previous].next : &lists[block->bits]) = block->next;
    block->free = false;
    free_bytes -= 1ull << block->bits;
}

void pool_open(const struct boot_info *info)
{
    memset(blocks, 0, sizeof blocks);
    memset(lists, 0, sizeof lists);
    slots = (struct slot_list){0};
    free_pairs = 0;
    free_bytes = 0;
    fresh = 2;
    for (uint32_t i = 0; i < info->untyped_count; i++) {
        const struct boot_untyped *row = &info->untyped[i];

        if (row->device || row->size_bits > BITS_MAX)
            continue;
        blocks[fresh] = (struct block){.cptr = row->cptr, .bits = (uint8_t)row->size_bits};
        list_add(fresh);
        fresh += 2; /* it has no other half */
    }
    total_bytes = free_bytes;
}

/* Two blocks and slots for them. */
static long take_pair(uint32_t *pair)
{
    uint32_t cptr;
    long error;

    if (free_pairs) {
        *pair = free_pairs;
        free_pairs = blocks[*pair].next;
        return E_OK;
    }
    error = fresh < BLOCKS ? slots_take(&slots, 2, &cptr) : E_TOO_MANY;
    if (error)
        return error;
    *pair = fresh;
    fresh += 2;
    blocks[*pair].cptr = cptr;
    blocks[*pair + 1].cptr = cptr + 1;
    return E_OK;
}

static void give_pair(uint32_t pair)
{
    blocks[pair].next = free_pairs;
    free_pairs = pair;
}

/* Make two halves of a block that is in no list. */
static long split(uint32_t whole)
{
    unsigned bits = blocks[whole].bits - 1u;
    uint32_t pair;
    long error = take_pair(&pair);

    if (error)
        return error;
    error = sys_untyped_retype(blocks[whole].cptr, OBJECT_UNTYPED, bits, ROOT_CNODE,
                               blocks[pair].cptr, 2);
    if (error) {
        give_pair(pair);
        return error;
    }
    for (uint32_t i = pair; i < pair + 2; i++) {
        blocks[i].bits = (uint8_t)bits;
        blocks[i].parent = whole;
        list_add(i);
    }
    return E_OK;
}

long pool_take(unsigned bits, uint32_t *block)
{
    unsigned from = bits < BITS_LEAST ? BITS_LEAST : bits;

    for (unsigned i = bits = from; i <= BITS_MAX; i++) {
        if (lists[i]) {
            from = i;
            break;
        }
    }
    while (from <= BITS_MAX && lists[from]) {
        uint32_t index = lists[from];
        long error;

        list_remove(index);
        if (from == bits) {
            *block = index;
            return E_OK;
        }
        error = split(index);
        if (error) {
            list_add(index);
            return error;
        }
        from--;
    }
    return E_NO_MEMORY;
}

void pool_give(uint32_t block)
{
    for (;;) {
        uint32_t parent = blocks[block].parent;

        (void)!sys_cnode_revoke(ROOT_CNODE, blocks[block].cptr);
        if (!parent || !blocks[block ^ 1].free) {
            list_add(block);
            return;
        }
        list_remove(block ^ 1);
        give_pair(block & ~1u);
        block = parent; /* to revoke it deletes both halves */
    }
}

uint32_t pool_cptr(uint32_t block)
{
    return blocks[block].cptr;
}

unsigned pool_bits(uint32_t block)
{
    return blocks[block].bits;
}

uint64_t pool_free_bytes(void)
{
    return free_bytes;
}

uint64_t pool_total_bytes(void)
{
    return total_bytes;
}
