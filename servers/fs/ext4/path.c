/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths: component after component from the root. A symbolic link is replaced in the path by what
 * it says, and the walk goes on from there. */
#include "ext4.h"
#include <string.h>

/* Pass slashes; what stands before one must be a directory. */
static enum error pass_slashes(struct ext4_walk *walk)
{
    uint32_t from = walk->at;

    while (walk->at < walk->bytes && walk->path[walk->at] == '/')
        walk->at++;
    if (walk->at > from && !EXT4_IS(&walk->inode, FS_MODE_DIRECTORY))
        return E_NOT_DIRECTORY;
    return E_OK;
}

/* Pass a component and make it the name to look for. */
static enum error pass_name(struct ext4_walk *walk)
{
    uint32_t from = walk->at;

    while (walk->at < walk->bytes && walk->path[walk->at] != '/')
        walk->at++;
    walk->next.wanted = walk->path + from;
    walk->next.wanted_bytes = walk->at - from;
    walk->next.cursor = 0;
    return walk->at - from > FS_NAME_MAX ? E_NAME_TOO_LONG : E_OK;
}

static bool is_dot(const struct ext4_walk *walk)
{
    return walk->next.wanted_bytes == 1 && walk->next.wanted[0] == '.';
}

/* Move what is still to be resolved to the end of the buffer, to make room for a link's target. */
static enum error make_room(struct ext4_walk *walk)
{
    uint32_t rest = walk->bytes - walk->at;

    if (++walk->links > EXT4_LINKS_MAX)
        return E_LOOP;
    if (walk->found.size > FS_PATH_MAX - rest)
        return E_NAME_TOO_LONG;
    memmove(walk->path + EXT4_PATH_BYTES - rest, walk->path + walk->at, rest);
    walk->at = EXT4_PATH_BYTES - rest;
    return E_OK;
}

/* Await the target: it stands in the inode itself, or in a block. Value: its bytes. */
static enum co_state read_target(struct co *co, struct ext4_walk *walk)
{
    struct ext4_inode *link = &walk->found;

    if (link->size < INODE_BLOCK_BYTES && !(link->flags & INODE_FLAG_EXTENTS)) {
        memcpy(walk->path, link->block, link->size);
        co->value = (intptr_t)link->size;
        return CO_DONE;
    }
    walk->read.fs = walk->fs;
    walk->read.inode = *link;
    walk->read.at = 0;
    walk->read.to = (uint8_t *)walk->path;
    walk->read.bytes = link->size;
    return ext4_read(co, &walk->read);
}

/* The target has arrived: join it with the rest. */
static enum error splice_target(struct ext4_walk *walk)
{
    uint32_t size = (uint32_t)walk->found.size;
    uint32_t rest = EXT4_PATH_BYTES - walk->at;

    memmove(walk->path + size, walk->path + walk->at, rest);
    walk->bytes = size + rest;
    walk->at = 0;
    return memchr(walk->path, 0, size) ? E_CORRUPT : E_OK;
}

static enum co_state load_root(struct co *co, struct ext4_walk *walk)
{
    return ext4_load(co, &walk->load, walk->fs, EXT4_ROOT, &walk->inode);
}

CO_BODY static enum co_state walk_body(struct co *co)
{
    struct ext4_walk *walk = co_frame(struct ext4_walk, co);
    long n;

    co_begin(co);
    co_await(n, load_root(co, walk));
    if (n == 0 && !EXT4_IS(&walk->inode, FS_MODE_DIRECTORY))
        n = E_CORRUPT;
    while (n == 0) {
        n = pass_slashes(walk);
        if (n < 0 || walk->at == walk->bytes)
            break;
        n = pass_name(walk);
        if (n < 0 || is_dot(walk))
            continue;
        co_await(n, ext4_next(co, &walk->next, walk->fs, &walk->inode));
        if (n < 0)
            break;
        co_await(n, ext4_load(co, &walk->load, walk->fs, walk->next.entry.inode, &walk->found));
        if (n < 0)
            break;
        if (!EXT4_IS(&walk->found, FS_MODE_SYMLINK)) {
            walk->inode = walk->found;
            continue;
        }
        n = make_room(walk);
        if (n < 0)
            break;
        co_await(n, read_target(co, walk));
        if (n < 0)
            break;
        n = splice_target(walk);
        if (n == 0 && walk->path[0] == '/')
            co_await(n, load_root(co, walk));
    }
    co_return(n);
}

enum co_state ext4_walk(struct co *co, struct ext4_walk *walk, struct ext4 *fs)
{
    co->value = 0;
    if (walk->bytes > FS_PATH_MAX)
        co->value = E_NAME_TOO_LONG;
    else if (walk->bytes == 0 || walk->path[0] != '/' || memchr(walk->path, 0, walk->bytes))
        co->value = E_BAD_ARGUMENT;
    if (co->value < 0)
        return CO_DONE;
    walk->fs = fs;
    walk->at = 0;
    walk->links = 0;
    return co_call(co, &walk->co, walk_body);
}
