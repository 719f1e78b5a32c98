/* SPDX-License-Identifier: BSD-2-Clause */
/* servers/virtio-net over a simulated card, good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>
#include "harness.h"
/* The program itself, so that a test can start it afresh. */
#include "../../../servers/virtio-net/main.c"

static const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

static uint8_t frame_in[4096]; /* what the wire brings next */
static uint32_t frame_in_bytes;
static uint8_t frame_out[4096]; /* what it got last */
static uint32_t frame_out_bytes;

/* The card: a chain that it writes is to receive, one that it reads to send. */
static uint32_t card_chain(const uint8_t *out, uint32_t out_bytes, uint8_t *in, uint32_t in_bytes)
{
    static const uint8_t zero[HEADER_BYTES];

    if (in_bytes == 0) {
        assert_true(out_bytes > HEADER_BYTES);
        assert_memory_equal(out, zero, HEADER_BYTES); /* no offload asked for */
        frame_out_bytes = out_bytes - HEADER_BYTES;
        memcpy(frame_out, out + HEADER_BYTES, frame_out_bytes);
        return 0;
    }
    assert_int_equal(out_bytes, 0);
    assert_true(HEADER_BYTES + frame_in_bytes <= in_bytes);
    in[10] = 1; /* num_buffers (§5.1.6.4.1) */
    memcpy(in + HEADER_BYTES, frame_in, frame_in_bytes);
    return HEADER_BYTES + frame_in_bytes;
}

static void start(enum sim_fault fault, uint64_t features)
{
    sim_start(fault);
    sim.device_id = VIRTIO_ID_NET;
    sim.queue_count = 2;
    sim.features = VIRTIO_F_VERSION_1 | features;
    sim.chain = card_chain;
    memcpy(sim.config, mac, 6);
    sim.config[6] = 1; /* link up */
    memset(&card, 0, sizeof card);
    memset(&client, 0, sizeof client);
    memset(&program_frame, 0, sizeof program_frame);
    harness_start("virtio,mmio", true);
    harness_boot(&program);
}

#define MAC    (1ull << 5)
#define STATUS (1ull << 16)

static void test_info(void **state)
{
    const struct ipc_message *answer;

    (void)state;
    start(SIM_GOOD, MAC | STATUS);
    answer = harness_answer(harness_call(NETDEV_INFO, 0, 0, 0));
    assert_non_null(answer);
    assert_int_equal(answer->word[0], 0);
    assert_memory_equal(&answer->word[1], mac, 6);
    assert_int_equal(answer->word[1] >> 48, 0);
    assert_int_equal(answer->word[2], 1514);
    assert_int_equal(answer->word[3], 1);
    sim.config[6] = 0;
    answer = harness_answer(harness_call(NETDEV_INFO, 0, 0, 0));
    assert_int_equal(answer->word[3], 0);
    start(SIM_GOOD, 0); /* without a MAC address of its own */
    assert_int_equal(card.dead, E_UNSUPPORTED);
    assert_int_equal(harness_result(harness_call(NETDEV_INFO, 0, 0, 0)), E_NO_DEVICE);
}

static void test_frames(void **state)
{
    (void)state;
    for (int event_index = 0; event_index < 2; event_index++) {
        start(SIM_GOOD, MAC | (event_index ? VIRTIO_F_EVENT_IDX : 0));
        for (uint32_t bytes = 1; bytes <= 1514 && bytes < 600; bytes += 13) {
            uint32_t receive = harness_call(NETDEV_RECEIVE, 0, NETDEV_BUFFER_BYTES, 0);
            uint32_t send;

            for (uint32_t i = 0; i < bytes; i++)
                harness_region(2048 + NETDEV_HEADROOM)[i] = (uint8_t)(i * bytes);
            memset(harness_region(2048), 0xee, NETDEV_HEADROOM);
            send = harness_call(NETDEV_SEND, 2048, bytes, 0);
            assert_null(harness_answer(receive));
            assert_null(harness_answer(send));
            assert_int_equal(sim_work(CARD_SEND, 9, false), 1);
            harness_interrupt(false);
            assert_int_equal(harness_result(send), bytes);
            assert_int_equal(frame_out_bytes, bytes);
            assert_memory_equal(frame_out, harness_region(2048 + NETDEV_HEADROOM), bytes);

            memcpy(frame_in, frame_out, bytes);
            frame_in_bytes = bytes;
            assert_null(harness_answer(receive));
            assert_int_equal(sim_work(CARD_RECEIVE, 1, false), 1);
            harness_interrupt(false);
            assert_int_equal(harness_result(receive), bytes);
            assert_memory_equal(harness_region(NETDEV_HEADROOM), frame_in, bytes);
        }
    }
}

static void test_bad_arguments(void **state)
{
    static const struct {
        unsigned label;
        uint64_t offset, bytes;
    } calls[] = {
        {NETDEV_SEND, 0, 0},
        {NETDEV_SEND, 0, 1515},
        {NETDEV_SEND, 0, UINT64_MAX},
        {NETDEV_SEND, 0, UINT64_MAX - 15},
        {NETDEV_SEND, REGION_BYTES - 20, 5},
        {NETDEV_SEND, UINT64_MAX, 60},
        {NETDEV_RECEIVE, 0, 1529},
        {NETDEV_RECEIVE, 0, 1ull << 32},
        {NETDEV_RECEIVE, REGION_BYTES - 2047, 2048},
        {NETDEV_RECEIVE, UINT64_MAX - 5, 2048},
        {99, 0, 2048},
    };

    (void)state;
    start(SIM_GOOD, MAC);
    for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++)
        assert_int_equal(
            harness_result(harness_call(calls[i].label, calls[i].offset, calls[i].bytes, 0)),
            E_BAD_ARGUMENT);
    assert_int_equal(sim.queues[0].notified + sim.queues[1].notified, 0);
}

/* A full receive queue is an error at once; a full send queue makes the client wait. */
static void test_full(void **state)
{
    uint32_t ids[QUEUE_SIZE + 10], send, behind;

    (void)state;
    start(SIM_GOOD, MAC);
    for (unsigned i = 0; i < QUEUE_SIZE; i++)
        assert_null(harness_answer(harness_call(NETDEV_RECEIVE, 0, 2048, 0)));
    assert_int_equal(harness_result(harness_call(NETDEV_RECEIVE, 0, 2048, 0)), E_TOO_MANY);
    send = harness_call(NETDEV_SEND, 2048, 60, 0);
    sim_work(CARD_SEND, 1, false);
    harness_interrupt(false);
    assert_int_equal(harness_result(send), 60);

    for (unsigned i = 0; i < QUEUE_SIZE + 10; i++)
        ids[i] = harness_call(NETDEV_SEND, 2048, 60, 0);
    behind = harness_call(NETDEV_INFO, 0, 0, 0);
    assert_null(harness_answer(behind));
    while (sim_work(CARD_SEND, 100, true) != 0)
        harness_interrupt(false);
    for (unsigned i = 0; i < QUEUE_SIZE + 10; i++)
        assert_int_equal(harness_result(ids[i]), 60);
    assert_int_equal(harness_result(behind), 0);
}

static void test_protocol_breaks(void **state)
{
    (void)state;
    for (enum sim_fault fault = SIM_ID_OUT_OF_RANGE; fault <= SIM_INDEX_BACK; fault++) {
        uint32_t receive, send;

        start(SIM_GOOD, MAC);
        sim.fault = fault;
        sim.idle_id = 200;
        frame_in_bytes = 60;
        receive = harness_call(NETDEV_RECEIVE, 0, 2048, 0);
        send = harness_call(NETDEV_SEND, 2048, 60, 0);
        sim_work(CARD_RECEIVE, 1, false);
        harness_interrupt(true);
        assert_int_equal(harness_result(receive), E_IO);
        assert_int_equal(harness_result(send), E_IO);
        assert_int_equal(card.resets, 1);
        sim.fault = SIM_GOOD;
        send = harness_call(NETDEV_SEND, 2048, 60, 0);
        sim_work(CARD_SEND, 1, false);
        harness_interrupt(false);
        assert_int_equal(harness_result(send), 60);
    }
    /* A frame shorter than its header. */
    start(SIM_GOOD, MAC);
    frame_in_bytes = 0;
    uint32_t receive = harness_call(NETDEV_RECEIVE, 0, 2048, 0);
    sim_work(CARD_RECEIVE, 1, false);
    harness_interrupt(false);
    assert_int_equal(harness_result(receive), E_IO);
    assert_int_equal(card.resets, 1);
}

static void test_no_device(void **state)
{
    (void)state;
    start(SIM_LEGACY, MAC);
    assert_int_equal(card.dead, E_NO_DEVICE);
    assert_int_equal(harness_result(harness_call(NETDEV_RECEIVE, 0, 2048, 0)), E_NO_DEVICE);
    start(SIM_NO_QUEUE, MAC);
    assert_int_equal(card.dead, E_NO_DEVICE);
}

static void test_traffic(void **state)
{
    const char *given = getenv("HEDDLE_SEED");
    unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 0) : (unsigned)time(NULL);
    uint32_t last = 0;

    (void)state;
    printf("seed %u\n", seed);
    srand(seed);
    for (unsigned life = 0; life < 40; life++) {
        start(SIM_GOOD, MAC | (rand() % 2 ? VIRTIO_F_EVENT_IDX : 0));
        for (unsigned i = 0; i < 1000; i++) {
            unsigned label = NETDEV_INFO + (unsigned)rand() % 3;
            /* Buffers to send in the upper half: the client lends no buffer twice. */
            uint64_t buffer = (unsigned)rand() % 8 + (label == NETDEV_SEND ? 8 : 0);

            last = harness_call(label, buffer * 2048 + (unsigned)rand() % 3,
                                rand() % 2 ? 2046 : (unsigned)rand() % 1600, 0);
            frame_in_bytes = (unsigned)rand() % 1500;
            sim.fault =
                rand() % 200 == 0 ? (enum sim_fault)(SIM_ID_OUT_OF_RANGE + rand() % 6) : SIM_GOOD;
            sim.idle_id = (uint16_t)(rand() % 256);
            if (card.dead == E_OK && rand() % 2)
                sim_work((unsigned)rand() % 2, (unsigned)rand() % 20, rand() % 2);
            sim.fault = SIM_GOOD;
            if (card.dead == E_OK)
                harness_interrupt(rand() % 20 == 0);
        }
        frame_in_bytes = 60;
        while (card.dead == E_OK &&
               sim_work(CARD_SEND, 99, false) + sim_work(CARD_RECEIVE, 99, true))
            harness_interrupt(false);
        for (uint32_t id = 0; id <= last; id++)
            assert_non_null(harness_answer(id));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_info),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_protocol_breaks),
        cmocka_unit_test(test_no_device),
        cmocka_unit_test(test_traffic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
