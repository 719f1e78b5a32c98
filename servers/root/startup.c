/* SPDX-License-Identifier: BSD-2-Clause */
/* The startup block: what a process is told of itself. */
#include <string.h>
#include <sys/startup.h>
#include <sys/syscall.h>
#include "build.h"

static bool has_end(const struct channel *channel, const struct process *process, int side)
{
    return channel->built && channel->end[side] == process;
}

static void fill_channel(struct startup_channel *row, const struct channel *channel, int side)
{
    bool paddr = side == 1 && channel->flags & SYSTEM_CHANNEL_DMA;

    *row = (struct startup_channel){
        .base = channel->base[side],
        .region = channel->region[side],
        .region_bytes = channel->region_bytes,
        .region_paddr = paddr ? channel->region_paddr : 0,
        .depth = channel->depth,
        .side = (uint32_t)side,
        .endpoint = channel->endpoint[side],
        .slot = channel->slot[side],
        .ceiling = channel->ceiling[side],
    };
    strlcpy(row->name, channel->name[side], sizeof row->name);
    strlcpy(row->peer, channel->end[!side]->name, sizeof row->peer);
    strlcpy(row->protocol, channel->protocol, sizeof row->protocol);
}

static void fill_device(struct startup_device *row, const struct device *device)
{
    *row = (struct startup_device){
        .base = device->base,
        .bytes = device->bytes,
        .dma = device->dma,
        .dma_paddr = device->dma_paddr,
        .dma_bytes = device->row->dma_bytes,
        .irq = device->irq,
        .slot = device->slot,
    };
    strlcpy(row->name, device->row->name, sizeof row->name);
    strlcpy(row->compatible, device->row->compatible, sizeof row->compatible);
}

static void fill_head(struct startup *s, const struct process *process)
{
    *s = (struct startup){
        .magic = STARTUP_MAGIC,
        .timebase_hz = boot_info()->timebase_hz,
        .heap_bytes = process->heap_bytes,
        .debug_put = process->debug_put,
        .timer = process->timer,
        .timer_slot = 0,
        .slot_count = process->slot_next,
        .priority = process->row ? process->row->priority : ROOT_PRIORITY,
        .ceiling = process->ceiling,
        .co_count = process->co_count,
        .untyped = process->own_untyped,
        .process = process->own_process,
        .cnode = process->own_cnode,
    };
    if (process->own_untyped) {
        s->own_slot = process->own_slot;
        s->empty_first = process->cnode_next;
        s->empty_count = (1u << process->cnode_bits) - process->cnode_next;
    }
    strlcpy(s->name, process->name, sizeof s->name);
    if (process->row)
        strlcpy(s->arguments, process->row->arguments, sizeof s->arguments);
}

/* Everything; bytes of it are there. */
static void fill(struct startup *s, const struct process *process)
{
    struct startup_device *row;

    fill_head(s, process);
    for (uint32_t i = 0; i < channel_count; i++) {
        for (int side = 0; side < 2; side++) {
            if (has_end(&channels[i], process, side))
                fill_channel(&s->channels[s->channel_count++], &channels[i], side);
        }
    }
    row = (struct startup_device *)&s->channels[s->channel_count];
    for (uint32_t i = 0; i < device_count; i++) {
        if (devices[i].built && devices[i].owner == process)
            fill_device(&row[s->device_count++], &devices[i]);
    }
    s->bytes = (uint64_t)((char *)&row[s->device_count] - (char *)s);
}

static uint64_t measure(const struct process *process)
{
    uint64_t bytes = sizeof(struct startup);

    for (uint32_t i = 0; i < channel_count; i++)
        bytes += (has_end(&channels[i], process, 0) + has_end(&channels[i], process, 1)) *
                 sizeof(struct startup_channel);
    for (uint32_t i = 0; i < device_count; i++)
        bytes +=
            devices[i].built && devices[i].owner == process ? sizeof(struct startup_device) : 0;
    return bytes;
}

void startup_build(struct process *process)
{
    uint32_t pages = (uint32_t)(whole_pages(measure(process)) / PAGE_BYTES), first;
    long error = memory_make(&process->holding, OBJECT_FRAME, PAGE_BITS, pages, &first);
    void *memory;

    if (error == E_OK)
        error = window_open(first, pages, &memory);
    if (error == E_OK) {
        fill(memory, process);
        error = window_close(first, pages);
    }
    for (uint32_t i = 0; error == E_OK && i < pages; i++)
        error = space_map(process, first + i, STARTUP_BASE + i * PAGE_BYTES, RIGHT_READ);
    if (error)
        process_problem(process, "its startup page", error);
}
