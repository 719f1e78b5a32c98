/* SPDX-License-Identifier: BSD-2-Clause */
/* The filesystem server: mounts the ext4 filesystem behind its "blk" channel, then serves every
 * "fs" channel. If there is nothing to mount it says why, once, and answers every call with that
 * error. */
#include "server.h"
#include <protocol/blk.h>
#include <string.h>
#include <sys/program.h>

struct fs_main {
    struct co co;
    struct ipc_message message;
    struct ext4_mount mount;
};

static struct server server;
static struct ipc_end *blk;

static enum co_state device_read(struct co *co, struct block_device *device,
                                 struct ipc_message *message, uint64_t sector, uint64_t count,
                                 uint64_t offset)
{
    (void)device;
    return blk_read(co, blk, message, sector, count, offset);
}

/* The channel to the disk, whatever the system file calls it. */
static struct ipc_end *find_blk(void)
{
    for (unsigned i = 0; i < startup()->channel_count; i++) {
        const struct startup_channel *channel = &startup()->channels[i];

        if (channel->side == 0 && strcmp(channel->protocol, "blk") == 0)
            return ipc_find(channel->name);
    }
    return NULL;
}

/* Await the disk's facts. Value: 0 or an error. */
static enum co_state ask_device(struct co *co, struct fs_main *fs)
{
    blk = find_blk();
    if (!blk) {
        co->value = E_NO_DEVICE;
        return CO_DONE;
    }
    return blk_info(co, blk, &fs->message);
}

static void use_device(const struct ipc_message *info)
{
    server.device.read = device_read;
    server.device.memory_bytes = ipc_region_bytes(blk);
    server.device.memory = ipc_bytes(blk, 0, server.device.memory_bytes);
    server.device.sectors = info->word[1];
    server.device.transfer_sectors = info->word[3];
}

static void report(void)
{
    const struct ext4 *fs = &server.fs;

    if (server.mounted != E_OK) {
        log_line("no filesystem: %s (%s)", fs->note[0] ? fs->note : "the disk does not answer",
                 error_text(server.mounted));
        return;
    }
    log_line("ext4, %llu blocks of %lu bytes, cache of %lu lines of %lu bytes",
             (unsigned long long)fs->blocks, (unsigned long)fs->block_bytes,
             (unsigned long)server.cache.line_count, (unsigned long)server.cache.line_bytes);
    if (fs->note[0])
        log_line("%s", fs->note);
}

static void serve(unsigned priority)
{
    struct ipc_end *end;

    for (unsigned i = 0; (end = ipc_server_end("fs", i)) != NULL; i++) {
        if (i == SERVER_CLIENTS || server_add(&server, i, end, priority) != E_OK)
            die("more clients than this server can serve (%u)", i);
    }
    stats_gauge("handles", &server.handles);
    stats_gauge("inflight", &server.requests);
    stats_gauge("hits", &server.cache.hits);
    stats_gauge("misses", &server.cache.misses);
}

CO_BODY static enum co_state main_body(struct co *co)
{
    struct fs_main *fs = co_frame(struct fs_main, co);
    long n;

    co_begin(co);
    server_init(&server);
    co_await(n, ask_device(co, fs));
    if (n == 0) {
        use_device(&fs->message);
        co_await(n, ext4_mount(co, &fs->mount, &server.fs, &server.cache, &server.device));
    }
    server.mounted = n == E_PEER_DEAD ? E_NO_DEVICE : (enum error)n;
    report();
    serve(co->priority);
    co_return(0);
}

PROGRAM(struct fs_main, main_body);
