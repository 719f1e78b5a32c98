/* SPDX-License-Identifier: BSD-2-Clause */
/* Wait by key: a hash table with lists, of entries that never move. Numbers of entries count from
 * 1, so that a zeroed table is an empty one. */
#include "internal.h"

/* Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4): keys are often consecutive. */
static uint32_t *list_of(struct co_keys *map, uint64_t key)
{
    return &map->entries[(key * 0x9e3779b97f4a7c15ull >> 32) & (map->count - 1)].head;
}

/* The link to the entry of a key, or to the 0 at the end. */
static uint32_t *find(struct co_keys *map, uint64_t key)
{
    uint32_t *link = list_of(map, key);

    while (*link && map->entries[*link - 1].key != key)
        link = &map->entries[*link - 1].next;
    return link;
}

static struct co_key *add(struct co_keys *map, uint64_t key)
{
    uint32_t *list = list_of(map, key), number = map->free;
    struct co_key *entry;

    if (number)
        map->free = map->entries[number - 1].next;
    else if (map->used == map->count)
        return NULL;
    else
        number = ++map->used;
    entry = &map->entries[number - 1];
    entry->key = key;
    entry->next = *list;
    *list = number;
    return entry;
}

static void remove(struct co_keys *map, uint32_t *link)
{
    uint32_t number = *link;

    *link = map->entries[number - 1].next;
    map->entries[number - 1].next = map->free;
    map->free = number;
}

/* While a coroutine waits, value holds its entry. */
static void key_cancel(struct co *co)
{
    struct co_key *entry = (struct co_key *)co->value;

    remove(entry->map, find(entry->map, entry->key));
}

enum co_state co_key_wait(struct co *co, struct co_keys *map, uint64_t key)
{
    uint32_t *link = find(map, key);
    struct co_key *entry = *link ? &map->entries[*link - 1] : NULL;

    if (refuse_if_cancelled(co))
        return CO_DONE;
    if (entry && entry->waiter)
        co_return(E_IN_USE);
    if (entry) {
        co->value = entry->value;
        remove(map, link);
        return CO_DONE;
    }
    entry = add(map, key);
    if (!entry)
        co_return(E_NO_MEMORY);
    entry->waiter = co;
    entry->map = map;
    co->value = (intptr_t)entry;
    co->cancel = key_cancel;
    return CO_PENDING;
}

enum error co_key_signal(struct co_keys *map, uint64_t key, intptr_t value)
{
    uint32_t *link = find(map, key);
    struct co_key *entry = *link ? &map->entries[*link - 1] : NULL;
    struct co *waiter = entry ? entry->waiter : NULL;

    if (waiter) {
        remove(map, link);
        co_complete(waiter, value);
        return E_OK;
    }
    if (entry)
        return E_IN_USE;
    entry = add(map, key);
    if (!entry)
        return E_NO_MEMORY;
    entry->waiter = NULL;
    entry->value = value;
    return E_OK;
}

enum error co_key_forget(struct co_keys *map, uint64_t key)
{
    uint32_t *link = find(map, key);

    if (!*link || map->entries[*link - 1].waiter)
        return E_NOT_FOUND;
    remove(map, link);
    return E_OK;
}
