/* SPDX-License-Identifier: BSD-2-Clause */
#include "list.h"
#include <protocol/fs.h>
#include <string.h>

#define YIELD_ENTRIES 16u

static bool is_dots(const struct ext4_entry *entry)
{
    return entry->name[0] == '.' &&
           (entry->name_bytes == 1 || (entry->name_bytes == 2 && entry->name[1] == '.'));
}

static bool fits(const struct list *list)
{
    return FS_ENTRY_BYTES(list->next.entry.name_bytes) <= list->bytes - list->used;
}

/* Put the entry into the buffer, which the client may have placed at any address. */
static void put_entry(struct list *list)
{
    const struct ext4_entry *entry = &list->next.entry;
    struct fs_entry out = {
        .inode = entry->inode,
        .size = list->inode.size,
        .mode = list->inode.mode,
        .name_bytes = entry->name_bytes,
    };
    uint8_t *to = list->to + list->used;
    size_t end = sizeof out + entry->name_bytes;

    memcpy(to, &out, sizeof out);
    memcpy(to + sizeof out, entry->name, entry->name_bytes);
    memset(to + end, 0, FS_ENTRY_BYTES(entry->name_bytes) - end);
    list->used += FS_ENTRY_BYTES(entry->name_bytes);
    list->count++;
}

/* Stop before the present entry. What was already written is handed over first; an error will
 * meet the next call again. */
static intptr_t stop(const struct list *list, long n)
{
    return list->count > 0 ? (intptr_t)list->count : n;
}

CO_BODY static enum co_state list_body(struct co *co)
{
    struct list *list = co_frame(struct list, co);
    long n;

    co_begin(co);
    for (;;) {
        list->next.cursor = list->cursor;
        co_await(n, ext4_next(co, &list->next, list->fs, &list->directory));
        if (n < 0)
            co_return(n == E_NOT_FOUND ? (intptr_t)list->count : stop(list, n));
        if (is_dots(&list->next.entry)) {
            list->cursor = list->next.cursor;
            continue;
        }
        if (!fits(list))
            co_return(stop(list, E_BAD_ARGUMENT));
        co_await(n, ext4_load(co, &list->load, list->fs, list->next.entry.inode, &list->inode));
        if (n == E_CORRUPT)
            memset(&list->inode, 0, sizeof list->inode);
        else if (n < 0)
            co_return(stop(list, n));
        put_entry(list);
        list->cursor = list->next.cursor;
        if (list->count % YIELD_ENTRIES == 0)
            co_await(n, co_yield(co));
    }
}

enum co_state list_directory(struct co *co, struct list *list, struct ext4 *fs)
{
    list->fs = fs;
    list->used = 0;
    list->count = 0;
    list->next.wanted = NULL;
    list->next.wanted_bytes = 0;
    return co_call(co, &list->co, list_body);
}
