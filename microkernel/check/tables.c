/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables that a walk fills: open addressing, entries of earlier walks count as empty. */
#include <string.h>
#include "check.h"

#define MASK ((1u << CHECK_MAP_BITS) - 1)

void check_map_clear(struct check_map *map)
{
    map->stamp++; /* 2^32 walks do not happen */
    map->used = 0;
}

static struct check_entry *find(struct check_map *map, uint64_t key)
{
    uint32_t i = (uint32_t)(key * 0x9e3779b97f4a7c15ull >> (64 - CHECK_MAP_BITS));

    while (map->entries[i].stamp == map->stamp && map->entries[i].key != key)
        i = (i + 1) & MASK;
    return &map->entries[i];
}

uint32_t *check_map_add(struct check_map *map, uint64_t key, bool *added)
{
    struct check_entry *entry = find(map, key);

    *added = entry->stamp != map->stamp;
    if (!*added)
        return &entry->value;
    if (map->used > MASK / 4 * 3)
        return NULL;
    map->used++;
    *entry = (struct check_entry){.key = key, .stamp = map->stamp};
    return &entry->value;
}

uint32_t *check_map_find(struct check_map *map, uint64_t key)
{
    struct check_entry *entry = find(map, key);

    return entry->stamp == map->stamp ? &entry->value : NULL;
}

struct check_object *check_live(struct check *check, const void *address, unsigned type)
{
    uint32_t *index = check_map_find(&check->known, (uintptr_t)address);

    return index && check->objects[*index].type == type ? &check->objects[*index] : NULL;
}

void check_begin(struct check *check)
{
    check_map_clear(&check->slots);
    check_map_clear(&check->known);
    check_map_clear(&check->leaves);
    check_map_clear(&check->tables);
    memset(check->kernel_pages, 0, sizeof check->kernel_pages);
    check->slot_count = check->object_count = check->installed_count = check->top_count = 0;
    check->dying = 0;
    check->first_process = NULL;
    check->where = NULL;
}
