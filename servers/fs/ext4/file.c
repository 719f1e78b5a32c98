/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a file's bytes: run after run, a hole as zeros, everything else by one copy out of the
 * cache. The lines behind the first are read ahead, so that several reads are in flight. */
#include "ext4.h"
#include <string.h>

#define AHEAD_LINES 4u

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t file_block(const struct ext4_read *read)
{
    return read->at / read->fs->block_bytes;
}

/* Where the present block is, according to the run that was found last; it covers it. */
static uint64_t disk_block(const struct ext4_read *read)
{
    return read->map.physical + (file_block(read) - read->map.logical);
}

static bool run_covers(const struct ext4_read *read)
{
    return file_block(read) >= read->map.logical &&
           file_block(read) - read->map.logical < read->map.count;
}

/* Bytes that can be taken at once from a run of so many blocks. */
static uint64_t piece(const struct ext4_read *read, uint64_t run)
{
    uint64_t skip = read->at % read->fs->block_bytes;

    run = least(run, read->map.count - (file_block(read) - read->map.logical));
    return least(run * read->fs->block_bytes - skip, read->bytes - read->done);
}

static void advance(struct ext4_read *read, uint64_t bytes)
{
    read->at += bytes;
    read->done += bytes;
}

static void take_hole(struct ext4_read *read)
{
    uint64_t bytes = piece(read, read->map.count);

    memset(read->to + read->done, 0, bytes);
    advance(read, bytes);
}

static void take_block(struct ext4_read *read)
{
    uint64_t bytes = piece(read, read->get.run);

    memcpy(read->to + read->done, read->get.data + read->at % read->fs->block_bytes, bytes);
    advance(read, bytes);
}

/* Ask for the lines behind the present one that this read will want. */
static void read_ahead(const struct ext4_read *read, unsigned priority)
{
    struct cache *cache = read->fs->cache;
    uint64_t first = disk_block(read);
    uint64_t bytes = piece(read, read->map.count);
    uint64_t last = first + (bytes + read->at % read->fs->block_bytes - 1) / read->fs->block_bytes;

    for (unsigned i = 1; i <= AHEAD_LINES; i++) {
        uint64_t block = (first / cache->line_blocks + i) * cache->line_blocks;

        if (block > last)
            break;
        cache_prefetch(cache, block, priority);
    }
}

CO_BODY static enum co_state read_body(struct co *co)
{
    struct ext4_read *read = co_frame(struct ext4_read, co);
    struct ext4 *fs = read->fs;
    long n;

    co_begin(co);
    while (read->done < read->bytes) {
        if (!run_covers(read))
            co_await(n, ext4_map(co, &read->map, fs, &read->inode, file_block(read)));
        else
            n = 0;
        if (n < 0)
            co_return(n);
        if (read->map.physical == 0) {
            take_hole(read);
            continue;
        }
        read_ahead(read, co->priority);
        co_await(n, cache_get(co, &read->get, fs->cache, disk_block(read)));
        if (n < 0)
            co_return(n);
        take_block(read);
        cache_put(&read->get);
    }
    co_return(read->done);
}

enum co_state ext4_read(struct co *co, struct ext4_read *read)
{
    uint64_t left = read->inode.size > read->at ? read->inode.size - read->at : 0;

    read->bytes = least(read->bytes, left);
    read->done = 0;
    read->map.logical = 0;
    read->map.count = 0;
    return co_call(co, &read->co, read_body);
}
