/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening the channels that root has described, and finding them by name. */
#include "internal.h"
#include <stdlib.h>
#include <string.h>

static bool is_valid(const struct startup_channel *c, const struct executor *executor)
{
    return c->depth >= 4 && c->depth <= IPC_ID_STEP && (c->depth & (c->depth - 1)) == 0 &&
           c->side <= 1 && c->base != 0 && c->base % 64 == 0 && c->ceiling < PRIORITY_COUNT &&
           c->slot < executor->wake_slot_count;
}

/* The client's table: all rows are free. */
static enum error open_client(struct ipc_end *end, uint32_t depth)
{
    end->requests = aligned_alloc(64, depth * sizeof *end->requests);
    if (end->requests == NULL)
        return E_NO_MEMORY;
    for (uint32_t i = 0; i < depth; i++)
        end->requests[i] = (struct ipc_request){
            .next = i + 1 < depth ? &end->requests[i + 1] : NULL,
            .place = end->words[i],
            .end = end,
            .id = i,
        };
    end->free = end->requests;
    ipc_set_wait(end, &end->channel->reply_reader, IPC_ASLEEP);
    return E_OK;
}

/* The server's table: no request is open. Its wait word stays "awake" until it first receives. */
static enum error open_server(struct ipc_end *end, uint32_t depth)
{
    end->open = calloc(depth, sizeof *end->open);
    end->kept = calloc(depth, sizeof *end->kept);
    if (end->open == NULL || end->kept == NULL)
        return E_NO_MEMORY;
    for (uint32_t i = 0; i < depth; i++)
        end->open[i] = ~(uint64_t)i;
    return E_OK;
}

static void open_rings(struct ipc_end *end, struct ipc_channel *channel, uint64_t depth)
{
    end->channel = channel;
    end->mask = depth - 1;
    end->words = (uint64_t(*)[8])(void *)ipc_lines(channel, depth)->word;
    end->put = end->out = ipc_ring(channel, depth, !end->is_server);
    end->next = end->stop = end->in = ipc_ring(channel, depth, end->is_server);
    end->out_end = end->out + depth;
    end->in_end = end->in + depth;
    end->put_bias = -(uintptr_t)end->out;
    end->take_bias = -(uintptr_t)end->in;
    end->peer_wait = end->is_server ? &channel->reply_reader.wait : &channel->call_reader.wait;
    end->tail_word = end->is_server ? &channel->replies.tail : &channel->calls.tail;
}

static enum error open_end(struct ipc_process *process, struct ipc_end *end,
                           const struct startup_channel *description)
{
    struct wake_slot *slots = (struct wake_slot *)(uintptr_t)process->executor->line->slots;
    enum error error;

    end->description = description;
    end->is_server = description->side == 1;
    end->process = process;
    open_rings(end, (struct ipc_channel *)(uintptr_t)description->base, description->depth);
    end->cancel = ipc_call_cancel;
    end->usual = IPC_NEVER;
    end->ceiling = (uint8_t)description->ceiling;
    end->endpoint = description->endpoint;
    end->deliver = SYS_DELIVER | (uint64_t)description->endpoint << 8;
    end->quiet = IPC_LOUD;
    end->last = end->deferred = end->previous = PRIORITY_NONE;
    error = end->is_server ? open_server(end, description->depth)
                           : open_client(end, description->depth);
    if (error != E_OK)
        return error;
    slots[description->slot].owner = end;
    slots[description->slot].wake = end->is_server ? ipc_server_wake : ipc_client_wake;
    slots[description->slot].rung = end->is_server ? ipc_server_rung : ipc_client_rung;
    slots[description->slot].message = end->is_server ? ipc_server_message : ipc_client_message;
    return E_OK;
}

enum error ipc_open(struct ipc_process *process, struct executor *executor,
                    const struct startup *startup)
{
    uint32_t count = startup->channel_count;

    memset(process, 0, sizeof *process);
    process->executor = executor;
    executor->flush = ipc_flush;
    executor->idle = ipc_idle;
    if (count == 0)
        return E_OK;
    for (uint32_t i = 0; i < count; i++) {
        if (!is_valid(&startup->channels[i], executor))
            return E_BAD_ARGUMENT;
    }
    process->ends = aligned_alloc(64, count * sizeof *process->ends);
    if (process->ends == NULL)
        return E_NO_MEMORY;
    memset(process->ends, 0, count * sizeof *process->ends);
    for (uint32_t i = 0; i < count; i++) {
        enum error error = open_end(process, &process->ends[i], &startup->channels[i]);

        if (error != E_OK)
            return error;
        process->end_count++;
    }
    return E_OK;
}

void ipc_close(struct ipc_process *process)
{
    for (uint32_t i = 0; i < process->end_count; i++) {
        struct ipc_end *end = &process->ends[i];

        if (end->is_server) {
            free(end->open);
            free(end->kept);
        } else {
            free(end->requests);
        }
        free(end->buffers.next);
    }
    free(process->ends);
}

struct ipc_end *ipc_find(const char *name)
{
    struct ipc_process *process = ipc_process();

    for (uint32_t i = 0; i < process->end_count; i++) {
        if (strcmp(process->ends[i].description->name, name) == 0)
            return &process->ends[i];
    }
    return NULL;
}

struct ipc_end *ipc_server_end(const char *protocol, unsigned i)
{
    struct ipc_process *process = ipc_process();

    for (uint32_t k = 0; k < process->end_count; k++) {
        struct ipc_end *end = &process->ends[k];

        if (end->is_server && strcmp(end->description->protocol, protocol) == 0 && i-- == 0)
            return end;
    }
    return NULL;
}

unsigned ipc_in_flight(const struct ipc_end *end)
{
    unsigned count = 0;

    for (uint32_t i = 0; i <= end->mask; i++)
        count += end->is_server ? (end->open[i] & end->mask) == i : end->requests[i].co != NULL;
    return count;
}
