/* SPDX-License-Identifier: BSD-2-Clause */
/* Filesystem protocol ("fs"). Client: an app; server: servers/fs.
 *
 * Paths and data travel in the channel's region. A handle belongs to the channel that opened it.
 * Paths are absolute, `/` separates; at most FS_PATH_MAX bytes, no terminating zero needed.
 */
#pragma once
#include <ipc/ipc.h>

#define FS_PATH_MAX 4095
#define FS_NAME_MAX 255

enum fs_label {
    FS_OPEN = 1, /* path offset, path bytes -> handle, size, mode, mtime (s), inode */
    FS_READ,     /* handle, file offset, region offset, bytes -> bytes (0: at the end) */
    FS_CLOSE,    /* handle -> 0 */
    FS_STAT,     /* path offset, path bytes -> 0, size, mode, mtime (s), inode */
    FS_LIST,     /* handle of a directory, cursor (0 first), region offset, bytes
                  * -> entries written (0: end), next cursor */
    FS_STATFS,   /* -> 0, block bytes, blocks, free blocks, inodes, free inodes */
};

/* File types in mode: as in POSIX and ext4. */
#define FS_MODE_TYPE      0xf000
#define FS_MODE_REGULAR   0x8000
#define FS_MODE_DIRECTORY 0x4000
#define FS_MODE_SYMLINK   0xa000

/* One entry of a listing; the next begins at the next multiple of 8. Not zero-terminated. */
struct fs_entry {
    uint64_t inode;
    uint64_t size; /* bytes of the file */
    uint32_t mode;
    uint32_t name_bytes;
    char name[];
};
#define FS_ENTRY_BYTES(name_bytes) ((sizeof(struct fs_entry) + (name_bytes) + 7) & ~7ul)

static inline enum co_state fs_open(struct co *co, struct ipc_end *fs, struct ipc_message *m,
                                    uint64_t path, uint64_t path_bytes)
{
    m->word[0] = path;
    m->word[1] = path_bytes;
    return ipc_call(co, fs, m, FS_OPEN);
}
static inline enum co_state fs_read(struct co *co, struct ipc_end *fs, struct ipc_message *m,
                                    uint64_t handle, uint64_t at, uint64_t offset, uint64_t bytes)
{
    m->word[0] = handle;
    m->word[1] = at;
    m->word[2] = offset;
    m->word[3] = bytes;
    return ipc_call(co, fs, m, FS_READ);
}
static inline enum co_state fs_close(struct co *co, struct ipc_end *fs, struct ipc_message *m,
                                     uint64_t handle)
{
    m->word[0] = handle;
    return ipc_call(co, fs, m, FS_CLOSE);
}
static inline enum co_state fs_stat(struct co *co, struct ipc_end *fs, struct ipc_message *m,
                                    uint64_t path, uint64_t path_bytes)
{
    m->word[0] = path;
    m->word[1] = path_bytes;
    return ipc_call(co, fs, m, FS_STAT);
}
static inline enum co_state fs_list(struct co *co, struct ipc_end *fs, struct ipc_message *m,
                                    uint64_t handle, uint64_t cursor, uint64_t offset,
                                    uint64_t bytes)
{
    m->word[0] = handle;
    m->word[1] = cursor;
    m->word[2] = offset;
    m->word[3] = bytes;
    return ipc_call(co, fs, m, FS_LIST);
}
