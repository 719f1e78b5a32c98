/* SPDX-License-Identifier: BSD-2-Clause */
/* FS_LIST: what a directory holds, entry after entry, into the client's buffer. */
#pragma once
#include "ext4/ext4.h"

struct list {
    struct co co;
    struct ext4 *fs;
    struct ext4_inode directory; /* in */
    uint64_t cursor;             /* in and out */
    uint8_t *to;                 /* in */
    uint64_t bytes;              /* in: of the buffer */
    uint64_t used;
    uint64_t count;
    struct ext4_next next;
    struct ext4_load load;
    struct ext4_inode inode;
};
/* `.` and `..` are left out. An entry whose inode is corrupt is listed with mode 0.
 * Value: entries written, 0 at the end; E_BAD_ARGUMENT if not one fits; E_NOT_DIRECTORY. */
enum co_state list_directory(struct co *co, struct list *list, struct ext4 *fs);
