/* SPDX-License-Identifier: BSD-2-Clause */
/* The block cache: it lies in the memory that the device itself writes to, and nothing is copied.
 *
 * The disk is cached in lines of up to 16 KiB, aligned on the disk; a line holds several blocks of
 * the filesystem. One read fetches a line: what stands side by side on the disk (inodes, the
 * blocks of a directory, a file's extent) is mostly wanted together. Where a line cannot be
 * read, the one wanted block is tried alone, so that a bad sector costs no more than its block.
 *
 * A line is absent, reading, or present; those not pinned stand in a list by age, and the oldest
 * is taken when another one is wanted. Coroutines that want the same line share one read; those
 * that find all lines pinned wait. The rule that makes this free of deadlock: *nobody awaits
 * anything while holding a pin*. Get, look, put; then get the next.
 */
#pragma once
#include <ipc/ipc.h>

#define CACHE_SECTOR_BYTES 512u
#define CACHE_LINE_BYTES   16384u
#define CACHE_LINES        1024u /* at most */
#define CACHE_LINE_BLOCKS  16u   /* at most: blocks of 1 KiB */
#define CACHE_HASH         256u
#define CACHE_PREFETCHES   8u /* reads ahead in flight */

/* Where blocks come from: the blk channel, or a file in a test. */
struct block_device {
    /* Read sectors into memory + offset. Value: bytes read, or a negative error. The message is
     * the caller's scratch memory and lives as long as the operation. */
    enum co_state (*read)(struct co *co, struct block_device *device, struct ipc_message *message,
                          uint64_t sector, uint64_t count, uint64_t offset);
    uint8_t *memory;
    uint64_t memory_bytes;
    uint64_t sectors;
    uint64_t transfer_sectors; /* largest count of one read */
};

struct cache_line {
    uint64_t number; /* of the line on the disk; meaningless while absent */
    struct cache_line *hash_next;
    struct cache_line *newer; /* the list of lines without pins */
    struct cache_line *older;
    struct co_list waiters; /* for the read to end */
    uint32_t pins;
    uint32_t ready; /* bit i: block i holds the disk's bytes */
    bool present;   /* stands in the hash table */
    bool reading;
    bool broken;                         /* the whole line could not be read at once */
    uint32_t checked[CACHE_LINE_BLOCKS]; /* who verified the block's checksum; 0: nobody yet */
};

/* Get a block: `struct cache_get` is the frame; its results are valid until cache_put. */
struct cache_get {
    struct co co;
    struct cache *cache;
    uint64_t block;
    struct cache_line *line;
    unsigned index;      /* of the block in its line */
    bool alone;          /* reading one block, not the line */
    const uint8_t *data; /* result: the block's bytes */
    unsigned run;        /* result: so many blocks from here on are ready side by side */
    struct ipc_message message;
};

/* A coroutine that reads ahead. */
struct cache_prefetch {
    struct co co;
    struct cache *cache;
    uint64_t block;
    struct cache_prefetch *next;
    struct cache_get get;
};

struct cache {
    struct block_device *device;
    uint32_t block_bytes;
    uint32_t line_bytes;
    uint32_t line_blocks;
    uint32_t line_count;
    struct cache_line *oldest;
    struct cache_line *newest;
    struct co_list starved; /* wait for a line without pins */
    uint32_t pinned;        /* lines with pins */
    uint64_t reads;         /* asked of the device */
    uint64_t hits;
    uint64_t misses;
    struct cache_prefetch *free_prefetches;
    struct cache_line *hash[CACHE_HASH];
    struct cache_line lines[CACHE_LINES];
    struct cache_prefetch prefetches[CACHE_PREFETCHES];
};

/* Set up an empty cache for blocks of this size. Nothing may be in flight.
 * E_UNSUPPORTED: memory or the device's transfers are too small. */
enum error cache_init(struct cache *cache, struct block_device *device, uint32_t block_bytes);

/* Await a block and pin it. Value: 0, E_CORRUPT (beyond the device), or the device's error; after
 * an error there is nothing to put. */
enum co_state cache_get(struct co *co, struct cache_get *get, struct cache *cache, uint64_t block);
void cache_put(struct cache_get *get);

/* Start to read the line of this block if it is absent and that costs nobody anything. A hint. */
void cache_prefetch(struct cache *cache, uint64_t block, unsigned priority);

/* The block's checksum was verified by `who` (not 0) since it was read from the disk. */
static inline bool cache_is_checked(const struct cache_get *get, uint32_t who)
{
    return get->line->checked[get->index] == who;
}
static inline void cache_set_checked(struct cache_get *get, uint32_t who)
{
    get->line->checked[get->index] = who;
}
