/* SPDX-License-Identifier: BSD-2-Clause */
/* One call: check its words, do it, answer. Offsets into the client's region are checked once, and
 * a path is copied out of it before anything looks at it. */
#include "server.h"
#include <protocol/fs.h>
#include <string.h>

static struct ext4 *fs_of(const struct request *request)
{
    return &request->client->server->fs;
}

static enum co_state fail(struct co *co, long error)
{
    co->value = error;
    return CO_DONE;
}

/* ---------------------------------------------------------------- FS_OPEN, FS_STAT */

static enum co_state walk_path(struct co *co, struct request *request)
{
    uint64_t bytes = request->message.word[1];
    const void *path;

    if (bytes > FS_PATH_MAX)
        return fail(co, E_NAME_TOO_LONG);
    path = ipc_bytes(request->client->end, request->message.word[0], bytes);
    if (!path)
        return fail(co, E_BAD_ARGUMENT);
    memcpy(request->walk.path, path, bytes);
    request->walk.bytes = (uint32_t)bytes;
    return ext4_walk(co, &request->walk, fs_of(request));
}

static void answer_inode(struct request *request, int64_t first)
{
    const struct ext4_inode *inode = &request->walk.inode;

    request->message.word[0] = (uint64_t)first;
    request->message.word[1] = inode->size;
    request->message.word[2] = inode->mode;
    request->message.word[3] = inode->mtime;
    request->message.word[4] = inode->number;
}

static long finish_open(struct request *request)
{
    const struct ext4_inode *inode = &request->walk.inode;
    int64_t handle;

    if (!EXT4_IS(inode, FS_MODE_REGULAR) && !EXT4_IS(inode, FS_MODE_DIRECTORY))
        return E_UNSUPPORTED;
    handle = handles_open(&request->client->handles, inode);
    if (handle < 0)
        return handle;
    request->client->server->handles++;
    answer_inode(request, handle);
    return handle;
}

static long finish_stat(struct request *request)
{
    answer_inode(request, 0);
    return 0;
}

/* ---------------------------------------------------------------- FS_READ, FS_LIST */

static enum co_state read_file(struct co *co, struct request *request)
{
    const uint64_t *word = request->message.word;
    struct ext4_inode *inode;
    uint8_t *to = ipc_bytes(request->client->end, word[2], word[3]);
    enum error e = handles_find(&request->client->handles, word[0], &inode);

    if (e != E_OK)
        return fail(co, e);
    if (!to)
        return fail(co, E_BAD_ARGUMENT);
    if (EXT4_IS(inode, FS_MODE_DIRECTORY))
        return fail(co, E_IS_DIRECTORY);
    request->read.fs = fs_of(request);
    request->read.inode = *inode;
    request->read.at = word[1];
    request->read.to = to;
    request->read.bytes = word[3];
    return ext4_read(co, &request->read);
}

static enum co_state list_entries(struct co *co, struct request *request)
{
    const uint64_t *word = request->message.word;
    struct ext4_inode *inode;
    uint8_t *to = ipc_bytes(request->client->end, word[2], word[3]);
    enum error e = handles_find(&request->client->handles, word[0], &inode);

    if (e != E_OK)
        return fail(co, e);
    if (!to)
        return fail(co, E_BAD_ARGUMENT);
    request->list.directory = *inode;
    request->list.cursor = word[1];
    request->list.to = to;
    request->list.bytes = word[3];
    return list_directory(co, &request->list, fs_of(request));
}

static long finish_list(struct request *request, long n)
{
    request->message.word[0] = (uint64_t)n;
    request->message.word[1] = request->list.cursor;
    return n;
}

/* ---------------------------------------------------------------- FS_CLOSE, FS_STATFS */

static long close_handle(struct request *request)
{
    enum error e = handles_close(&request->client->handles, request->message.word[0]);

    if (e == E_OK)
        request->client->server->handles--;
    request->message.word[0] = 0;
    return e;
}

static long statfs(struct request *request)
{
    const struct ext4 *fs = fs_of(request);
    uint64_t *word = request->message.word;

    word[0] = 0;
    word[1] = fs->block_bytes;
    word[2] = fs->blocks;
    word[3] = fs->free_blocks;
    word[4] = fs->inodes;
    word[5] = fs->free_inodes;
    return 0;
}

/* ---------------------------------------------------------------- all of them */

/* The operations that await. */
static enum co_state perform(struct co *co, struct request *request)
{
    if (request->client->server->mounted != E_OK)
        return fail(co, request->client->server->mounted);
    switch (ipc_label(&request->message)) {
    case FS_OPEN:
    case FS_STAT:
        return walk_path(co, request);
    case FS_READ:
        return read_file(co, request);
    case FS_LIST:
        return list_entries(co, request);
    case FS_CLOSE:
    case FS_STATFS:
        co->value = 0;
        return CO_DONE;
    default:
        return fail(co, E_UNSUPPORTED);
    }
}

/* Write the reply's words. Value: its first. */
static long finish(struct request *request, long n)
{
    switch (ipc_label(&request->message)) {
    case FS_OPEN:
        return finish_open(request);
    case FS_STAT:
        return finish_stat(request);
    case FS_LIST:
        return finish_list(request, n);
    case FS_CLOSE:
        return close_handle(request);
    case FS_STATFS:
        return statfs(request);
    default:
        return n;
    }
}

CO_BODY enum co_state request_body(struct co *co)
{
    struct request *request = co_frame(struct request, co);
    long n;

    co_begin(co);
    co_await(n, perform(co, request));
    if (n >= 0)
        n = finish(request, n);
    if (n == E_PEER_DEAD) /* the driver, not we */
        n = E_NO_DEVICE;
    request->message.word[0] = (uint64_t)n;
    (void)ipc_reply(request->client->end, &request->message);
    co_return(n);
}
