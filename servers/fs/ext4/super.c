/* SPDX-License-Identifier: BSD-2-Clause */
/* Mounting: the superblock is read once, and what it says is checked before anything uses it. */
#include "crc32c.h"
#include "ext4.h"
#include <stdio.h>
#include <string.h>

#define KNOWN_INCOMPAT                                                                             \
    (INCOMPAT_FILETYPE | INCOMPAT_RECOVER | INCOMPAT_EXTENTS | INCOMPAT_64BIT | INCOMPAT_FLEX_BG | \
     INCOMPAT_CSUM_SEED | INCOMPAT_LARGEDIR)

/* Names of the features that change the format, by bit. */
static const char *const incompat_names[32] = {
    [0] = "compression", [1] = "filetype",     [2] = "needs_recovery", [3] = "journal_dev",
    [4] = "meta_bg",     [6] = "extent",       [7] = "64bit",          [8] = "mmp",
    [9] = "flex_bg",     [10] = "ea_inode",    [12] = "dirdata",       [13] = "metadata_csum_seed",
    [14] = "large_dir",  [15] = "inline_data", [16] = "encrypt",       [17] = "casefold",
};

#define NOTE(fs, ...) snprintf((fs)->note, sizeof(fs)->note, __VA_ARGS__)

/* Write the names of the unknown features into the note. */
static enum error refuse_features(struct ext4 *fs, uint32_t unknown)
{
    size_t at = (size_t)NOTE(fs, "uses features that are not supported:");

    for (unsigned bit = 0; bit < 32 && at < sizeof fs->note; bit++) {
        if (!(unknown >> bit & 1))
            continue;
        if (incompat_names[bit])
            at += (size_t)snprintf(fs->note + at, sizeof fs->note - at, " %s", incompat_names[bit]);
        else
            at += (size_t)snprintf(fs->note + at, sizeof fs->note - at, " bit-%u", bit);
    }
    return E_UNSUPPORTED;
}

static enum error check_identity(struct ext4 *fs, const uint8_t *super)
{
    if (disk_16(super, SUPER_MAGIC) != SUPER_MAGIC_VALUE) {
        NOTE(fs, "no ext4 filesystem: magic 0x%04x, not 0x%04x", disk_16(super, SUPER_MAGIC),
             SUPER_MAGIC_VALUE);
        return E_UNSUPPORTED;
    }
    fs->checksums = disk_32(super, SUPER_RO_COMPAT) & RO_COMPAT_METADATA_CSUM;
    if (!fs->checksums)
        return E_OK;
    if (disk_8(super, SUPER_CHECKSUM_TYPE) != 1) {
        NOTE(fs, "unknown checksum type %u", disk_8(super, SUPER_CHECKSUM_TYPE));
        return E_UNSUPPORTED;
    }
    if (crc32c(~0u, super, SUPER_CHECKSUM) != disk_32(super, SUPER_CHECKSUM)) {
        NOTE(fs, "wrong checksum of the superblock");
        return E_CORRUPT;
    }
    return E_OK;
}

static enum error check_features(struct ext4 *fs, const uint8_t *super)
{
    uint32_t incompat = disk_32(super, SUPER_INCOMPAT);
    uint32_t revision = disk_32(super, SUPER_REVISION);

    if (revision == 0) {
        NOTE(fs, "revision 0 of ext2 is not supported");
        return E_UNSUPPORTED;
    }
    if (incompat & ~(uint32_t)KNOWN_INCOMPAT)
        return refuse_features(fs, incompat & ~(uint32_t)KNOWN_INCOMPAT);
    if (!(incompat & INCOMPAT_FILETYPE)) {
        NOTE(fs, "without the feature filetype: not supported");
        return E_UNSUPPORTED;
    }
    if (incompat & INCOMPAT_RECOVER)
        NOTE(fs, "warning: not unmounted cleanly; read as it stands, without journal recovery");
    fs->seed = incompat & INCOMPAT_CSUM_SEED ? disk_32(super, SUPER_CHECKSUM_SEED)
                                             : crc32c(~0u, super + SUPER_UUID, 16);
    return E_OK;
}

static bool is_power_of_two(uint32_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

/* Sizes of things: each is a power of two in its range, so that none crosses a block. */
static enum error check_sizes(struct ext4 *fs, const uint8_t *super)
{
    uint32_t shift = disk_32(super, SUPER_BLOCK_SHIFT);

    if (shift > 2) {
        NOTE(fs, "block size 1024 << %lu is not supported (1, 2 or 4 KiB)", (unsigned long)shift);
        return shift <= 6 ? E_UNSUPPORTED : E_CORRUPT;
    }
    fs->block_bytes = 1024u << shift;
    fs->inode_bytes = disk_16(super, SUPER_INODE_BYTES);
    fs->descriptor_bytes = 32;
    if (disk_32(super, SUPER_INCOMPAT) & INCOMPAT_64BIT)
        fs->descriptor_bytes = disk_16(super, SUPER_DESCRIPTOR_BYTES);
    if (is_power_of_two(fs->inode_bytes) && fs->inode_bytes >= INODE_OLD_BYTES &&
        fs->inode_bytes <= fs->block_bytes && is_power_of_two(fs->descriptor_bytes) &&
        fs->descriptor_bytes >= 32 && fs->descriptor_bytes <= fs->block_bytes)
        return E_OK;
    NOTE(fs, "impossible sizes: inode %lu, group descriptor %lu", (unsigned long)fs->inode_bytes,
         (unsigned long)fs->descriptor_bytes);
    return E_CORRUPT;
}

static uint64_t read_count(const struct ext4 *fs, const uint8_t *super, uint32_t low, uint32_t high)
{
    return fs->descriptor_bytes > 32 ? disk_split(super, low, high) : disk_32(super, low);
}

/* Counts of things: they agree with each other and with the device. */
static enum error check_counts(struct ext4 *fs, const uint8_t *super, uint64_t device_bytes)
{
    uint32_t group_blocks = disk_32(super, SUPER_GROUP_BLOCKS);
    uint64_t groups = 0;

    fs->blocks = read_count(fs, super, SUPER_BLOCKS_LOW, SUPER_BLOCKS_HIGH);
    fs->free_blocks = read_count(fs, super, SUPER_FREE_BLOCKS_LOW, SUPER_FREE_BLOCKS_HIGH);
    fs->inodes = disk_32(super, SUPER_INODES);
    fs->free_inodes = disk_32(super, SUPER_FREE_INODES);
    fs->first_block = disk_32(super, SUPER_FIRST_BLOCK);
    fs->group_inodes = disk_32(super, SUPER_GROUP_INODES);
    if (fs->blocks > device_bytes / fs->block_bytes) {
        NOTE(fs, "truncated: %llu blocks of %lu bytes on a device of %llu bytes",
             (unsigned long long)fs->blocks, (unsigned long)fs->block_bytes,
             (unsigned long long)device_bytes);
        return E_CORRUPT;
    }
    if (fs->first_block == (fs->block_bytes == 1024) && fs->blocks > fs->first_block &&
        group_blocks != 0)
        groups = (fs->blocks - fs->first_block - 1) / group_blocks + 1;
    if (groups == 0 || groups > UINT32_MAX || fs->group_inodes == 0 || fs->inodes < EXT4_ROOT ||
        groups * fs->group_inodes != fs->inodes ||
        groups * fs->descriptor_bytes / fs->block_bytes >= fs->blocks - fs->first_block) {
        NOTE(fs, "impossible counts: %llu blocks, %lu in a group, %lu inodes, %lu in a group",
             (unsigned long long)fs->blocks, (unsigned long)group_blocks, (unsigned long)fs->inodes,
             (unsigned long)fs->group_inodes);
        return E_CORRUPT;
    }
    fs->groups = (uint32_t)groups;
    return E_OK;
}

static enum error check_super(struct ext4 *fs, const uint8_t *super, uint64_t device_bytes)
{
    enum error e = check_identity(fs, super);

    if (e == E_OK)
        e = check_features(fs, super);
    if (e == E_OK)
        e = check_sizes(fs, super);
    if (e == E_OK)
        e = check_counts(fs, super, device_bytes);
    return e;
}

CO_BODY static enum co_state mount_body(struct co *co)
{
    struct ext4_mount *mount = co_frame(struct ext4_mount, co);
    struct ext4 *fs = mount->fs;
    struct block_device *device = fs->cache->device;
    long n;

    co_begin(co);
    co_await(n, cache_get(co, &mount->get, fs->cache, SUPER_OFFSET / SUPER_BYTES));
    if (n < 0) {
        NOTE(fs, "the superblock cannot be read");
        co_return(n);
    }
    n = check_super(fs, mount->get.data, device->sectors * CACHE_SECTOR_BYTES);
    cache_put(&mount->get);
    if (n == E_OK && cache_init(fs->cache, device, fs->block_bytes) != E_OK) {
        NOTE(fs, "the device's memory or transfers are smaller than a block");
        n = E_UNSUPPORTED;
    }
    co_return(n);
}

enum co_state ext4_mount(struct co *co, struct ext4_mount *mount, struct ext4 *fs,
                         struct cache *cache, struct block_device *device)
{
    co->value = 0;
    memset(fs, 0, sizeof *fs);
    fs->cache = cache;
    mount->fs = fs;
    if (device->sectors < (SUPER_OFFSET + SUPER_BYTES) / CACHE_SECTOR_BYTES) {
        NOTE(fs, "truncated: a device of %llu bytes has no superblock",
             (unsigned long long)device->sectors * CACHE_SECTOR_BYTES);
        co->value = E_CORRUPT;
    } else if (device->sectors > UINT64_MAX / CACHE_SECTOR_BYTES ||
               cache_init(cache, device, SUPER_BYTES) != E_OK) {
        NOTE(fs, "the driver reports impossible sizes");
        co->value = E_UNSUPPORTED;
    }
    return co->value < 0 ? CO_DONE : co_call(co, &mount->co, mount_body);
}
