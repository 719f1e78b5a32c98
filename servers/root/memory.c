/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/syscall.h>
#include "memory.h"

#define POOL_MAX 1024

/* An Untyped without children. */
struct block {
    uint32_t cptr;
    uint8_t size_bits;
};

static struct block pool[POOL_MAX];
static uint32_t pool_count;
static uint64_t free_bytes;
static uint64_t total_bytes;
static uint32_t next_slot;
static uint32_t first_slot;

/* log2 of the bytes of an object: the ABI's table. */
static unsigned object_bits(enum object_type type, unsigned size_bits)
{
    switch (type) {
    case OBJECT_PROCESS:
        return 14;
    case OBJECT_THREAD:
        return 10;
    case OBJECT_PAGE_TABLE:
        return 12;
    case OBJECT_CNODE:
        return size_bits + 5;
    case OBJECT_UNTYPED:
    case OBJECT_FRAME:
        return size_bits;
    default:
        return 7;
    }
}

static long pool_give(uint32_t cptr, unsigned size_bits)
{
    if (pool_count == POOL_MAX)
        return E_TOO_MANY;
    pool[pool_count++] = (struct block){cptr, (uint8_t)size_bits};
    free_bytes += 1ull << size_bits;
    return E_OK;
}

/* The smallest block of at least that many bytes. */
static long pool_take(uint64_t bytes, struct block *out)
{
    uint32_t best = POOL_MAX;

    for (uint32_t i = 0; i < pool_count; i++) {
        if (1ull << pool[i].size_bits >= bytes &&
            (best == POOL_MAX || pool[i].size_bits < pool[best].size_bits))
            best = i;
    }
    if (best == POOL_MAX)
        return E_NO_MEMORY;
    *out = pool[best];
    pool[best] = pool[--pool_count];
    free_bytes -= 1ull << out->size_bits;
    return E_OK;
}

void memory_open(const struct boot_info *info)
{
    pool_count = 0;
    free_bytes = 0;
    first_slot = next_slot = info->first_free;
    for (uint32_t i = 0; i < info->untyped_count; i++) {
        const struct boot_untyped *row = &info->untyped[i];

        if (!row->device && pool_give(row->cptr, row->size_bits) != E_OK)
            break; /* boot_info holds fewer than POOL_MAX */
    }
    total_bytes = free_bytes;
}

uint64_t memory_free_bytes(void)
{
    return free_bytes;
}

uint64_t memory_total_bytes(void)
{
    return total_bytes;
}

long slots_take(uint32_t count, uint32_t *first)
{
    if (count > (1u << ROOT_CNODE_BITS) - next_slot)
        return E_TOO_MANY;
    *first = next_slot;
    next_slot += count;
    return E_OK;
}

uint64_t slots_used(void)
{
    return next_slot;
}

/* Make objects from a block that is larger than what was made of it so far. */
static long carve(const struct block *block, enum object_type type, unsigned size_bits,
                  uint32_t count, uint32_t *first)
{
    long error = slots_take(count, first);

    for (uint32_t done = 0; error == E_OK && done < count;) {
        uint32_t some = count - done < RETYPE_COUNT_MAX ? count - done : RETYPE_COUNT_MAX;

        error = sys_untyped_retype(block->cptr, type, size_bits, ROOT_CNODE, *first + done, some);
        done += some;
    }
    return error;
}

/* Give the block's bytes from offset on back to the pool. */
static long return_rest(const struct block *block, uint64_t offset)
{
    while (offset < 1ull << block->size_bits) {
        unsigned bits = (unsigned)__builtin_ctzll(offset);
        uint32_t cptr;
        long error = carve(block, OBJECT_UNTYPED, bits, 1, &cptr);

        if (error == E_OK)
            error = pool_give(cptr, bits);
        if (error)
            return error;
        offset += 1ull << bits;
    }
    return E_OK;
}

long memory_make(struct process *owner, enum object_type type, unsigned size_bits, uint32_t count,
                 uint32_t *first)
{
    uint64_t bytes = (uint64_t)count << object_bits(type, size_bits);
    struct block block;
    long error = pool_take(bytes, &block);

    if (error)
        return error;
    error = carve(&block, type, size_bits, count, first);
    if (error == E_OK)
        error = return_rest(&block, bytes);
    owner->bytes += bytes;
    return error;
}

static long area_carve(const struct block *block, uint64_t bytes, struct area *area)
{
    struct sys_frame_info info;
    long error = E_OK;

    *area = (struct area){0};
    area->large_count = (uint32_t)(bytes / LARGE_BYTES);
    area->small_count = (uint32_t)(bytes % LARGE_BYTES / PAGE_BYTES);
    if (area->large_count)
        error = carve(block, OBJECT_FRAME, LARGE_BITS, area->large_count, &area->large);
    if (error == E_OK && area->small_count)
        error = carve(block, OBJECT_FRAME, PAGE_BITS, area->small_count, &area->small);
    if (error == E_OK)
        error = sys_frame_info(area->large_count ? area->large : area->small, &info);
    if (error == E_OK)
        area->paddr = info.paddr;
    return error;
}

long memory_make_area(struct process *owner, uint64_t bytes, struct area *area)
{
    struct block block;
    long error = pool_take(bytes, &block);

    if (error)
        return error;
    error = area_carve(&block, bytes, area);
    if (error == E_OK)
        error = return_rest(&block, bytes);
    owner->bytes += bytes;
    return error;
}
