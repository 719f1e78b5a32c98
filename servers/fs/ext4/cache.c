/* SPDX-License-Identifier: BSD-2-Clause */
#include "cache.h"
#include <string.h>

/* ---------------------------------------------------------------- lines */

static void age_remove(struct cache *cache, struct cache_line *line)
{
    if (line->newer)
        line->newer->older = line->older;
    else
        cache->newest = line->older;
    if (line->older)
        line->older->newer = line->newer;
    else
        cache->oldest = line->newer;
    line->newer = line->older = NULL;
}

static void age_push_newest(struct cache *cache, struct cache_line *line)
{
    line->newer = NULL;
    line->older = cache->newest;
    if (cache->newest)
        cache->newest->newer = line;
    else
        cache->oldest = line;
    cache->newest = line;
}

static void pin(struct cache *cache, struct cache_line *line)
{
    if (line->pins++ == 0) {
        age_remove(cache, line);
        cache->pinned++;
    }
}

static void unpin(struct cache *cache, struct cache_line *line)
{
    struct co *starved;

    if (--line->pins > 0)
        return;
    cache->pinned--;
    age_push_newest(cache, line);
    starved = co_list_pop(&cache->starved);
    if (starved)
        co_complete(starved, 0);
}

static struct cache_line **hash_of(struct cache *cache, uint64_t number)
{
    return &cache->hash[number % CACHE_HASH];
}

static struct cache_line *find(struct cache *cache, uint64_t number)
{
    struct cache_line *line = *hash_of(cache, number);

    while (line && line->number != number)
        line = line->hash_next;
    return line;
}

static void hash_remove(struct cache *cache, struct cache_line *line)
{
    struct cache_line **at = hash_of(cache, line->number);

    while (*at != line)
        at = &(*at)->hash_next;
    *at = line->hash_next;
}

/* The oldest line without pins, now standing for `number` and empty; NULL if all are pinned. */
static struct cache_line *take_oldest(struct cache *cache, uint64_t number)
{
    struct cache_line *line = cache->oldest;
    struct cache_line **head = hash_of(cache, number);

    if (!line)
        return NULL;
    if (line->present)
        hash_remove(cache, line);
    line->number = number;
    line->present = true;
    line->ready = 0;
    line->broken = false;
    for (unsigned i = 0; i < CACHE_LINE_BLOCKS; i++)
        line->checked[i] = 0;
    line->hash_next = *head;
    *head = line;
    return line;
}

static uint64_t line_sectors(const struct cache *cache)
{
    return cache->line_bytes / CACHE_SECTOR_BYTES;
}

static uint64_t line_first_sector(const struct cache *cache, const struct cache_line *line)
{
    return line->number * line_sectors(cache);
}

/* Sectors of the line that the device has: the last line may be cut short. */
static uint64_t line_sectors_present(const struct cache *cache, const struct cache_line *line)
{
    uint64_t left = cache->device->sectors - line_first_sector(cache, line);

    return left < line_sectors(cache) ? left : line_sectors(cache);
}

static uint64_t line_offset(const struct cache *cache, const struct cache_line *line)
{
    return (uint64_t)(line - cache->lines) * cache->line_bytes;
}

/* ---------------------------------------------------------------- reading */

static void wake_all(struct co_list *list)
{
    struct co *co;

    while ((co = co_list_pop(list)) != NULL)
        co_complete(co, 0);
}

static enum co_state wait_on(struct co *co, struct co_list *list)
{
    co_list_push(list, co);
    return CO_PENDING;
}

static enum co_state read_line(struct co *co, struct cache_get *get)
{
    struct cache *cache = get->cache;
    uint64_t block_sectors = cache->block_bytes / CACHE_SECTOR_BYTES;
    uint64_t skip = get->alone ? get->index * block_sectors : 0;
    uint64_t count = get->alone ? block_sectors : line_sectors_present(cache, get->line);

    get->line->reading = true;
    cache->reads++;
    return cache->device->read(co, cache->device, &get->message,
                               line_first_sector(cache, get->line) + skip, count,
                               line_offset(cache, get->line) + skip * CACHE_SECTOR_BYTES);
}

/* The read has ended with n: bytes or an error. Value: 0, an error, or E_AGAIN: try one block. */
static long finish_read(struct cache_get *get, long n)
{
    struct cache_line *line = get->line;
    uint64_t present = line_sectors_present(get->cache, line) * CACHE_SECTOR_BYTES;
    uint64_t wanted = get->alone ? get->cache->block_bytes : present;

    line->reading = false;
    wake_all(&line->waiters);
    if (n >= 0 && (uint64_t)n == wanted) {
        line->ready |= get->alone ? 1u << get->index
                                  : (uint32_t)((1ul << (present / get->cache->block_bytes)) - 1);
        return 0;
    }
    if (!get->alone && n != E_PEER_DEAD && n != E_CANCELLED) {
        line->broken = true;
        return E_AGAIN;
    }
    return n < 0 ? n : E_IO;
}

static void set_result(struct cache_get *get)
{
    struct cache *cache = get->cache;
    unsigned end = get->index;

    while (end < cache->line_blocks && get->line->ready >> end & 1)
        end++;
    get->run = end - get->index;
    get->data = cache->device->memory + line_offset(cache, get->line) +
                (uint64_t)get->index * cache->block_bytes;
}

CO_BODY static enum co_state get_body(struct co *co)
{
    struct cache_get *get = co_frame(struct cache_get, co);
    struct cache *cache = get->cache;
    uint64_t number = get->block / cache->line_blocks;
    long n;

    co_begin(co);
    while ((get->line = find(cache, number)) == NULL &&
           (get->line = take_oldest(cache, number)) == NULL)
        co_await(n, wait_on(co, &cache->starved));
    pin(cache, get->line);
    while (!(get->line->ready >> get->index & 1)) {
        if (get->line->reading) {
            co_await(n, wait_on(co, &get->line->waiters));
            continue;
        }
        get->alone = get->line->broken || get->line->ready != 0;
        co_await(n, read_line(co, get));
        n = finish_read(get, n);
        if (n < 0 && n != E_AGAIN) {
            unpin(cache, get->line);
            co_return(n);
        }
    }
    set_result(get);
    co_return(0);
}

enum co_state cache_get(struct co *co, struct cache_get *get, struct cache *cache, uint64_t block)
{
    uint64_t block_sectors = cache->block_bytes / CACHE_SECTOR_BYTES;

    if (block >= cache->device->sectors / block_sectors) {
        co->value = E_CORRUPT;
        return CO_DONE;
    }
    get->cache = cache;
    get->block = block;
    get->index = (unsigned)(block % cache->line_blocks);
    get->line = find(cache, block / cache->line_blocks);
    if (get->line && get->line->ready >> get->index & 1) {
        cache->hits++;
        pin(cache, get->line);
        set_result(get);
        co->value = 0;
        return CO_DONE;
    }
    cache->misses++;
    return co_call(co, &get->co, get_body);
}

void cache_put(struct cache_get *get)
{
    unpin(get->cache, get->line);
}

/* ---------------------------------------------------------------- reading ahead */

CO_BODY static enum co_state prefetch_body(struct co *co)
{
    struct cache_prefetch *prefetch = co_frame(struct cache_prefetch, co);
    long n;

    co_begin(co);
    co_await(n, cache_get(co, &prefetch->get, prefetch->cache, prefetch->block));
    if (n == 0)
        cache_put(&prefetch->get);
    co_return(n);
}

static void prefetch_release(struct co *co)
{
    struct cache_prefetch *prefetch = co_frame(struct cache_prefetch, co);

    prefetch->next = prefetch->cache->free_prefetches;
    prefetch->cache->free_prefetches = prefetch;
}

void cache_prefetch(struct cache *cache, uint64_t block, unsigned priority)
{
    struct cache_prefetch *prefetch = cache->free_prefetches;

    if (!prefetch || !cache->oldest || find(cache, block / cache->line_blocks))
        return;
    cache->free_prefetches = prefetch->next;
    prefetch->block = block;
    if (co_spawn(&prefetch->co, prefetch_body, priority, prefetch_release).raw == 0)
        prefetch_release(&prefetch->co);
}

/* ---------------------------------------------------------------- setting up */

/* The largest power of two that is at most n (n > 0). */
static uint64_t power_below(uint64_t n)
{
    uint64_t power = 1;

    while (power <= n / 2)
        power *= 2;
    return power;
}

enum error cache_init(struct cache *cache, struct block_device *device, uint32_t block_bytes)
{
    uint64_t transfer = device->transfer_sectors;
    uint64_t count;

    if (transfer == 0)
        return E_UNSUPPORTED;
    if (transfer > CACHE_LINE_BYTES / CACHE_SECTOR_BYTES)
        transfer = CACHE_LINE_BYTES / CACHE_SECTOR_BYTES;
    memset(cache, 0, sizeof *cache);
    cache->device = device;
    cache->block_bytes = block_bytes;
    cache->line_bytes = (uint32_t)(power_below(transfer) * CACHE_SECTOR_BYTES);
    cache->line_blocks = cache->line_bytes / block_bytes;
    if (cache->line_blocks > CACHE_LINE_BLOCKS) { /* blocks below 1 KiB: never in ext4 */
        cache->line_blocks = CACHE_LINE_BLOCKS;
        cache->line_bytes = CACHE_LINE_BLOCKS * block_bytes;
    }
    count = device->memory_bytes / cache->line_bytes;
    if (cache->line_blocks == 0 || count == 0)
        return E_UNSUPPORTED;
    cache->line_count = count < CACHE_LINES ? (uint32_t)count : CACHE_LINES;
    for (uint32_t i = 0; i < cache->line_count; i++)
        age_push_newest(cache, &cache->lines[i]);
    for (uint32_t i = 0; i < CACHE_PREFETCHES; i++) {
        cache->prefetches[i].cache = cache;
        cache->prefetches[i].next = cache->free_prefetches;
        cache->free_prefetches = &cache->prefetches[i];
    }
    return E_OK;
}
