/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories, read from the first block to the last. A hashed directory reads the same way: the
 * nodes of its index look like blocks with no more than `.` and `..` in them; only their checksums
 * stand elsewhere. */
#include "crc32c.h"
#include "ext4.h"
#include <string.h>

#define CHECKED_AS(inode) ((inode)->number << 1)
#define YIELD_BLOCKS      8u /* scanned before others get a turn */

/* ---------------------------------------------------------------- checksums */

/* The seed, then limit and count, of an index node; 0 if the block is a leaf. */
static uint32_t index_offset(const struct ext4_directory_block *block, const uint8_t *data)
{
    uint32_t bytes = block->fs->block_bytes;

    if (!(block->inode->flags & INODE_FLAG_INDEX))
        return 0;
    if (disk_16(data, ENTRY_BYTES) == bytes && disk_32(data, ENTRY_INODE) == 0)
        return INDEX_NODE_OFFSET;
    if (block->index == 0 && disk_16(data, ENTRY_BYTES) == 12 &&
        disk_16(data, 12 + ENTRY_BYTES) == bytes - 12)
        return INDEX_ROOT_OFFSET;
    return 0;
}

static bool index_is_intact(const struct ext4_directory_block *block, const uint8_t *data,
                            uint32_t offset)
{
    uint32_t limit = disk_16(data, offset + INDEX_LIMIT);
    uint32_t count = disk_16(data, offset + INDEX_COUNT);
    uint32_t tail = offset + limit * INDEX_ENTRY_BYTES;
    uint32_t crc;

    if (count > limit || tail > block->fs->block_bytes - INDEX_TAIL_BYTES)
        return false;
    crc = crc32c(block->inode->seed, data, offset + count * INDEX_ENTRY_BYTES);
    crc = crc32c(crc, data + tail, 4);
    return crc32c_zeros(crc, 4) == disk_32(data, tail + 4);
}

static bool leaf_is_intact(const struct ext4_directory_block *block, const uint8_t *data)
{
    uint32_t covered = block->fs->block_bytes - ENTRY_TAIL_BYTES;
    const uint8_t *tail = data + covered;

    return disk_32(tail, ENTRY_INODE) == 0 && disk_16(tail, ENTRY_BYTES) == ENTRY_TAIL_BYTES &&
           disk_8(tail, ENTRY_NAME_BYTES) == 0 && disk_8(tail, ENTRY_TYPE) == ENTRY_TAIL_TYPE &&
           crc32c(block->inode->seed, data, covered) == disk_32(tail, ENTRY_TAIL_CHECKSUM);
}

static bool block_is_intact(const struct ext4_directory_block *block, const uint8_t *data)
{
    uint32_t offset = index_offset(block, data);

    if (!block->fs->checksums)
        return true;
    return offset ? index_is_intact(block, data, offset) : leaf_is_intact(block, data);
}

/* ---------------------------------------------------------------- one block */

CO_BODY static enum co_state block_body(struct co *co)
{
    struct ext4_directory_block *block = co_frame(struct ext4_directory_block, co);
    long n;

    co_begin(co);
    co_await(n, ext4_map(co, &block->map, block->fs, block->inode, block->index));
    if (n < 0)
        co_return(n);
    if (block->map.physical == 0) /* a directory has no holes */
        co_return(E_CORRUPT);
    co_await(n, cache_get(co, &block->get, block->fs->cache, block->map.physical));
    if (n < 0 || cache_is_checked(&block->get, CHECKED_AS(block->inode)))
        co_return(n);
    if (!block_is_intact(block, block->get.data)) {
        cache_put(&block->get);
        co_return(E_CORRUPT);
    }
    cache_set_checked(&block->get, CHECKED_AS(block->inode));
    co_return(0);
}

static enum co_state get_block(struct co *co, struct ext4_next *next)
{
    next->block.fs = next->fs;
    next->block.inode = next->inode;
    next->block.index = next->cursor / next->fs->block_bytes;
    return co_call(co, &next->block.co, block_body);
}

/* ---------------------------------------------------------------- entries */

/* The entry's header, each number read once. */
struct header {
    uint32_t inode;
    uint32_t bytes;
    uint32_t name_bytes;
};

/* Read the header at offset; E_CORRUPT if the entry does not lie within the block. */
static enum error read_header(const struct ext4 *fs, const uint8_t *data, uint32_t offset,
                              struct header *header)
{
    uint32_t left = fs->block_bytes - offset;

    if (left < ENTRY_NAME)
        return E_CORRUPT;
    header->inode = disk_32(data, offset + ENTRY_INODE);
    header->bytes = disk_16(data, offset + ENTRY_BYTES);
    header->name_bytes = disk_8(data, offset + ENTRY_NAME_BYTES);
    if (header->bytes < ENTRY_NAME || header->bytes % 4 != 0 || header->bytes > left ||
        header->name_bytes > header->bytes - ENTRY_NAME || header->inode > fs->inodes)
        return E_CORRUPT;
    return E_OK;
}

static bool is_wanted(const struct ext4_next *next, const struct header *header,
                      const uint8_t *name)
{
    if (header->inode == 0)
        return false;
    return !next->wanted || (next->wanted_bytes == header->name_bytes &&
                             memcmp(next->wanted, name, header->name_bytes) == 0);
}

/* Copy the entry, then check the copy: no name is empty or holds a slash or a zero byte. */
static enum error take_entry(struct ext4_entry *entry, const struct header *header,
                             const uint8_t *name)
{
    entry->inode = header->inode;
    entry->name_bytes = header->name_bytes;
    memcpy(entry->name, name, header->name_bytes);
    if (entry->name_bytes == 0 || memchr(entry->name, '/', entry->name_bytes) ||
        memchr(entry->name, 0, entry->name_bytes))
        return E_CORRUPT;
    return E_OK;
}

/* Look through the pinned block from the cursor on, which may point anywhere in it. Value: 0 with
 * the cursor behind the entry; E_AGAIN with the cursor at the next block; E_CORRUPT. */
static enum error scan_block(struct ext4_next *next, const uint8_t *data)
{
    uint32_t bytes = next->fs->block_bytes;
    uint32_t from = (uint32_t)(next->cursor % bytes);
    uint64_t start = next->cursor - from;
    struct header header;

    for (uint32_t offset = 0; offset < bytes; offset += header.bytes) {
        if (read_header(next->fs, data, offset, &header) != E_OK)
            return E_CORRUPT;
        if (offset < from || !is_wanted(next, &header, data + offset + ENTRY_NAME))
            continue;
        next->cursor = start + offset + header.bytes;
        return take_entry(&next->entry, &header, data + offset + ENTRY_NAME);
    }
    next->cursor = start + bytes;
    return E_AGAIN;
}

CO_BODY static enum co_state next_body(struct co *co)
{
    struct ext4_next *next = co_frame(struct ext4_next, co);
    long n;

    co_begin(co);
    while (next->cursor < next->inode->size) {
        co_await(n, get_block(co, next));
        if (n < 0)
            co_return(n);
        n = scan_block(next, next->block.get.data);
        cache_put(&next->block.get);
        if (n != E_AGAIN)
            co_return(n);
        if (next->cursor / next->fs->block_bytes % YIELD_BLOCKS == 0)
            co_await(n, co_yield(co));
    }
    co_return(E_NOT_FOUND);
}

enum co_state ext4_next(struct co *co, struct ext4_next *next, struct ext4 *fs,
                        const struct ext4_inode *directory)
{
    if (!EXT4_IS(directory, FS_MODE_DIRECTORY)) {
        co->value = E_NOT_DIRECTORY;
        return CO_DONE;
    }
    next->fs = fs;
    next->inode = directory;
    return co_call(co, &next->co, next_body);
}
