/* SPDX-License-Identifier: BSD-2-Clause */
/* The server over fake channels: calls go in, replies come out, the disk answers in any order. */
#include "reader.h"
#include "server.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <protocol/fs.h>

#define REGION  65536u
#define CALLS   512u
#define CLIENTS 2u

/* ---------------------------------------------------------------- the fake channel */

struct ipc_end {
    uint8_t *region;
    struct co *receiver;
    struct ipc_message *into;
    struct ipc_message calls[CALLS];
    unsigned sent, received;
    struct ipc_message replies[CALLS]; /* by request id */
    bool answered[CALLS];
    unsigned answers;
    bool dead;
};

void *ipc_bytes(struct ipc_end *end, uint64_t offset, uint64_t bytes)
{
    return offset > REGION || bytes > REGION - offset ? NULL : end->region + offset;
}

enum co_state ipc_receive(struct co *co, struct ipc_end *end, struct ipc_message *message)
{
    co->value = 0;
    if (end->dead)
        co->value = E_PEER_DEAD;
    else if (end->received < end->sent)
        *message = end->calls[end->received++];
    else {
        end->receiver = co;
        end->into = message;
        return CO_PENDING;
    }
    return CO_DONE;
}

enum error ipc_reply(struct ipc_end *end, const struct ipc_message *message)
{
    uint32_t id = ipc_request(message);

    if (end->dead)
        return E_PEER_DEAD;
    assert_true(id < end->received && !end->answered[id]);
    end->replies[id] = *message;
    end->answered[id] = true;
    end->answers++;
    return E_OK;
}

/* ---------------------------------------------------------------- the server under test */

static struct reader reader; /* for its disk only */
static struct server server;
static struct ipc_end ends[CLIENTS];

static struct disk *disk_of_test(void)
{
    return &reader.disk;
}

static enum co_state mount_operation(struct co *co, void *argument)
{
    return ext4_mount(co, argument, &server.fs, &server.cache, &reader.disk.device);
}

static void restart(const char *image)
{
    static struct ext4_mount mount;

    if (reader.disk.bytes)
        disk_close(&reader.disk);
    (void)reader_open(&reader, image, 8 * CACHE_LINE_BYTES);
    memset(&server, 0, sizeof server);
    server_init(&server);
    for (unsigned i = 0; i < CLIENTS; i++) {
        uint8_t *region = ends[i].region ? ends[i].region : malloc(REGION);

        memset(&ends[i], 0, sizeof ends[i]);
        ends[i].region = region;
        assert_int_equal(server_add(&server, i, &ends[i], 20), E_OK);
    }
    server.mounted = (enum error)await(disk_of_test(), mount_operation, &mount);
    reader.disk.at_once = false;
}

/* Send a call. Value: its request id. */
static uint32_t send(struct ipc_end *end, unsigned label, uint64_t w0, uint64_t w1, uint64_t w2,
                     uint64_t w3)
{
    struct ipc_message *call = &end->calls[end->sent];

    assert_true(end->sent < CALLS);
    memset(call, 0, sizeof *call);
    call->header = end->sent | (uint64_t)label << MESSAGE_LABEL_SHIFT;
    call->word[0] = w0;
    call->word[1] = w1;
    call->word[2] = w2;
    call->word[3] = w3;
    end->sent++;
    if (end->receiver) {
        struct co *co = end->receiver;

        end->receiver = NULL;
        *end->into = end->calls[end->received++];
        co_complete(co, 0);
    }
    return end->sent - 1;
}

static const uint64_t *call(struct ipc_end *end, unsigned label, uint64_t w0, uint64_t w1,
                            uint64_t w2, uint64_t w3)
{
    uint32_t id = send(end, label, w0, w1, w2, w3);

    settle(disk_of_test());
    assert_true(end->answered[id]);
    return end->replies[id].word;
}

static int64_t open_path(struct ipc_end *end, const char *path)
{
    memcpy(end->region, path, strlen(path));
    return (int64_t)call(end, FS_OPEN, 0, strlen(path), 0, 0)[0];
}

static long result(const uint64_t *word)
{
    return (long)(int64_t)word[0];
}

static char image[256];

/* ---------------------------------------------------------------- tests */

static void test_calls(void **state)
{
    struct ipc_end *end = &ends[0];
    const uint64_t *word;
    int64_t handle;

    (void)state;
    restart(image);
    handle = open_path(end, "/hello");
    assert_true(handle > 0);
    word = call(end, FS_READ, (uint64_t)handle, 1, 100, 50);
    assert_int_equal(result(word), 5);
    assert_memory_equal(end->region + 100, "ello\n", 5);
    assert_int_equal(result(call(end, FS_READ, (uint64_t)handle, 6, 100, 50)), 0);
    assert_int_equal(result(call(end, FS_LIST, (uint64_t)handle, 0, 0, 50)), E_NOT_DIRECTORY);
    assert_int_equal(result(call(end, FS_CLOSE, (uint64_t)handle, 0, 0, 0)), 0);
    assert_int_equal(result(call(end, FS_CLOSE, (uint64_t)handle, 0, 0, 0)), E_STALE);
    assert_int_equal(result(call(end, FS_READ, (uint64_t)handle, 0, 0, 1)), E_STALE);
    assert_int_equal(open_path(end, "/missing"), E_NOT_FOUND);
    handle = open_path(end, "/");
    assert_int_equal(result(call(end, FS_READ, (uint64_t)handle, 0, 0, 50)), E_IS_DIRECTORY);
    word = call(end, FS_LIST, (uint64_t)handle, 0, 0, 4096);
    assert_int_equal(result(word), 3); /* hello, big, lost+found */
    assert_int_equal(result(call(end, FS_LIST, (uint64_t)handle, word[1], 0, 4096)), 0);
    memcpy(end->region, "/big", 4);
    word = call(end, FS_STAT, 0, 4, 0, 0);
    assert_int_equal(result(word), 0);
    assert_int_equal(word[1], 300000);
    assert_int_equal(word[2] & FS_MODE_TYPE, FS_MODE_REGULAR);
    word = call(end, FS_STATFS, 0, 0, 0, 0);
    assert_int_equal(result(word), 0);
    assert_int_equal(word[1], 1024);
    assert_int_equal(word[2], 8192);
    assert_int_equal(server.handles, 1);
}

static void test_bad_calls(void **state)
{
    struct ipc_end *end = &ends[0];
    uint64_t handle;

    (void)state;
    restart(image);
    handle = (uint64_t)open_path(end, "/hello");
    assert_int_equal(result(call(end, 99, 0, 0, 0, 0)), E_UNSUPPORTED);
    assert_int_equal(result(call(end, FS_OPEN, REGION - 3, 4, 0, 0)), E_BAD_ARGUMENT);
    assert_int_equal(result(call(end, FS_OPEN, UINT64_MAX, 4, 0, 0)), E_BAD_ARGUMENT);
    assert_int_equal(result(call(end, FS_OPEN, 0, 4096, 0, 0)), E_NAME_TOO_LONG);
    assert_int_equal(result(call(end, FS_OPEN, 0, 0, 0, 0)), E_BAD_ARGUMENT);
    assert_int_equal(result(call(end, FS_READ, handle, 0, REGION, 1)), E_BAD_ARGUMENT);
    assert_int_equal(result(call(end, FS_READ, handle, 0, 1, UINT64_MAX)), E_BAD_ARGUMENT);
    assert_int_equal(result(call(end, FS_READ, 0, 0, 0, 1)), E_BAD_HANDLE);
    assert_int_equal(result(call(end, FS_READ, UINT64_MAX, 0, 0, 1)), E_BAD_HANDLE);
    assert_int_equal(result(call(end, FS_READ, handle + 1, 0, 0, 1)), E_BAD_HANDLE);
    assert_int_equal(result(call(end, FS_CLOSE, handle + (1 << 20), 0, 0, 0)), E_BAD_HANDLE);
    /* Another client's handle is nobody's here. */
    assert_int_equal(result(call(&ends[1], FS_READ, handle, 0, 0, 1)), E_BAD_HANDLE);
}

static void test_quota(void **state)
{
    struct ipc_end *end = &ends[0];
    int64_t last = 0;

    (void)state;
    restart(image);
    for (unsigned i = 0; i < HANDLE_COUNT; i++)
        assert_true((last = open_path(end, "/hello")) > 0);
    assert_int_equal(open_path(end, "/hello"), E_TOO_MANY);
    assert_true(open_path(&ends[1], "/hello") > 0);
    assert_int_equal(result(call(end, FS_CLOSE, (uint64_t)last, 0, 0, 0)), 0);
    /* The same slot opens another time: the old handle stays closed. */
    assert_true(open_path(end, "/hello") > 0);
    assert_int_equal(result(call(end, FS_READ, (uint64_t)last, 0, 0, 1)), E_STALE);
    assert_int_equal(server.handles, HANDLE_COUNT + 1);
}

/* More calls than frames, from two clients: each is answered, and reads are in flight together. */
static void test_many_in_flight(void **state)
{
    uint64_t handles[CLIENTS];

    (void)state;
    restart(image);
    for (unsigned i = 0; i < CLIENTS; i++)
        handles[i] = (uint64_t)open_path(&ends[i], "/big");
    for (unsigned i = 0; i < 300; i++)
        send(&ends[i % 2], FS_READ, handles[i % 2], random_below(300000), 0, 20000);
    settle(disk_of_test());
    for (unsigned i = 0; i < CLIENTS; i++)
        assert_int_equal(ends[i].answers, ends[i].sent);
    assert_int_equal(server.requests, 0);
    assert_int_equal(server.cache.pinned, 0);
    assert_true(reader.disk.pending_most >= 4);
}

static void test_client_dies(void **state)
{
    struct ipc_end *end = &ends[0];
    uint64_t handle;

    (void)state;
    restart(image);
    handle = (uint64_t)open_path(end, "/big");
    for (unsigned i = 0; i < 100; i++)
        send(end, FS_READ, handle, i * 1000, 0, 20000);
    co_run(false);
    end->dead = true;
    settle(disk_of_test());
    assert_int_equal(server.requests, 0);
    assert_int_equal(server.handles, 0);
    assert_true(open_path(&ends[1], "/hello") > 0);
    assert_int_equal(server.free_count.count, SERVER_REQUESTS - 1); /* one receiver is left */
}

static void test_no_filesystem(void **state)
{
    (void)state;
    restart(image);
    server.mounted = E_CORRUPT;
    for (unsigned label = FS_OPEN; label <= FS_STATFS; label++)
        assert_int_equal(result(call(&ends[0], label, 0, 4, 0, 0)), E_CORRUPT);
    server.mounted = E_OK;
    reader.disk.dead = true;
    assert_int_equal(open_path(&ends[0], "/hello"), E_NO_DEVICE);
}

/* Any words at all. */
static void test_random_calls(void **state)
{
    static const uint64_t odd[] = {0,          1,      255,        256,        257,       4095,
                                   REGION - 1, REGION, 1ull << 32, 1ull << 63, UINT64_MAX};

    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        restart(image);
        for (unsigned i = 0; i < REGION; i++)
            ends[0].region[i] = "/./hellobig\0\xff"[random_below(13)];
        for (unsigned i = 0; i < CALLS; i++) {
            uint64_t word[4];

            for (unsigned k = 0; k < 4; k++)
                word[k] = random_below(2) ? random_below(random_below(2) ? 600 : REGION)
                                          : odd[random_below(sizeof odd / sizeof *odd)];
            send(&ends[0], random_below(8), word[0], word[1], word[2], word[3]);
            if (random_below(3) == 0)
                settle(disk_of_test());
        }
        settle(disk_of_test());
        assert_int_equal(ends[0].answers, CALLS);
    }
}

static int setup(void **state)
{
    char tree[256];

    (void)state;
    alarm(300);
    executor_start();
    random_start(random_seed());
    snprintf(tree, sizeof tree, "%s/tree", scratch());
    snprintf(image, sizeof image, "%s/image", scratch());
    run("mkdir %s && echo hello >%s/hello && head -c 300000 /dev/urandom >%s/big && "
        "truncate -s 8M %s && mke2fs -q -F -t ext4 -d %s %s",
        tree, tree, tree, image, tree, image);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    disk_close(&reader.disk);
    for (unsigned i = 0; i < CLIENTS; i++)
        free(ends[i].region);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),        cmocka_unit_test(test_bad_calls),
        cmocka_unit_test(test_quota),        cmocka_unit_test(test_many_in_flight),
        cmocka_unit_test(test_client_dies),  cmocka_unit_test(test_no_filesystem),
        cmocka_unit_test(test_random_calls),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
