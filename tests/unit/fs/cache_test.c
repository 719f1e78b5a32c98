/* SPDX-License-Identifier: BSD-2-Clause */
/* The block cache alone: shared reads, lines that run out, bad sectors, reading ahead. */
#include "reader.h"
#include <executor/executor.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define BLOCK       1024u
#define LINE_BLOCKS 16u
#define DISK_BLOCKS 4000u /* the last line is cut short */

static struct reader reader;
static struct disk *const disk = &reader.disk;
static struct cache *const cache = &reader.cache;

static void open_disk(unsigned lines)
{
    disk_open(disk, NULL, DISK_BLOCKS * BLOCK, lines * CACHE_LINE_BYTES);
    (void)reader_mount(&reader); /* no filesystem: it only connects the disk */
    for (uint32_t i = 0; i < disk->size; i++)
        disk->bytes[i] = (uint8_t)(i / BLOCK * 7 + i);
    disk->at_once = false;
    disk->reads = 0;
    assert_int_equal(cache_init(cache, &disk->device, BLOCK), E_OK);
}

struct getter {
    struct job job;
    struct cache_get get;
    uint64_t block;
};

static enum co_state get_operation(struct co *co, void *argument)
{
    struct getter *getter = argument;

    return cache_get(co, &getter->get, cache, getter->block);
}

static void start(struct getter *getter, uint64_t block)
{
    getter->block = block;
    job_start(&getter->job, get_operation, getter);
}

static void check_bytes(const struct getter *getter)
{
    assert_true(getter->job.done);
    assert_int_equal(getter->job.value, 0);
    assert_true(getter->get.run >= 1);
    assert_memory_equal(getter->get.data, disk->bytes + getter->block * BLOCK,
                        getter->get.run * BLOCK);
}

static void test_one_read_for_many(void **state)
{
    static struct getter getters[10];

    (void)state;
    open_disk(4);
    for (unsigned i = 0; i < 10; i++)
        start(&getters[i], 32 + i);
    settle(disk);
    assert_int_equal(disk->reads, 1);
    assert_int_equal(cache->pinned, 1);
    for (unsigned i = 0; i < 10; i++) {
        check_bytes(&getters[i]);
        cache_put(&getters[i].get);
    }
    reader_close(&reader);
}

static void test_all_pinned_waits(void **state)
{
    static struct getter getters[4];

    (void)state;
    open_disk(2);
    for (unsigned i = 0; i < 4; i++)
        start(&getters[i], i * LINE_BLOCKS);
    settle(disk);
    assert_true(getters[0].job.done && getters[1].job.done);
    assert_false(getters[2].job.done || getters[3].job.done);
    for (unsigned i = 0; i < 4; i++) {
        check_bytes(&getters[i]);
        cache_put(&getters[i].get);
        settle(disk);
    }
    reader_close(&reader);
}

static void test_oldest_goes(void **state)
{
    static struct getter getter;
    static const unsigned order[] = {0, 1, 2, 0, 3, 0, 1};
    static const bool is_read[] = {true, true, true, false, true, false, true};

    (void)state;
    open_disk(3);
    for (unsigned i = 0; i < sizeof order / sizeof *order; i++) {
        uint64_t before = disk->reads;

        start(&getter, order[i] * LINE_BLOCKS);
        settle(disk);
        check_bytes(&getter);
        cache_put(&getter.get);
        assert_int_equal(disk->reads - before, is_read[i]);
    }
    reader_close(&reader);
}

/* That a checksum was verified is forgotten with the bytes. */
static void test_checked(void **state)
{
    static struct getter getter;

    (void)state;
    open_disk(1);
    for (unsigned i = 0; i < 3; i++) {
        start(&getter, i == 1 ? LINE_BLOCKS : 5);
        settle(disk);
        assert_false(cache_is_checked(&getter.get, 7));
        cache_set_checked(&getter.get, 7);
        assert_true(cache_is_checked(&getter.get, 7));
        assert_false(cache_is_checked(&getter.get, 8));
        cache_put(&getter.get);
    }
    reader_close(&reader);
}

/* A bad sector costs its own block only, and is tried again each time. */
static void test_bad_sector(void **state)
{
    static struct getter getters[LINE_BLOCKS];

    (void)state;
    open_disk(2);
    disk->bad_from = 11;
    disk->bad_to = 12;
    for (unsigned i = 0; i < LINE_BLOCKS; i++)
        start(&getters[i], i);
    settle(disk);
    for (unsigned i = 0; i < LINE_BLOCKS; i++) {
        assert_true(getters[i].job.done);
        if (i == 5) {
            assert_int_equal(getters[i].job.value, E_IO);
            continue;
        }
        check_bytes(&getters[i]);
        cache_put(&getters[i].get);
    }
    disk->bad_to = 0;
    start(&getters[5], 5);
    settle(disk);
    check_bytes(&getters[5]);
    cache_put(&getters[5].get);
    disk->dead = true;
    start(&getters[0], 100);
    settle(disk);
    assert_int_equal(getters[0].job.value, E_PEER_DEAD);
    reader_close(&reader);
}

static void test_end_of_disk(void **state)
{
    static struct getter getter;

    (void)state;
    open_disk(2);
    disk->device.sectors -= 11; /* 5 blocks and a half less */
    start(&getter, DISK_BLOCKS - 7);
    settle(disk);
    check_bytes(&getter);
    assert_int_equal(getter.get.run, 1);
    cache_put(&getter.get);
    for (uint64_t block = DISK_BLOCKS - 6; block; block <<= 1) {
        start(&getter, block);
        settle(disk);
        assert_int_equal(getter.job.value, E_CORRUPT);
    }
    reader_close(&reader);
}

static void test_prefetch(void **state)
{
    static struct getter getter;

    (void)state;
    open_disk(6);
    for (unsigned i = 0; i < 20; i++)
        cache_prefetch(cache, (i % 10) * LINE_BLOCKS, 20);
    co_run(false);
    assert_int_equal(disk->pending_count, 6); /* as many as there are lines */
    settle(disk);
    assert_int_equal(cache->pinned, 0);
    start(&getter, 1000);
    settle(disk);
    check_bytes(&getter);
    cache_put(&getter.get);
    reader_close(&reader);
}

#define CROWD 40u

/* Many coroutines, few lines, answers in any order. */
static void test_crowd(void **state)
{
    static struct getter getters[CROWD];

    (void)state;
    open_disk(3);
    for (unsigned round = 0; round < 300; round++) {
        unsigned left = CROWD;

        for (unsigned i = 0; i < CROWD; i++)
            start(&getters[i], random_below(DISK_BLOCKS));
        while (left > 0) {
            unsigned before = left;

            settle(disk);
            for (unsigned i = 0; i < CROWD; i++) {
                if (!getters[i].job.done)
                    continue;
                check_bytes(&getters[i]);
                getters[i].job.done = false;
                cache_put(&getters[i].get);
                left--;
            }
            assert_true(left < before);
        }
    }
    reader_close(&reader);
}

static int setup(void **state)
{
    (void)state;
    alarm(120);
    executor_start();
    random_start(random_seed());
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_read_for_many),
        cmocka_unit_test(test_all_pinned_waits),
        cmocka_unit_test(test_oldest_goes),
        cmocka_unit_test(test_bad_sector),
        cmocka_unit_test(test_end_of_disk),
        cmocka_unit_test(test_prefetch),
        cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_checked),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
