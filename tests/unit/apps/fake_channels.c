/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_channels.h"
#include "seed.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define PENDING 512u

/* ---------------------------------------------------------------- channels */

struct ipc_end net = {.is_net = true}, fs;

struct pending {
    struct co *co;
    struct ipc_end *end;
    struct ipc_message *message;
    unsigned label;
};
static struct pending pending[PENDING];
unsigned pending_count;

void *ipc_bytes(struct ipc_end *end, uint64_t offset, uint64_t bytes)
{
    return offset > REGION || bytes > REGION - offset ? NULL : end->region + offset;
}

uint64_t ipc_region_bytes(const struct ipc_end *end)
{
    (void)end;
    return REGION;
}

enum co_state ipc_call(struct co *co, struct ipc_end *end, struct ipc_message *message,
                       unsigned label)
{
    assert_true(pending_count < PENDING);
    pending[pending_count++] = (struct pending){co, end, message, label};
    return CO_PENDING;
}

/* ---------------------------------------------------------------- clients at net */

struct client clients[CLIENTS];

static bool net_answer(struct ipc_message *m, unsigned label, long *n)
{
    struct client *client = &clients[m->word[0]];
    size_t left = client->bytes - client->at;

    assert_true(m->word[0] < CLIENTS);
    switch (label) {
    case SOCKET_RECEIVE:
        if (client->closed)
            *n = E_CLOSED;
        else if (left == 0 && client->stays)
            return false;
        else {
            *n = (long)(left < client->most ? left : client->most);
            *n = *n < (long)m->word[2] ? *n : (long)m->word[2];
            memcpy(ipc_bytes(&net, m->word[1], (uint64_t)*n), client->sends + client->at,
                   (size_t)*n);
            client->at += (size_t)*n;
        }
        return true;
    case SOCKET_SEND:
        assert_non_null(ipc_bytes(&net, m->word[1], m->word[2]));
        *n = client->resets ? E_RESET : (long)m->word[2];
        if (*n > 0) {
            assert_true(client->got_bytes + (size_t)*n < client->got_most);
            memcpy(client->got + client->got_bytes, net.region + m->word[1], (size_t)*n);
            client->got_bytes += (size_t)*n;
            client->got[client->got_bytes] = 0;
        }
        return true;
    case SOCKET_CLOSE:
        *n = client->closed ? E_STALE : 0;
        client->closed = true;
        return true;
    default:
        fail_msg("unexpected call %u", label);
        return true;
    }
}

/* ---------------------------------------------------------------- files at fs */

const struct file files[] = {
    {"/", 0, true, 0},
    {"/index.html", 6, false, 0},
    {"/folder", 0, true, 0},
    {"/folder/", 0, true, 0},
    {"/folder/index.html", 100, false, 0},
    {"/bare/", 0, true, 0},
    {"/empty.txt", 0, false, 0},
    {"/big.bin", 100000, false, 0},
    {"/exact.bin", 16384, false, 0},
    {"/short.bin", 50000, false, 0},  /* fs ends early */
    {"/broken.bin", 50000, false, 0}, /* fs fails within */
    {"/liar.bin", 50000, false, 0},   /* fs claims more than was asked for */
    {"/corrupt", 0, false, E_CORRUPT},
    {"/gone", 0, false, E_NO_DEVICE},
    {"/many", 0, false, E_TOO_MANY},
};
#define FILES (sizeof files / sizeof *files)
unsigned handles_open;

uint8_t file_byte(uint64_t file, uint64_t at)
{
    return (uint8_t)('a' + (file * 7 + at + at / 1000) % 26);
}

static long fs_open_file(struct ipc_message *m)
{
    const char *path = ipc_bytes(&fs, m->word[0], m->word[1]);
    uint64_t bytes = m->word[1];

    assert_non_null(path);
    for (unsigned i = 0; i < FILES; i++) {
        if (strlen(files[i].path) != bytes || memcmp(files[i].path, path, bytes) != 0)
            continue;
        if (files[i].error)
            return files[i].error;
        handles_open++;
        m->word[1] = files[i].size;
        m->word[2] = files[i].directory ? FS_MODE_DIRECTORY : FS_MODE_REGULAR;
        return i + 1;
    }
    return E_NOT_FOUND;
}

static long fs_read_file(struct ipc_message *m)
{
    uint64_t file = m->word[0] - 1, at = m->word[1], bytes = m->word[3];
    uint8_t *to = ipc_bytes(&fs, m->word[2], bytes);

    assert_true(file < FILES && to && bytes > 0);
    if (strcmp(files[file].path, "/broken.bin") == 0 && at > 20000)
        return E_IO;
    if (strcmp(files[file].path, "/short.bin") == 0 && at > 20000)
        return 0;
    if (strcmp(files[file].path, "/liar.bin") == 0 && at > 20000)
        return 1 << 20;
    bytes = bytes < files[file].size - at ? bytes : files[file].size - at;
    for (uint64_t i = 0; i < bytes; i++)
        to[i] = file_byte(file, at + i);
    return (long)bytes;
}

static long fs_answer(struct ipc_message *m, unsigned label)
{
    switch (label) {
    case FS_OPEN:
        return fs_open_file(m);
    case FS_READ:
        return fs_read_file(m);
    case FS_CLOSE:
        assert_true(handles_open > 0);
        handles_open--;
        return 0;
    default:
        fail_msg("unexpected call %u", label);
        return 0;
    }
}

/* ---------------------------------------------------------------- answers */

bool answer_one(void)
{
    unsigned first = pending_count ? seed_below(pending_count) : 0;

    for (unsigned k = 0; k < pending_count; k++) {
        struct pending *p = &pending[(first + k) % pending_count];
        struct pending call = *p;
        long n = E_PEER_DEAD;

        if (!call.end->dead && call.end->is_net && !net_answer(call.message, call.label, &n))
            continue;
        if (!call.end->dead && !call.end->is_net)
            n = fs_answer(call.message, call.label);
        *p = pending[--pending_count];
        call.message->word[0] = (uint64_t)n;
        co_complete(call.co, n);
        return true;
    }
    return false;
}
