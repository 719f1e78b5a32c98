/* SPDX-License-Identifier: BSD-2-Clause */
#include "memory.h"
#include <sys/syscall.h>
#include "root.h"

#define BITS_LEAST 14 /* of a block for small objects */
#define PIECES_MAX 8192

/* A block that a holding has. */
struct piece {
    uint32_t block;
    uint32_t next; /* index plus one */
    uint64_t used; /* bytes, from its start */
};

static struct piece pieces[PIECES_MAX];
static uint32_t fresh; /* those from here on have never been used */
static uint32_t free_pieces;

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

void memory_open(const struct boot_info *info)
{
    fresh = free_pieces = 0;
    slots_open(info->first_free);
    pool_open(info);
}

static uint64_t align(uint64_t bytes, unsigned bits)
{
    return (bytes + (1ull << bits) - 1) & ~((1ull << bits) - 1);
}

static bool has_room(const struct piece *piece, uint64_t bytes, unsigned bits)
{
    return align(piece->used, bits) + bytes <= 1ull << pool_bits(piece->block);
}

/* log2 of the smallest block that holds so many, from `bits` on. */
static unsigned log2_above(uint64_t bytes, unsigned bits)
{
    while (1ull << bits < bytes)
        bits++;
    return bits;
}

/* A further block for so many bytes. */
static long add_piece(struct holding *holding, uint64_t bytes, struct piece **out)
{
    uint32_t index = free_pieces ? free_pieces - 1 : fresh;
    struct piece *piece = &pieces[index];
    long error = index < PIECES_MAX ? E_OK : E_TOO_MANY;
    uint32_t block;

    if (error == E_OK)
        error = pool_take(log2_above(bytes, BITS_LEAST), &block);
    if (error == E_NO_MEMORY)
        error = pool_take(log2_above(bytes, PAGE_BITS), &block);
    if (error)
        return error;
    if (free_pieces)
        free_pieces = piece->next;
    else
        fresh++;
    *piece = (struct piece){.block = block, .next = holding->first};
    holding->first = index + 1;
    holding->bytes += 1ull << pool_bits(block);
    *out = piece;
    return E_OK;
}

/* A block with room for so many bytes, aligned to 2^bits of them. */
static long find_piece(struct holding *holding, uint64_t bytes, unsigned bits, struct piece **out)
{
    for (uint32_t i = holding->first; i; i = pieces[i - 1].next) {
        if (has_room(&pieces[i - 1], bytes, bits)) {
            *out = &pieces[i - 1];
            return E_OK;
        }
    }
    return add_piece(holding, bytes, out);
}

/* Make objects in a block with room for them. */
static long carve(struct holding *holding, struct piece *piece, enum object_type type,
                  unsigned size_bits, uint32_t count, uint32_t *first)
{
    unsigned bits = object_bits(type, size_bits);
    long error = slots_take(&holding->slots, count, first);

    for (uint32_t done = 0; error == E_OK && done < count;) {
        uint32_t some = count - done < RETYPE_COUNT_MAX ? count - done : RETYPE_COUNT_MAX;

        error = sys_untyped_retype(pool_cptr(piece->block), type, size_bits, ROOT_CNODE,
                                   *first + done, some);
        done += some;
    }
    if (error) {
        piece->used = 1ull << pool_bits(piece->block); /* some of them may have been made */
        return error;
    }
    piece->used = align(piece->used, bits) + ((uint64_t)count << bits);
    holding->made += (uint64_t)count << bits;
    return E_OK;
}

long memory_make(struct holding *holding, enum object_type type, unsigned size_bits, uint32_t count,
                 uint32_t *first)
{
    unsigned bits = object_bits(type, size_bits);
    struct piece *piece;
    long error = find_piece(holding, (uint64_t)count << bits, bits, &piece);

    return error ? error : carve(holding, piece, type, size_bits, count, first);
}

long memory_make_area(struct holding *holding, uint64_t bytes, struct area *area)
{
    unsigned bits = bytes >= LARGE_BYTES ? LARGE_BITS : PAGE_BITS;
    struct sys_frame_info info;
    struct piece *piece;
    long error = find_piece(holding, bytes, bits, &piece);

    *area = (struct area){0};
    area->large_count = (uint32_t)(bytes / LARGE_BYTES);
    area->small_count = (uint32_t)(bytes % LARGE_BYTES / PAGE_BYTES);
    if (error == E_OK && area->large_count)
        error = carve(holding, piece, OBJECT_FRAME, LARGE_BITS, area->large_count, &area->large);
    if (error == E_OK && area->small_count)
        error = carve(holding, piece, OBJECT_FRAME, PAGE_BITS, area->small_count, &area->small);
    if (error == E_OK)
        error = sys_frame_info(area->large_count ? area->large : area->small, &info);
    if (error == E_OK)
        area->paddr = info.paddr;
    return error;
}

void memory_return(struct holding *holding)
{
    slots_return(&holding->slots);
    while (holding->first) {
        uint32_t index = holding->first;
        struct piece *piece = &pieces[index - 1];

        pool_give(piece->block);
        holding->first = piece->next;
        piece->next = free_pieces;
        free_pieces = index;
    }
    holding->bytes = holding->made = 0;
}
