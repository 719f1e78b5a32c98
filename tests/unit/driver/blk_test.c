/* SPDX-License-Identifier: BSD-2-Clause */
/* servers/virtio-blk over a simulated disk, good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "harness.h"
/* The program itself, so that a test can start it afresh. */
#include "../../../servers/virtio-blk/main.c"

#define SECTORS 1000u

static uint8_t image[SECTORS * SECTOR_BYTES];
static int status_given; /* what the disk answers; -1: as it should */

/* The disk (virtio 1.2 §5.2.6). */
static uint32_t disk_chain(const uint8_t *out, uint32_t out_bytes, uint8_t *in, uint32_t in_bytes)
{
    uint32_t type;
    uint64_t sector;
    uint32_t data_in = in_bytes - 1;

    assert_true(out_bytes >= 16 && in_bytes >= 1);
    memcpy(&type, out, 4);
    memcpy(&sector, out + 8, 8);
    if (status_given >= 0) {
        in[data_in] = (uint8_t)status_given;
        return 1;
    }
    assert_true(sector <= SECTORS);
    if (type == REQUEST_IN) {
        assert_int_equal(out_bytes, 16);
        assert_true(sector * SECTOR_BYTES + data_in <= sizeof image);
        memcpy(in, image + sector * SECTOR_BYTES, data_in);
    } else if (type == REQUEST_OUT) {
        assert_int_equal(data_in, 0);
        assert_true(sector * SECTOR_BYTES + out_bytes - 16 <= sizeof image);
        memcpy(image + sector * SECTOR_BYTES, out + 16, out_bytes - 16);
    } else {
        assert_int_equal(type, REQUEST_FLUSH);
        assert_int_equal(out_bytes + in_bytes, 17);
    }
    in[data_in] = 0;
    return in_bytes;
}

static void start(enum sim_fault fault, uint64_t features)
{
    uint64_t capacity = SECTORS;

    for (size_t i = 0; i < sizeof image; i++)
        image[i] = (uint8_t)(i / SECTOR_BYTES * 7 + i);
    status_given = -1;
    sim_start(fault);
    sim.features = (sim.features & VIRTIO_F_VERSION_1) | features;
    sim.chain = disk_chain;
    memcpy(sim.config, &capacity, 8);
    memset(&disk, 0, sizeof disk);
    memset(clients, 0, sizeof clients);
    memset(&program_frame, 0, sizeof program_frame);
    harness_start("virtio,mmio", true);
    harness_boot(&program);
}

/* Let the device do all and interrupt. */
static void settle(void)
{
    while (sim_work(0, 256, false) != 0)
        harness_interrupt(false);
}

static void test_info(void **state)
{
    const struct ipc_message *answer;

    (void)state;
    start(SIM_GOOD, 1 << 5);
    answer = harness_answer(harness_call(BLK_INFO, 0, 0, 0));
    assert_non_null(answer);
    assert_int_equal(answer->word[0], 0);
    assert_int_equal(answer->word[1], SECTORS);
    assert_int_equal(answer->word[2], 1);
    assert_int_equal(answer->word[3], REGION_BYTES / SECTOR_BYTES);
    assert_int_equal(harness_result(harness_call(BLK_WRITE, 0, 1, 0)), E_UNSUPPORTED);
    assert_int_equal(harness_result(harness_call(99, 0, 0, 0)), E_BAD_ARGUMENT);
}

static void test_write_read_flush(void **state)
{
    uint32_t id;

    (void)state;
    start(SIM_GOOD, 1 << 9);
    memset(harness_region(0), 0xab, 2 * SECTOR_BYTES);
    id = harness_call(BLK_WRITE, SECTORS - 2, 2, 0);
    assert_null(harness_answer(id));
    settle();
    assert_int_equal(harness_result(id), 2 * SECTOR_BYTES);
    id = harness_call(BLK_FLUSH, 0, 0, 0);
    assert_null(harness_answer(id));
    settle();
    assert_int_equal(harness_result(id), 0);
    id = harness_call(BLK_READ, SECTORS - 3, 3, 4096);
    settle();
    assert_int_equal(harness_result(id), 3 * SECTOR_BYTES);
    assert_memory_equal(harness_region(4096), image + (SECTORS - 3) * SECTOR_BYTES,
                        3 * SECTOR_BYTES);
    assert_int_equal(harness_region(4096 + SECTOR_BYTES)[0], 0xab);

    start(SIM_GOOD, 0); /* without a cache a flush has nothing to do */
    assert_int_equal(harness_result(harness_call(BLK_FLUSH, 0, 0, 0)), 0);
}

static void test_bad_arguments(void **state)
{
    static const uint64_t calls[][3] = {
        {0, 0, 0},
        {SECTORS, 1, 0},
        {SECTORS - 1, 2, 0},
        {UINT64_MAX, 1, 0},
        {UINT64_MAX, 2, 0},
        {0, UINT64_MAX, 0},
        {0, 1ull << 55, 0},
        {0, 2049, 0},
        {0, 1, REGION_BYTES},
        {0, 1, REGION_BYTES - 511},
        {0, 1, UINT64_MAX - 100},
        {0, 65, 0},
    };

    (void)state;
    start(SIM_GOOD, 0);
    for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++)
        for (unsigned label = BLK_READ; label <= BLK_WRITE; label++)
            assert_int_equal(
                harness_result(harness_call(label, calls[i][0], calls[i][1], calls[i][2])),
                E_BAD_ARGUMENT);
    assert_int_equal(sim.queues[0].notified, 0);
}

/* More calls than requests: the rest waits, and all are answered, in whatever order. */
static void test_back_pressure(void **state)
{
    uint32_t ids[300];
    unsigned count = 0;

    (void)state;
    start(SIM_GOOD, VIRTIO_F_EVENT_IDX);
    for (unsigned i = 0; i < 300; i++)
        ids[i] = harness_call(BLK_READ, i, 1, (i % 64) * SECTOR_BYTES);
    assert_int_equal(disk.in_flight, REQUESTS);
    while (count < 300) {
        unsigned done = sim_work(0, 1 + count % 7, true);

        assert_true(done > 0);
        count += done;
        harness_interrupt(false);
    }
    for (unsigned i = 0; i < 300; i++)
        assert_int_equal(harness_result(ids[i]), SECTOR_BYTES);
    for (unsigned i = 240; i < 300; i++)
        assert_memory_equal(harness_region((i % 64) * SECTOR_BYTES), image + i * SECTOR_BYTES,
                            SECTOR_BYTES);
    assert_int_equal(disk.in_flight, 0);
    assert_int_equal(disk.free.count, REQUESTS);
}

static void test_device_errors(void **state)
{
    static const struct {
        int status;
        enum error error;
    } cases[] = {{1, E_IO}, {2, E_UNSUPPORTED}, {0xff, E_IO}, {77, E_IO}};

    (void)state;
    start(SIM_GOOD, 0);
    for (unsigned i = 0; i < 4; i++) {
        uint32_t id = harness_call(BLK_READ, 0, 1, 0);

        status_given = cases[i].status;
        settle();
        assert_int_equal(harness_result(id), cases[i].error);
    }
    assert_int_equal(disk.resets, 0);
}

static void test_protocol_breaks(void **state)
{
    (void)state;
    for (enum sim_fault fault = SIM_ID_OUT_OF_RANGE; fault <= SIM_INDEX_BACK; fault++) {
        uint32_t first, second;

        start(SIM_GOOD, 0);
        sim.fault = fault;
        sim.idle_id = 200;
        first = harness_call(BLK_READ, 0, 1, 0);
        second = harness_call(BLK_READ, 1, 1, 512);
        sim_work(0, 1, false);
        harness_interrupt(true);
        /* SIM_ID_TWICE: the first of the two entries was right. */
        assert_int_equal(harness_result(first), fault == SIM_ID_TWICE ? (int)SECTOR_BYTES : E_IO);
        assert_int_equal(harness_result(second), E_IO);
        assert_int_equal(disk.resets, 1);
        sim.fault = SIM_GOOD;
        first = harness_call(BLK_READ, 5, 1, 0);
        settle();
        assert_int_equal(harness_result(first), SECTOR_BYTES);
    }
}

/* It breaks the rules again and again: given up, and everybody hears of it. */
static void test_given_up(void **state)
{
    (void)state;
    start(SIM_ID_OUT_OF_RANGE, 0);
    for (unsigned i = 0; i < RESETS_MAX + 1; i++) {
        uint32_t id = harness_call(BLK_READ, 0, 1, 0);

        assert_int_equal(disk.dead, E_OK);
        sim_work(0, 1, false);
        harness_interrupt(true);
        assert_int_equal(harness_result(id), E_IO);
    }
    assert_int_equal(disk.dead, E_NO_DEVICE);
    assert_int_equal(harness_result(harness_call(BLK_READ, 0, 1, 0)), E_NO_DEVICE);
    assert_int_equal(harness_result(harness_call(BLK_INFO, 0, 0, 0)), E_NO_DEVICE);
}

/* A device that asks for a reset, with calls waiting for a free request. */
static void test_needs_reset(void **state)
{
    uint32_t ids[100];

    (void)state;
    start(SIM_SILENT, 0);
    for (unsigned i = 0; i < 100; i++)
        ids[i] = harness_call(BLK_READ, 0, 1, 0);
    sim_work(0, 100, false);
    sim.fault = SIM_GOOD;
    sim.status |= 64;
    sim.interrupt_status |= 2;
    harness_interrupt(false);
    settle();
    for (unsigned i = 0; i < REQUESTS; i++)
        assert_int_equal(harness_result(ids[i]), E_IO);
    for (unsigned i = REQUESTS; i < 100; i++)
        assert_int_equal(harness_result(ids[i]), SECTOR_BYTES);
    assert_int_equal(sim.status & 64, 0);

    /* One that does not even reset. */
    start(SIM_SILENT, 0);
    ids[0] = harness_call(BLK_READ, 0, 1, 0);
    sim.fault = SIM_NO_RESET;
    sim.status |= 64;
    harness_interrupt(true);
    assert_int_equal(harness_result(ids[0]), E_IO);
    assert_int_equal(disk.dead, E_NO_DEVICE);
}

static void test_no_device(void **state)
{
    static const enum sim_fault faults[] = {
        SIM_BAD_MAGIC,        SIM_EMPTY,          SIM_LEGACY,  SIM_NO_RESET, SIM_NO_VERSION_1,
        SIM_REFUSES_FEATURES, SIM_FAILS_AT_START, SIM_NO_QUEUE};

    (void)state;
    for (unsigned i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        start(faults[i], 0);
        assert_true(disk.dead < 0);
        assert_int_equal(harness_result(harness_call(BLK_INFO, 0, 0, 0)), E_NO_DEVICE);
        assert_int_equal(harness_result(harness_call(BLK_READ, 0, 1, 0)), E_NO_DEVICE);
        assert_int_equal(harness_result(harness_call(BLK_FLUSH, 0, 0, 0)), E_NO_DEVICE);
    }
    start(SIM_SHORT_QUEUE, 0); /* four descriptors: one request at a time */
    assert_int_equal(disk.dead, E_OK);
    uint32_t a = harness_call(BLK_READ, 0, 1, 0), b = harness_call(BLK_READ, 1, 1, 0);
    settle();
    assert_int_equal(harness_result(a), SECTOR_BYTES);
    assert_int_equal(harness_result(b), SECTOR_BYTES);
}

/* Random calls, good and bad, on two channels; the device misbehaves now and then. */
static void test_traffic(void **state)
{
    const char *given = getenv("HEDDLE_SEED");
    unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 0) : (unsigned)time(NULL);
    uint32_t last = 0;

    (void)state;
    printf("seed %u\n", seed);
    srand(seed);
    for (unsigned life = 0; life < 40; life++) {
        start(SIM_GOOD, rand() % 2 ? VIRTIO_F_EVENT_IDX : 0);
        for (unsigned i = 0; i < 1000; i++) {
            last = harness_call(BLK_READ + (unsigned)rand() % 3, (unsigned)rand() % (SECTORS + 9),
                                (unsigned)rand() % 10, (unsigned)rand() % (REGION_BYTES + 9));
            sim.fault =
                rand() % 200 == 0 ? (enum sim_fault)(SIM_ID_OUT_OF_RANGE + rand() % 6) : SIM_GOOD;
            sim.idle_id = (uint16_t)(rand() % 256);
            if (disk.dead == E_OK && rand() % 2)
                sim_work(0, (unsigned)rand() % 20, rand() % 2);
            sim.fault = SIM_GOOD;
            if (disk.dead == E_OK)
                harness_interrupt(rand() % 20 == 0);
        }
        if (disk.dead == E_OK)
            settle();
        for (uint32_t id = 0; id <= last; id++)
            assert_non_null(harness_answer(id));
        assert_int_equal(disk.in_flight, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_info),          cmocka_unit_test(test_write_read_flush),
        cmocka_unit_test(test_bad_arguments), cmocka_unit_test(test_back_pressure),
        cmocka_unit_test(test_device_errors), cmocka_unit_test(test_protocol_breaks),
        cmocka_unit_test(test_given_up),      cmocka_unit_test(test_needs_reset),
        cmocka_unit_test(test_no_device),     cmocka_unit_test(test_traffic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
