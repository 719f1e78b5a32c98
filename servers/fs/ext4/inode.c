/* SPDX-License-Identifier: BSD-2-Clause */
/* Inodes: from a number over its group's descriptor to the inode table. */
#include "crc32c.h"
#include "ext4.h"
#include <string.h>

static uint64_t descriptor_at(const struct ext4 *fs, uint32_t number)
{
    return (uint64_t)((number - 1) / fs->group_inodes) * fs->descriptor_bytes;
}

static uint64_t inode_at(const struct ext4 *fs, uint32_t number)
{
    return (uint64_t)((number - 1) % fs->group_inodes) * fs->inode_bytes;
}

/* The checksum covers the group's number and the descriptor with a zero for the checksum. */
static bool descriptor_is_intact(const struct ext4 *fs, const uint8_t *descriptor, uint32_t group)
{
    uint32_t crc = crc32c_32(fs->seed, group);

    if (!fs->checksums)
        return true;
    crc = crc32c(crc, descriptor, GROUP_CHECKSUM);
    crc = crc32c_zeros(crc, 2);
    crc = crc32c(crc, descriptor + GROUP_CHECKSUM + 2, fs->descriptor_bytes - GROUP_CHECKSUM - 2);
    return (uint16_t)crc == disk_16(descriptor, GROUP_CHECKSUM);
}

/* Find the group's inode table. */
static enum error read_descriptor(struct ext4_load *load, const uint8_t *descriptor)
{
    const struct ext4 *fs = load->fs;
    uint64_t blocks =
        ((uint64_t)fs->group_inodes * fs->inode_bytes + fs->block_bytes - 1) / fs->block_bytes;

    if (!descriptor_is_intact(fs, descriptor, (load->number - 1) / fs->group_inodes))
        return E_CORRUPT;
    load->table = disk_32(descriptor, GROUP_INODE_TABLE_LOW);
    if (fs->descriptor_bytes > 32)
        load->table = disk_split(descriptor, GROUP_INODE_TABLE_LOW, GROUP_INODE_TABLE_HIGH);
    return ext4_has_blocks(fs, load->table, blocks) ? E_OK : E_CORRUPT;
}

/* Bytes of the extra part that are in use: 0 in an inode of 128 bytes. */
static uint32_t extra_bytes(const struct ext4 *fs, const uint8_t *raw)
{
    return fs->inode_bytes > INODE_OLD_BYTES ? disk_16(raw, INODE_EXTRA_BYTES) : 0;
}

/* The checksum covers the inode with zeros for the checksum's two halves. */
static bool inode_is_intact(const struct ext4 *fs, const uint8_t *raw, uint32_t seed)
{
    bool wide = extra_bytes(fs, raw) >= INODE_CHECKSUM_HIGH + 2 - INODE_OLD_BYTES;
    uint32_t crc, stored;

    if (!fs->checksums)
        return true;
    crc = crc32c(seed, raw, INODE_CHECKSUM_LOW);
    crc = crc32c_zeros(crc, 2);
    stored = disk_16(raw, INODE_CHECKSUM_LOW);
    if (!wide) {
        crc = crc32c(crc, raw + INODE_CHECKSUM_LOW + 2, fs->inode_bytes - INODE_CHECKSUM_LOW - 2);
        return (uint16_t)crc == stored;
    }
    crc = crc32c(crc, raw + INODE_CHECKSUM_LOW + 2, INODE_CHECKSUM_HIGH - INODE_CHECKSUM_LOW - 2);
    crc = crc32c_zeros(crc, 2);
    crc = crc32c(crc, raw + INODE_CHECKSUM_HIGH + 2, fs->inode_bytes - INODE_CHECKSUM_HIGH - 2);
    return crc == (stored | (uint32_t)disk_16(raw, INODE_CHECKSUM_HIGH) << 16);
}

/* Sizes that can be: a bound for every loop over the file's blocks. */
static bool size_is_possible(const struct ext4 *fs, const struct ext4_inode *inode)
{
    switch (inode->mode & FS_MODE_TYPE) {
    case FS_MODE_REGULAR:
        return inode->size / fs->block_bytes <= UINT32_MAX;
    case FS_MODE_DIRECTORY:
        return inode->size % fs->block_bytes == 0 && inode->size / fs->block_bytes <= fs->blocks;
    case FS_MODE_SYMLINK:
        return inode->size > 0 && inode->size < EXT4_BLOCK_MAX && inode->size <= fs->block_bytes;
    default:
        return true;
    }
}

static uint64_t read_mtime(const struct ext4 *fs, const uint8_t *raw)
{
    uint64_t seconds = (uint64_t)(int64_t)(int32_t)disk_32(raw, INODE_MTIME);

    if (extra_bytes(fs, raw) >= INODE_MTIME_EXTRA + 4 - INODE_OLD_BYTES)
        seconds += (uint64_t)(disk_32(raw, INODE_MTIME_EXTRA) & 3) << 32;
    return seconds;
}

static enum error read_inode(struct ext4_load *load, const uint8_t *raw)
{
    const struct ext4 *fs = load->fs;
    struct ext4_inode *inode = load->inode;
    uint32_t extra = extra_bytes(fs, raw);

    if (extra % 4 != 0 || extra > fs->inode_bytes - INODE_OLD_BYTES)
        return E_CORRUPT;
    inode->number = load->number;
    inode->seed = crc32c_32(crc32c_32(fs->seed, load->number), disk_32(raw, INODE_GENERATION));
    if (!inode_is_intact(fs, raw, inode->seed))
        return E_CORRUPT;
    inode->mode = disk_16(raw, INODE_MODE);
    inode->flags = disk_32(raw, INODE_FLAGS);
    inode->size = disk_32(raw, INODE_SIZE_LOW);
    if (EXT4_IS(inode, FS_MODE_REGULAR))
        inode->size = disk_split(raw, INODE_SIZE_LOW, INODE_SIZE_HIGH);
    inode->mtime = read_mtime(fs, raw);
    for (unsigned i = 0; i < INODE_BLOCK_BYTES / 4; i++)
        inode->block[i] = disk_32(raw, INODE_BLOCK + 4 * i);
    if (inode->mode == 0 || disk_16(raw, INODE_LINKS) == 0 || !size_is_possible(fs, inode))
        return E_CORRUPT;
    return E_OK;
}

CO_BODY static enum co_state load_body(struct co *co)
{
    struct ext4_load *load = co_frame(struct ext4_load, co);
    struct ext4 *fs = load->fs;
    uint64_t descriptor = descriptor_at(fs, load->number);
    uint64_t inode = inode_at(fs, load->number);
    long n;

    co_begin(co);
    co_await(n, cache_get(co, &load->get, fs->cache,
                          fs->first_block + 1 + descriptor / fs->block_bytes));
    if (n < 0)
        co_return(n);
    n = read_descriptor(load, load->get.data + descriptor % fs->block_bytes);
    cache_put(&load->get);
    if (n < 0)
        co_return(n);
    co_await(n, cache_get(co, &load->get, fs->cache, load->table + inode / fs->block_bytes));
    if (n < 0)
        co_return(n);
    n = read_inode(load, load->get.data + inode % fs->block_bytes);
    cache_put(&load->get);
    co_return(n);
}

enum co_state ext4_load(struct co *co, struct ext4_load *load, struct ext4 *fs, uint32_t number,
                        struct ext4_inode *inode)
{
    if (number == 0 || number > fs->inodes) {
        co->value = E_CORRUPT;
        return CO_DONE;
    }
    load->fs = fs;
    load->number = number;
    load->inode = inode;
    return co_call(co, &load->co, load_body);
}
