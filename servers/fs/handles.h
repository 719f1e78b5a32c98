/* SPDX-License-Identifier: BSD-2-Clause */
/* The open files of one client. A handle is an index and the generation of its slot, so that one
 * that was closed opens nothing, even when its slot is in use again. */
#pragma once
#include "ext4/ext4.h"

#define HANDLE_COUNT 256u /* a client's quota */

struct handle {
    struct ext4_inode inode;
    uint32_t generation;
    bool used;
};

struct handles {
    struct handle handle[HANDLE_COUNT];
    uint32_t used;
    uint32_t hint; /* where to look for a free one first */
};

/* Value: the handle, above 0; E_TOO_MANY. */
int64_t handles_open(struct handles *handles, const struct ext4_inode *inode);
/* The inode behind a handle. E_BAD_HANDLE; E_STALE: it was closed. */
enum error handles_find(struct handles *handles, uint64_t value, struct ext4_inode **inode);
enum error handles_close(struct handles *handles, uint64_t value);
void handles_close_all(struct handles *handles);
