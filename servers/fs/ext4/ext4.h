/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading an ext4 filesystem: a mounted one, its inodes, and what can be awaited of them.
 *
 * Every awaitable operation takes a frame of its own type, which lives in the caller's frame. The
 * caller fills the fields marked "in", calls, and finds the result in those marked "out". Values
 * are 0 (or what the function says) and negative errors: E_CORRUPT where the disk contradicts
 * itself or a checksum is wrong, E_UNSUPPORTED for what is valid but not done here, E_IO and
 * E_PEER_DEAD from the device.
 *
 * Nothing on the disk is trusted: each number is read once and checked before it is used, every
 * loop is bounded by a checked number, and there is no recursion.
 */
#pragma once
#include "cache.h"
#include "disk.h"
#include <protocol/fs.h>

struct ext4 {
    struct cache *cache;
    uint64_t blocks;
    uint64_t free_blocks;
    uint32_t inodes;
    uint32_t free_inodes;
    uint32_t block_bytes;
    uint32_t first_block; /* 1 with blocks of 1 KiB, else 0 */
    uint32_t group_inodes;
    uint32_t groups;
    uint32_t descriptor_bytes;
    uint32_t inode_bytes;
    uint32_t seed;  /* of the checksums */
    bool checksums; /* metadata_csum */
    char note[160]; /* after ext4_mount: what was wrong, or a warning; or empty */
};

/* What a reader keeps of an inode. A plain copy: it pins nothing. */
struct ext4_inode {
    uint64_t size;
    uint64_t mtime; /* s since 1970 */
    uint32_t number;
    uint32_t mode;                         /* FS_MODE_TYPE and permissions */
    uint32_t flags;                        /* INODE_FLAG_* */
    uint32_t seed;                         /* of the checksums of its blocks */
    uint32_t block[INODE_BLOCK_BYTES / 4]; /* extent root, block map, or short link */
};

/* ---------------------------------------------------------------- super.c */

/* Read and check the superblock; set up the cache over the device. A filesystem that needs journal
 * recovery is mounted as it stands, with a note. */
struct ext4_mount {
    struct co co;
    struct ext4 *fs;
    struct cache_get get;
};
enum co_state ext4_mount(struct co *co, struct ext4_mount *mount, struct ext4 *fs,
                         struct cache *cache, struct block_device *device);

/* ---------------------------------------------------------------- inode.c */

struct ext4_load {
    struct co co;
    struct ext4 *fs;
    struct ext4_inode *inode; /* out */
    uint32_t number;
    uint64_t table;
    struct cache_get get;
};
/* Read inode `number`. E_CORRUPT also for one that is not in use. */
enum co_state ext4_load(struct co *co, struct ext4_load *load, struct ext4 *fs, uint32_t number,
                        struct ext4_inode *inode);

/* ---------------------------------------------------------------- map.c, extent.c, blockmap.c */

/* Where a run of a file's blocks is. */
struct ext4_map {
    struct co co;
    struct ext4 *fs;
    const struct ext4_inode *inode;
    uint64_t logical;
    uint64_t physical; /* out: first block; 0: a hole, reads as zeros */
    uint64_t count;    /* out: blocks in the run, at least 1 */
    uint64_t child;    /* the walk: node to read next */
    unsigned depth;    /* levels still below */
    unsigned path[4];  /* block map: position in each level, the leaf's first */
    struct cache_get get;
};
/* Find the run that begins at block `logical` of the file. */
enum co_state ext4_map(struct co *co, struct ext4_map *map, struct ext4 *fs,
                       const struct ext4_inode *inode, uint64_t logical);
/* The two forms of it. */
enum co_state extent_map_body(struct co *co);
enum co_state blockmap_map_body(struct co *co);

/* These blocks lie in the filesystem. */
static inline bool ext4_has_blocks(const struct ext4 *fs, uint64_t first, uint64_t count)
{
    return first > fs->first_block && first < fs->blocks && count <= fs->blocks - first;
}

/* ---------------------------------------------------------------- file.c */

struct ext4_read {
    struct co co;
    struct ext4 *fs;
    struct ext4_inode inode; /* in: a copy, so that the handle may be closed meanwhile */
    uint64_t at;             /* in: offset in the file */
    uint8_t *to;             /* in */
    uint64_t bytes;          /* in */
    uint64_t done;
    struct ext4_map map;
    struct cache_get get;
};
/* Read from a file or long symbolic link. Value: bytes, fewer only at the end. */
enum co_state ext4_read(struct co *co, struct ext4_read *read);

/* ---------------------------------------------------------------- directory.c */

struct ext4_entry {
    uint32_t inode;
    uint32_t name_bytes;
    char name[FS_NAME_MAX];
};

/* One block of a directory, verified and pinned in get. */
struct ext4_directory_block {
    struct co co;
    struct ext4 *fs;
    const struct ext4_inode *inode;
    uint64_t index;
    struct ext4_map map;
    struct cache_get get;
};

struct ext4_next {
    struct co co;
    struct ext4 *fs;
    const struct ext4_inode *inode;
    uint64_t cursor;    /* in and out: where the scan goes on; 0 first */
    const char *wanted; /* NULL: any entry */
    uint32_t wanted_bytes;
    struct ext4_entry entry; /* out */
    struct ext4_directory_block block;
};
/* Find the next entry at or after the cursor, of the wanted name if there is one. The cursor moves
 * behind it. Value: 0, or E_NOT_FOUND at the end. */
enum co_state ext4_next(struct co *co, struct ext4_next *next, struct ext4 *fs,
                        const struct ext4_inode *directory);

/* ---------------------------------------------------------------- path.c */

#define EXT4_PATH_BYTES 4096
#define EXT4_LINKS_MAX  16 /* symbolic links in one path */

struct ext4_walk {
    struct co co;
    struct ext4 *fs;
    uint32_t bytes;          /* in: of the path */
    uint32_t at;             /* what comes before is resolved, to `inode` */
    uint32_t links;          /* followed so far */
    struct ext4_inode inode; /* out */
    struct ext4_inode found;
    struct ext4_load load;
    union {
        struct ext4_next next;
        struct ext4_read read;
    };
    char path[EXT4_PATH_BYTES]; /* in; links are expanded in place */
};
/* Resolve an absolute path, following symbolic links. Value: 0, E_NOT_FOUND, E_NOT_DIRECTORY,
 * E_LOOP, E_NAME_TOO_LONG, E_BAD_ARGUMENT (not absolute, or with a zero byte). */
enum co_state ext4_walk(struct co *co, struct ext4_walk *walk, struct ext4 *fs);

/* ---------------------------------------------------------------- for all of them */

#define EXT4_IS(inode, type) (((inode)->mode & FS_MODE_TYPE) == (type))
