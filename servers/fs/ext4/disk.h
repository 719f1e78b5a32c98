/* SPDX-License-Identifier: BSD-2-Clause */
/* What ext4 looks like on the disk: where each number stands, and how to read one.
 *
 * A buffer is shared with the driver, which might change it while we look. Each number is read
 * exactly once (hence volatile) into a variable, checked there and used from there. All numbers
 * are little-endian, as this machine is, and stand at multiples of their size.
 */
#pragma once
#include <stdint.h>

/* Whatever wrote these bytes, they may be read as numbers. */
typedef uint16_t disk_u16 __attribute__((may_alias));
typedef uint32_t disk_u32 __attribute__((may_alias));

static inline uint8_t disk_8(const void *at, uint32_t offset)
{
    return *(const volatile uint8_t *)((const uint8_t *)at + offset);
}
static inline uint16_t disk_16(const void *at, uint32_t offset)
{
    return *(const volatile disk_u16 *)(const void *)((const uint8_t *)at + offset);
}
static inline uint32_t disk_32(const void *at, uint32_t offset)
{
    return *(const volatile disk_u32 *)(const void *)((const uint8_t *)at + offset);
}
/* A number of which the two halves stand apart. */
static inline uint64_t disk_split(const void *at, uint32_t low, uint32_t high)
{
    return disk_32(at, low) | (uint64_t)disk_32(at, high) << 32;
}

#define EXT4_BLOCK_MAX 4096u /* larger blocks are refused */
#define EXT4_ROOT      2u    /* inode number of the root directory */

/* The superblock: 1024 bytes at byte 1024. */
enum {
    SUPER_OFFSET = 1024,
    SUPER_BYTES = 1024,
    SUPER_INODES = 0x00,
    SUPER_BLOCKS_LOW = 0x04,
    SUPER_FREE_BLOCKS_LOW = 0x0c,
    SUPER_FREE_INODES = 0x10,
    SUPER_FIRST_BLOCK = 0x14,
    SUPER_BLOCK_SHIFT = 0x18, /* block size is 1024 << this */
    SUPER_GROUP_BLOCKS = 0x20,
    SUPER_GROUP_INODES = 0x28,
    SUPER_MAGIC = 0x38, /* 16 bits */
    SUPER_REVISION = 0x4c,
    SUPER_INODE_BYTES = 0x58, /* 16 bits */
    SUPER_COMPAT = 0x5c,
    SUPER_INCOMPAT = 0x60,
    SUPER_RO_COMPAT = 0x64,
    SUPER_UUID = 0x68,             /* 16 bytes */
    SUPER_DESCRIPTOR_BYTES = 0xfe, /* 16 bits */
    SUPER_BLOCKS_HIGH = 0x150,
    SUPER_FREE_BLOCKS_HIGH = 0x158,
    SUPER_CHECKSUM_TYPE = 0x175, /* 8 bits; 1: crc32c */
    SUPER_CHECKSUM_SEED = 0x270,
    SUPER_CHECKSUM = 0x3fc,
    SUPER_MAGIC_VALUE = 0xef53,
};

/* Features that a reader must know. */
enum {
    INCOMPAT_FILETYPE = 0x2,
    INCOMPAT_RECOVER = 0x4,
    INCOMPAT_EXTENTS = 0x40,
    INCOMPAT_64BIT = 0x80,
    INCOMPAT_FLEX_BG = 0x200,
    INCOMPAT_CSUM_SEED = 0x2000,
    INCOMPAT_LARGEDIR = 0x4000,
    RO_COMPAT_METADATA_CSUM = 0x400,
};

/* A group descriptor: 32 bytes, or more with INCOMPAT_64BIT. */
enum {
    GROUP_INODE_TABLE_LOW = 0x08,
    GROUP_CHECKSUM = 0x1e, /* 16 bits */
    GROUP_INODE_TABLE_HIGH = 0x28,
};

/* An inode: 128 bytes, and from INODE_EXTRA_BYTES on what larger ones add. */
enum {
    INODE_MODE = 0x00, /* 16 bits */
    INODE_SIZE_LOW = 0x04,
    INODE_MTIME = 0x10,
    INODE_LINKS = 0x1a, /* 16 bits */
    INODE_FLAGS = 0x20,
    INODE_BLOCK = 0x28,
    INODE_BLOCK_BYTES = 60,
    INODE_GENERATION = 0x64,
    INODE_SIZE_HIGH = 0x6c,
    INODE_CHECKSUM_LOW = 0x7c, /* 16 bits */
    INODE_OLD_BYTES = 128,
    INODE_EXTRA_BYTES = 0x80,   /* 16 bits */
    INODE_CHECKSUM_HIGH = 0x82, /* 16 bits */
    INODE_MTIME_EXTRA = 0x88,
};
enum {
    INODE_FLAG_ENCRYPT = 0x800,
    INODE_FLAG_INDEX = 0x1000, /* a directory with a hash index */
    INODE_FLAG_EXTENTS = 0x80000,
    INODE_FLAG_INLINE_DATA = 0x10000000,
};

/* A node of an extent tree: a header, then entries of 12 bytes; in a block, a checksum last. */
enum {
    EXTENT_MAGIC = 0x00,   /* 16 bits, as are the next three */
    EXTENT_ENTRIES = 0x02, /* in use */
    EXTENT_MAX = 0x04,     /* that fit */
    EXTENT_DEPTH = 0x06,   /* 0: a leaf */
    EXTENT_HEADER_BYTES = 12,
    EXTENT_ENTRY_BYTES = 12,
    EXTENT_MAGIC_VALUE = 0xf30a,
    EXTENT_DEPTH_MAX = 5,
    /* An entry of an inner node. */
    EXTENT_INDEX_FIRST = 0x00,
    EXTENT_INDEX_CHILD_LOW = 0x04,
    EXTENT_INDEX_CHILD_HIGH = 0x08, /* 16 bits */
    /* An entry of a leaf. */
    EXTENT_FIRST = 0x00,
    EXTENT_LENGTH = 0x04,     /* 16 bits; above 32768: allocated but not written, minus 32768 */
    EXTENT_START_HIGH = 0x06, /* 16 bits */
    EXTENT_START_LOW = 0x08,
    EXTENT_LENGTH_MAX = 32768,
};

/* A directory entry: a header of 8 bytes and the name, in total a multiple of 4 bytes. */
enum {
    ENTRY_INODE = 0x00,      /* 0: not in use */
    ENTRY_BYTES = 0x04,      /* 16 bits, to the next entry */
    ENTRY_NAME_BYTES = 0x06, /* 8 bits */
    ENTRY_TYPE = 0x07,       /* 8 bits */
    ENTRY_NAME = 0x08,
    /* The last 12 bytes of a leaf look like an unused entry and hold the checksum. */
    ENTRY_TAIL_BYTES = 12,
    ENTRY_TAIL_TYPE = 0xde,
    ENTRY_TAIL_CHECKSUM = 0x08,
    /* A node of the hash index: at the count offset (8, in the root 32), limit and count. */
    INDEX_NODE_OFFSET = 8,
    INDEX_ROOT_OFFSET = 32,
    INDEX_LIMIT = 0x00, /* 16 bits */
    INDEX_COUNT = 0x02, /* 16 bits */
    INDEX_ENTRY_BYTES = 8,
    INDEX_TAIL_BYTES = 8, /* after `limit` entries: reserved word, checksum */
};
