/* SPDX-License-Identifier: BSD-2-Clause */
/* The shared region of a channel, and the client's division of it into equal buffers. */
#include "internal.h"
#include <stdlib.h>
#include <sys/program.h>

#define IPC_BUFFER_TAKEN 0xffffffffu /* in `next`: not in the free list */
#define IPC_BUFFER_END   0xfffffffeu /* the end of the free list */

void *ipc_bytes(struct ipc_end *end, uint64_t offset, uint64_t bytes)
{
    uint64_t length = end->description->region_bytes;

    if (offset > length || bytes > length - offset)
        return NULL;
    return (void *)(uintptr_t)(end->description->region + offset);
}

uint64_t ipc_region_bytes(const struct ipc_end *end)
{
    return end->description->region_bytes;
}

uint64_t ipc_region_paddr(const struct ipc_end *end)
{
    return end->description->region_paddr;
}

enum error ipc_buffers_init(struct ipc_end *end, uint32_t buffer_bytes)
{
    struct ipc_buffers *buffers = &end->buffers;
    uint64_t count;

    if (buffers->next != NULL)
        return E_IN_USE;
    if (end->is_server || buffer_bytes == 0 || buffer_bytes > ipc_region_bytes(end))
        return E_BAD_ARGUMENT;
    count = ipc_region_bytes(end) / buffer_bytes;
    if (count >= IPC_BUFFER_END)
        return E_BAD_ARGUMENT;
    buffers->next = malloc(count * sizeof *buffers->next);
    if (buffers->next == NULL)
        return E_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        buffers->next[i] = i + 1 < count ? i + 1 : IPC_BUFFER_END;
    buffers->first = 0;
    buffers->count = (uint32_t)count;
    buffers->bytes = buffer_bytes;
    return E_OK;
}

/* While the take is pending, value holds the end. */
static void take_cancel(struct co *co)
{
    struct ipc_end *end = (struct ipc_end *)co->value;

    co_list_remove(&end->buffers.waiters, co);
}

enum co_state ipc_buffer_take(struct co *co, struct ipc_end *end)
{
    struct ipc_buffers *buffers = &end->buffers;
    uint32_t index = buffers->first;

    if (co->flags & CO_FLAG_CANCELLED)
        co_return(E_CANCELLED);
    if (end->dead)
        co_return(E_PEER_DEAD);
    if (buffers->next == NULL)
        co_return(E_STATE);
    if (index == IPC_BUFFER_END) {
        co->value = (intptr_t)end;
        co->cancel = take_cancel;
        co_list_push(&buffers->waiters, co);
        return CO_PENDING;
    }
    buffers->first = buffers->next[index];
    buffers->next[index] = IPC_BUFFER_TAKEN;
    co_return((uint64_t)index * buffers->bytes);
}

void ipc_buffer_give(struct ipc_end *end, uint64_t offset)
{
    struct ipc_buffers *buffers = &end->buffers;
    uint64_t index = buffers->next != NULL ? offset / buffers->bytes : 0;

    if (buffers->next == NULL || index >= buffers->count || offset % buffers->bytes != 0 ||
        buffers->next[index] != IPC_BUFFER_TAKEN) {
        log_line("channel %s: offset %llu given back is no buffer that was taken",
                 end->description->name, (unsigned long long)offset);
        return;
    }
    if (buffers->waiters.first != NULL) {
        co_complete(co_list_pop(&buffers->waiters), (intptr_t)offset);
        return;
    }
    buffers->next[index] = buffers->first;
    buffers->first = (uint32_t)index;
}

void ipc_buffers_drop(struct ipc_end *end)
{
    struct co *co;

    while ((co = co_list_pop(&end->buffers.waiters)) != NULL)
        co_complete(co, E_PEER_DEAD);
}
