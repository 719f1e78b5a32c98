/* SPDX-License-Identifier: BSD-2-Clause */
/* The block map of ext2 and ext3: 12 blocks in the inode, then trees of one, two and three levels
 * of blocks full of numbers. */
#include "ext4.h"

#define DIRECT 12u

/* The run of consecutive blocks, or of holes, that begins at number i of `numbers`. */
static enum error read_run(struct ext4_map *map, const void *numbers, unsigned i, unsigned end)
{
    uint64_t first = disk_32(numbers, 4 * i);

    map->physical = first;
    for (map->count = 1; i + map->count < end; map->count++) {
        uint64_t expected = first ? first + map->count : 0;

        if (disk_32(numbers, 4 * (uint32_t)(i + map->count)) != expected)
            break;
    }
    return first == 0 || ext4_has_blocks(map->fs, first, map->count) ? E_OK : E_CORRUPT;
}

/* Which way leads to the block: map->depth levels (0: direct), positions in map->path, and in
 * map->child the first block to read. */
static enum error find_path(struct ext4_map *map)
{
    unsigned bits = map->fs->block_bytes == 1024 ? 8 : map->fs->block_bytes == 2048 ? 9 : 10;
    uint64_t rest = map->logical, size = 1;

    map->depth = 0;
    if (rest < DIRECT)
        return E_OK;
    rest -= DIRECT;
    do {
        if (map->depth > 0)
            rest -= size;
        if (++map->depth > 3)
            return E_CORRUPT;
        size <<= bits;
    } while (rest >= size);
    for (unsigned level = 0; level < map->depth; level++)
        map->path[level] = (unsigned)(rest >> (bits * level)) & ((1u << bits) - 1);
    map->child = disk_32(map->inode->block, 4 * (DIRECT + map->depth - 1));
    return E_OK;
}

CO_BODY enum co_state blockmap_map_body(struct co *co)
{
    struct ext4_map *map = co_frame(struct ext4_map, co);
    long n;

    co_begin(co);
    n = find_path(map);
    if (n == 0 && map->depth == 0)
        n = read_run(map, map->inode->block, (unsigned)map->logical, DIRECT);
    while (n == 0 && map->depth > 0) {
        map->depth--;
        map->physical = 0;
        map->count = 1;
        if (map->child == 0) /* a hole, of which one block is claimed */
            co_return(0);
        if (!ext4_has_blocks(map->fs, map->child, 1))
            co_return(E_CORRUPT);
        co_await(n, cache_get(co, &map->get, map->fs->cache, map->child));
        if (n < 0)
            co_return(n);
        if (map->depth == 0)
            n = read_run(map, map->get.data, map->path[0], map->fs->block_bytes / 4);
        else
            map->child = disk_32(map->get.data, 4 * map->path[map->depth]);
        cache_put(&map->get);
    }
    co_return(n);
}
