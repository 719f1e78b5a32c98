/* SPDX-License-Identifier: BSD-2-Clause */
/* Channels: memory that two processes share, and an endpoint for each direction.
 *
 *     channel memory (root's)       client: rings, region     server: rings, region
 *     bell[1] wakes the server's slot  --copy-->     client's CNode
 *     bell[0] wakes the client's slot                          --copy-->       server's CNode
 *
 * Root keeps the originals, so neither end can take anything from the other.
 */
#include <stdio.h>
#include <string.h>
#include <ipc/channel.h>
#include <sys/detail.h>
#include <sys/program.h>
#include <sys/syscall.h>
#include "build.h"

struct channel channels[CHANNELS_MAX];
uint32_t channel_count;

static bool is_rendezvous(const struct channel *channel)
{
    return strcmp(channel->protocol, "rendezvous") == 0;
}

/* A place for bytes in the address space of one end. */
static uint64_t place(struct process *process, uint64_t bytes)
{
    uint64_t at = process->channel_next;

    if (bytes >= LARGE_BYTES)
        at = (at + LARGE_BYTES - 1) & ~(LARGE_BYTES - 1);
    process->channel_next = at + bytes;
    return at;
}

/* Where the rings begin in their first page: the lines that each call touches shall not compete for
 * a set of the L1 with those of other channels, nor with all else that begins with a page. */
static uint64_t colour(const struct channel *channel)
{
    return 64 * (27 + 4 * ((uint64_t)(channel - channels) % 8));
}

/* Map an area into both ends, by copies: the frames stay root's. */
static long share(struct channel *channel, const struct area *area, uint64_t bytes,
                  uint64_t address[2])
{
    long error = E_OK;

    for (int side = 0; error == E_OK && side < 2; side++) {
        struct process *process = channel->end[side];

        address[side] = place(process, bytes);
        error = process->channel_next <= DEVICE_BASE
                    ? space_map_area(process, area, address[side], true)
                    : E_NO_MEMORY;
    }
    return error;
}

/* The side's wake slot, and the right to wake it in the other side's CNode. Those of all channels
 * lie side by side, not each at the begin of a page: every message touches one. */
static long make_bell(struct channel *channel, int side)
{
    long error =
        process_make_wake(channel->end[side], &root_process()->holding, OBJECT_ENDPOINT,
                          channel->ceiling[side], &channel->bell[side], &channel->slot[side]);

    return error ? error
                 : process_give(channel->end[!side], channel->bell[side], RIGHT_WRITE,
                                &channel->endpoint[!side]);
}

/* Thread processes meet in a Rendezvous instead; the server has a Reply object beside it. */
static long build_rendezvous(struct channel *channel)
{
    uint32_t rendezvous, reply;
    struct process *client = channel->end[0], *server = channel->end[1];
    long error = client->thread && server->thread ? E_OK : E_BAD_TYPE;

    if (error == E_OK)
        error = memory_make(&channel->holding, OBJECT_RENDEZVOUS, 0, 1, &rendezvous);
    if (error == E_OK)
        error = memory_make(&channel->holding, OBJECT_REPLY, 0, 1, &reply);
    if (error == E_OK)
        error = process_give(client, rendezvous, RIGHT_WRITE, &channel->endpoint[0]);
    if (error == E_OK)
        error = process_give(server, rendezvous, RIGHT_READ, &channel->endpoint[1]);
    return error ? error : process_give(server, reply, RIGHT_WRITE, &channel->slot[1]);
}

static long build_rings(struct channel *channel)
{
    uint64_t bytes = whole_pages(colour(channel) + ipc_channel_bytes(channel->depth));
    struct area rings, region;
    long error = memory_make_area(&channel->holding, bytes, &rings);

    if (error == E_OK)
        error = share(channel, &rings, bytes, channel->base);
    for (int side = 0; side < 2; side++)
        channel->base[side] += colour(channel);
    if (error == E_OK && channel->region_bytes) {
        error = memory_make_area(&channel->holding, channel->region_bytes, &region);
        if (error == E_OK)
            error = share(channel, &region, channel->region_bytes, channel->region);
        channel->region_paddr = error ? 0 : region.paddr;
    }
    if (error == E_OK)
        error = slots_take(&channel->holding.slots, 1, &channel->memory);
    if (error == E_OK)
        error = sys_cnode_copy(ROOT_CNODE, channel->memory, ROOT_CNODE, rings.small, RIGHT_ALL);
    for (int side = 0; error == E_OK && side < 2; side++)
        error = make_bell(channel, side);
    return error;
}

void channel_build(struct channel *channel)
{
    long error;

    for (int side = 0; side < 2; side++) {
        if (channel->end[side]->stage == STAGE_FAILED)
            return; /* a process without objects; its peer hears that this channel is missing */
    }
    error = is_rendezvous(channel) ? build_rendezvous(channel) : build_rings(channel);
    channel->built = error == E_OK;
    for (int side = 0; error && side < 2; side++) {
        char item[96];

        if (channel->end[side] == root_process())
            continue;
        snprintf(item, sizeof item, "the channel %s to %s", channel->name[side],
                 channel->end[!side]->name);
        process_problem(channel->end[side], item, error);
    }
}

void channel_kill(struct channel *channel)
{
    struct ipc_channel *memory;
    void *window;
    long error;

    if (!channel->built || channel->dead || is_rendezvous(channel))
        return; /* who waits at a Rendezvous for a dead thread is told by the kernel */
    channel->dead = true;
    error = window_open(channel->memory, 1, &window);
    if (error) {
        log_line("%s and %s cannot be told that their channel is dead: %s", channel->end[0]->name,
                 channel->end[1]->name, sys_error_text(error));
        return;
    }
    memory = (struct ipc_channel *)((char *)window + colour(channel));
    __atomic_store_n(&memory->calls.tail, IPC_TAIL_DEAD, __ATOMIC_RELEASE);
    __atomic_store_n(&memory->replies.tail, IPC_TAIL_DEAD, __ATOMIC_RELEASE);
    error = window_close(channel->memory, 1);
    for (int side = 0; error == E_OK && side < 2; side++)
        sys_doorbell(channel->bell[side], channel->ceiling[side]); /* E_PEER_DEAD: needs none */
}
