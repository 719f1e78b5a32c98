/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of the two forms a file's map has. */
#include "ext4.h"

enum co_state ext4_map(struct co *co, struct ext4_map *map, struct ext4 *fs,
                       const struct ext4_inode *inode, uint64_t logical)
{
    bool extents = inode->flags & INODE_FLAG_EXTENTS;

    if (inode->flags & (INODE_FLAG_ENCRYPT | INODE_FLAG_INLINE_DATA)) {
        co->value = E_UNSUPPORTED;
        return CO_DONE;
    }
    if (logical > UINT32_MAX) {
        co->value = E_CORRUPT;
        return CO_DONE;
    }
    map->fs = fs;
    map->inode = inode;
    map->logical = logical;
    return co_call(co, &map->co, extents ? extent_map_body : blockmap_map_body);
}
