/* SPDX-License-Identifier: BSD-2-Clause */
#include "handles.h"

#define INDEX_BITS 8
_Static_assert(HANDLE_COUNT == 1u << INDEX_BITS, "an index fills its bits");

int64_t handles_open(struct handles *handles, const struct ext4_inode *inode)
{
    struct handle *handle;
    uint32_t i = handles->hint;

    if (handles->used == HANDLE_COUNT)
        return E_TOO_MANY;
    while (handles->handle[i].used)
        i = (i + 1) % HANDLE_COUNT;
    handle = &handles->handle[i];
    handle->used = true;
    handle->inode = *inode;
    if (++handle->generation == 0)
        handle->generation = 1;
    handles->used++;
    handles->hint = (i + 1) % HANDLE_COUNT;
    return (int64_t)((uint64_t)handle->generation << INDEX_BITS | i);
}

static enum error find(struct handles *handles, uint64_t value, struct handle **found)
{
    struct handle *handle = &handles->handle[value % HANDLE_COUNT];
    uint64_t generation = value >> INDEX_BITS;

    if (generation == 0 || generation > handle->generation)
        return E_BAD_HANDLE;
    if (!handle->used || generation != handle->generation)
        return E_STALE;
    *found = handle;
    return E_OK;
}

enum error handles_find(struct handles *handles, uint64_t value, struct ext4_inode **inode)
{
    struct handle *handle;
    enum error e = find(handles, value, &handle);

    if (e == E_OK)
        *inode = &handle->inode;
    return e;
}

enum error handles_close(struct handles *handles, uint64_t value)
{
    struct handle *handle;
    enum error e = find(handles, value, &handle);

    if (e == E_OK) {
        handle->used = false;
        handles->used--;
    }
    return e;
}

void handles_close_all(struct handles *handles)
{
    for (uint32_t i = 0; i < HANDLE_COUNT; i++)
        handles->handle[i].used = false;
    handles->used = 0;
}
