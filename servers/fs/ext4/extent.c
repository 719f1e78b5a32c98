/* SPDX-License-Identifier: BSD-2-Clause */
/* The extent tree: from the root in the inode down to a leaf, one node at a time. Each node says
 * how deep it is; as every step must lessen that, the walk ends. */
#include "crc32c.h"
#include "ext4.h"

#define CHECKED_AS(inode) ((inode)->number << 1 | 1)

static const uint8_t *entry_at(const uint8_t *node, unsigned i)
{
    return node + EXTENT_HEADER_BYTES + i * EXTENT_ENTRY_BYTES;
}

/* Check the header of a node of which `bytes` may be used. Value: entries, or E_CORRUPT. */
static long check_header(const uint8_t *node, uint32_t bytes)
{
    uint16_t entries = disk_16(node, EXTENT_ENTRIES);
    uint16_t max = disk_16(node, EXTENT_MAX);

    if (disk_16(node, EXTENT_MAGIC) != EXTENT_MAGIC_VALUE || entries > max ||
        max > (bytes - EXTENT_HEADER_BYTES) / EXTENT_ENTRY_BYTES)
        return E_CORRUPT;
    return entries;
}

/* The checksum stands behind the last entry that would fit. */
static bool node_is_intact(const struct ext4_map *map, const uint8_t *node)
{
    uint32_t tail = EXTENT_HEADER_BYTES + disk_16(node, EXTENT_MAX) * EXTENT_ENTRY_BYTES;

    if (!map->fs->checksums)
        return true;
    return tail <= map->fs->block_bytes - 4 &&
           crc32c(map->inode->seed, node, tail) == disk_32(node, tail);
}

/* The last entry that begins at or before the block; -1 if all begin later. Both kinds of entry
 * begin with the first block that they cover. */
static long find_entry(const uint8_t *node, long entries, uint64_t logical)
{
    long low = 0, high = entries;

    while (low < high) {
        long middle = low + (high - low) / 2;

        if (disk_32(entry_at(node, (unsigned)middle), EXTENT_FIRST) <= logical)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

/* Blocks from here to where entry i begins, not more than are left of the present run. */
static uint64_t run_before(const struct ext4_map *map, const uint8_t *node, long entries, long i)
{
    uint64_t first = i < entries ? disk_32(entry_at(node, (unsigned)i), EXTENT_FIRST) : UINT64_MAX;

    if (first <= map->logical) /* not in order */
        return 1;
    return first - map->logical < map->count ? first - map->logical : map->count;
}

/* Take the result from a leaf. */
static enum error read_leaf(struct ext4_map *map, const uint8_t *node, long entries)
{
    long i = find_entry(node, entries, map->logical);
    uint64_t skip, length, start;
    bool unwritten;

    map->physical = 0;
    map->count = run_before(map, node, entries, i + 1);
    if (i < 0)
        return E_OK;
    node = entry_at(node, (unsigned)i);
    length = disk_16(node, EXTENT_LENGTH);
    unwritten = length > EXTENT_LENGTH_MAX;
    if (unwritten)
        length -= EXTENT_LENGTH_MAX;
    start = disk_32(node, EXTENT_START_LOW) | (uint64_t)disk_16(node, EXTENT_START_HIGH) << 32;
    skip = map->logical - disk_32(node, EXTENT_FIRST);
    if (length == 0 || !ext4_has_blocks(map->fs, start, length))
        return E_CORRUPT;
    if (skip >= length) /* also where the entry changed meanwhile: skip is then huge */
        return E_OK;
    map->count = length - skip < map->count ? length - skip : map->count;
    if (!unwritten)
        map->physical = start + skip;
    return E_OK;
}

/* Take a step: value 0 with the result or with the child to read next, or E_CORRUPT. */
static enum error step(struct ext4_map *map, const uint8_t *node, uint32_t bytes)
{
    long entries = check_header(node, bytes);
    long i;

    if (entries < 0 || disk_16(node, EXTENT_DEPTH) != map->depth)
        return E_CORRUPT;
    map->child = 0;
    if (map->depth == 0)
        return read_leaf(map, node, entries);
    i = find_entry(node, entries, map->logical);
    map->count = run_before(map, node, entries, i + 1);
    if (i < 0) {
        map->physical = 0;
        return E_OK;
    }
    node = entry_at(node, (unsigned)i);
    map->child = disk_32(node, EXTENT_INDEX_CHILD_LOW) |
                 (uint64_t)disk_16(node, EXTENT_INDEX_CHILD_HIGH) << 32;
    map->depth--;
    return ext4_has_blocks(map->fs, map->child, 1) ? E_OK : E_CORRUPT;
}

static enum error step_block(struct ext4_map *map)
{
    uint32_t bytes = map->fs->block_bytes;
    const uint8_t *node = map->get.data;

    if (check_header(node, bytes) < 0)
        return E_CORRUPT;
    if (!cache_is_checked(&map->get, CHECKED_AS(map->inode))) {
        if (!node_is_intact(map, node))
            return E_CORRUPT;
        cache_set_checked(&map->get, CHECKED_AS(map->inode));
    }
    return step(map, node, bytes);
}

CO_BODY enum co_state extent_map_body(struct co *co)
{
    struct ext4_map *map = co_frame(struct ext4_map, co);
    long n;

    co_begin(co);
    map->count = (uint64_t)UINT32_MAX + 1 - map->logical;
    map->depth = disk_16(map->inode->block, EXTENT_DEPTH);
    if (map->depth > EXTENT_DEPTH_MAX)
        co_return(E_CORRUPT);
    n = step(map, (const uint8_t *)map->inode->block, INODE_BLOCK_BYTES);
    while (n == 0 && map->child != 0) {
        co_await(n, cache_get(co, &map->get, map->fs->cache, map->child));
        if (n < 0)
            co_return(n);
        n = step_block(map);
        cache_put(&map->get);
    }
    co_return(n);
}
