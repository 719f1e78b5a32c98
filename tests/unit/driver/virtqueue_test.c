/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtqueue against a simulated device, good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <driver/virtio.h>
#include "sim.h"

#define SIZE       8
#define DATA_BYTES 64

static struct virtio virtio;
static struct dma dma;
static struct virtqueue queue;
static uint8_t *buffers; /* two of DATA_BYTES for each token */
static int tokens[VIRTQUEUE_SIZE_MAX];

static void set_up(enum sim_fault fault, uint16_t size, bool event_index)
{
    const struct startup_device device = {
        .dma = (uintptr_t)sim_memory, .dma_paddr = SIM_PADDR, .dma_bytes = SIM_MEMORY_BYTES};

    sim_start(fault);
    dma_init(&dma, &device);
    assert_int_equal(virtio_open(&virtio, SIM_BASE, 4096), E_OK);
    assert_int_equal(virtio_negotiate(&virtio, event_index ? VIRTIO_F_EVENT_IDX : 0, 0), E_OK);
    assert_int_equal(virtqueue_init(&queue, &dma, size), E_OK);
    virtqueue_reset(&queue, event_index);
    assert_int_equal(virtio_queue(&virtio, 0, &queue), E_OK);
    assert_int_equal(virtio_start(&virtio), E_OK);
    buffers = dma_alloc(&dma, 2 * DATA_BYTES * size, 64);
    assert_non_null(buffers);
}

/* Add a chain of two: DATA_BYTES to be read, as many to be written. */
static enum error add(unsigned i)
{
    uint8_t *out = buffers + 2 * DATA_BYTES * i;
    const struct virtqueue_segment segments[] = {
        {dma_paddr(&dma, out), DATA_BYTES, false},
        {dma_paddr(&dma, out + DATA_BYTES), DATA_BYTES, true},
    };

    memset(out, (int)(i + 1), DATA_BYTES);
    memset(out + DATA_BYTES, 0, DATA_BYTES);
    return virtqueue_add(&queue, segments, 2, &tokens[i]);
}

static unsigned take(void)
{
    void *token;
    uint32_t bytes;
    unsigned i;

    assert_int_equal(virtqueue_take(&queue, &token, &bytes), E_OK);
    assert_int_equal(bytes, DATA_BYTES);
    i = (unsigned)((int *)token - tokens);
    assert_memory_equal(buffers + 2 * DATA_BYTES * i, buffers + 2 * DATA_BYTES * i + DATA_BYTES,
                        DATA_BYTES);
    return i;
}

static void test_order(void **state)
{
    void *token;
    uint32_t bytes;

    (void)state;
    set_up(SIM_GOOD, SIZE, false);
    for (unsigned round = 0; round < 50000; round++) { /* the 16-bit indices wrap */
        assert_int_equal(add(0), E_OK);
        assert_int_equal(add(1), E_OK);
        assert_int_equal(add(2), E_OK);
        assert_int_equal(virtqueue_take(&queue, &token, &bytes), E_AGAIN);
        assert_true(virtqueue_publish(&queue));
        assert_false(virtqueue_publish(&queue)); /* nothing new */
        assert_int_equal(sim_work(0, 2, true), 2);
        assert_int_equal(take(), 1);
        assert_int_equal(take(), 0);
        assert_int_equal(virtqueue_take(&queue, &token, &bytes), E_AGAIN);
        assert_int_equal(sim_work(0, 9, false), 1);
        assert_int_equal(take(), 2);
    }
    assert_int_equal(queue.free_count, SIZE);
    assert_int_equal(queue.in_flight, 0);
}

static void test_full(void **state)
{
    (void)state;
    set_up(SIM_GOOD, SIZE, false);
    for (unsigned i = 0; i < SIZE / 2; i++)
        assert_int_equal(add(i), E_OK);
    assert_int_equal(add(4), E_AGAIN);
    virtqueue_publish(&queue);
    assert_int_equal(sim_work(0, 1, false), 1);
    assert_int_equal(add(4), E_AGAIN); /* not before it is taken */
    assert_int_equal(take(), 0);
    assert_int_equal(add(4), E_OK);
}

static void test_bad_arguments(void **state)
{
    const struct virtqueue_segment backwards[] = {{SIM_PADDR, 1, true}, {SIM_PADDR, 1, false}};
    const struct virtqueue_segment empty[] = {{SIM_PADDR, 0, true}};
    const struct virtqueue_segment huge[] = {{0, UINT32_MAX, true}, {0, UINT32_MAX, true}};
    struct virtqueue other;

    (void)state;
    set_up(SIM_GOOD, SIZE, false);
    assert_int_equal(virtqueue_add(&queue, backwards, 2, tokens), E_BAD_ARGUMENT);
    assert_int_equal(virtqueue_add(&queue, backwards, 1, NULL), E_BAD_ARGUMENT);
    assert_int_equal(virtqueue_add(&queue, backwards, 0, tokens), E_BAD_ARGUMENT);
    assert_int_equal(virtqueue_add(&queue, empty, 1, tokens), E_BAD_ARGUMENT);
    assert_int_equal(virtqueue_add(&queue, huge, 2, tokens), E_BAD_ARGUMENT);
    assert_int_equal(virtqueue_init(&other, &dma, 0), E_BAD_ARGUMENT);
    assert_int_equal(virtqueue_init(&other, &dma, 3), E_BAD_ARGUMENT);
    assert_int_equal(virtqueue_init(&other, &dma, 512), E_BAD_ARGUMENT);
    dma.bytes = dma.used + 16;
    assert_int_equal(virtqueue_init(&other, &dma, 4), E_NO_MEMORY);
    assert_null(dma_alloc(&dma, UINT64_MAX, 4096));
}

/* No notification and no interrupt that nobody asked for, and none lost. */
static void test_suppression(void **state)
{
    (void)state;
    for (int event_index = 0; event_index < 2; event_index++) {
        set_up(SIM_GOOD, SIZE, event_index != 0);
        for (unsigned round = 0; round < 40000; round++) {
            assert_false(virtqueue_listen(&queue));
            sim.interrupts = 0;
            assert_int_equal(add(0), E_OK);
            assert_true(virtqueue_publish(&queue));
            assert_int_equal(add(1), E_OK);
            /* With an event index the device has not asked to hear of a second chain. */
            assert_int_equal(virtqueue_publish(&queue), event_index == 0);
            assert_int_equal(sim_work(0, 1, false), 1);
            assert_int_equal(sim.interrupts, 1);
            virtqueue_quiet(&queue);
            assert_int_equal(sim_work(0, 1, false), 1);
            assert_int_equal(sim.interrupts, 1);
            assert_int_equal(take(), 0);
            assert_true(virtqueue_listen(&queue)); /* the second came while it was quiet */
            assert_int_equal(take(), 1);
        }
    }
}

static void test_hostile_used_ring(void **state)
{
    static const enum sim_fault faults[] = {SIM_ID_OUT_OF_RANGE, SIM_ID_IDLE,    SIM_ID_TWICE,
                                            SIM_LENGTH,          SIM_INDEX_JUMP, SIM_INDEX_BACK};
    void *token;
    uint32_t bytes;
    enum error error;

    (void)state;
    for (unsigned i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        set_up(faults[i], SIZE, false);
        sim.idle_id = SIZE - 1;
        assert_int_equal(add(0), E_OK);
        virtqueue_publish(&queue);
        sim_work(0, 1, false);
        error = virtqueue_take(&queue, &token, &bytes);
        assert_int_equal(error, E_PROTOCOL);
        /* Broken for good, until reset. */
        assert_int_equal(virtqueue_take(&queue, &token, &bytes), E_PROTOCOL);
        assert_int_equal(add(1), E_PROTOCOL);
        assert_false(virtqueue_publish(&queue));
        assert_int_equal(virtio_reset(&virtio), E_OK);
        assert_ptr_equal(virtqueue_abandon(&queue), &tokens[0]);
        assert_null(virtqueue_abandon(&queue));
    }
}

/* An id in the middle of a chain is not a head. */
static void test_id_inside_chain(void **state)
{
    void *token;
    uint32_t bytes;

    (void)state;
    set_up(SIM_ID_IDLE, SIZE, false);
    sim.idle_id = 1;
    assert_int_equal(add(0), E_OK);
    virtqueue_publish(&queue);
    sim_work(0, 1, false);
    assert_int_equal(virtqueue_take(&queue, &token, &bytes), E_PROTOCOL);
}

static void test_silent_then_reset(void **state)
{
    void *token;
    uint32_t bytes;
    unsigned abandoned = 0;

    (void)state;
    set_up(SIM_SILENT, SIZE, false);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(add(i), E_OK);
    virtqueue_publish(&queue);
    assert_int_equal(sim_work(0, 4, false), 0);
    assert_int_equal(virtqueue_take(&queue, &token, &bytes), E_AGAIN);
    assert_int_equal(virtio_reset(&virtio), E_OK);
    while (virtqueue_abandon(&queue) != NULL)
        abandoned++;
    assert_int_equal(abandoned, 4);
    assert_int_equal(queue.free_count, SIZE);

    /* The next life works. */
    sim.fault = SIM_GOOD;
    virtqueue_reset(&queue, false);
    assert_int_equal(virtio_negotiate(&virtio, 0, 0), E_OK);
    assert_int_equal(virtio_queue(&virtio, 0, &queue), E_OK);
    assert_int_equal(virtio_start(&virtio), E_OK);
    assert_int_equal(add(3), E_OK);
    assert_true(virtqueue_publish(&queue));
    assert_int_equal(sim_work(0, 1, false), 1);
    assert_int_equal(take(), 3);
}

/* ---------------------------------------------------------------- random traffic */

static bool busy[VIRTQUEUE_SIZE_MAX];

static void take_all(unsigned *owed)
{
    void *token;
    uint32_t bytes;
    enum error error;

    while ((error = virtqueue_take(&queue, &token, &bytes)) == E_OK) {
        unsigned i = (unsigned)((int *)token - tokens);
        assert_true(i < VIRTQUEUE_SIZE_MAX && busy[i] && bytes <= DATA_BYTES);
        busy[i] = false;
        (*owed)--;
    }
    if (error != E_PROTOCOL)
        return;
    virtio_reset(&virtio);
    while ((token = virtqueue_abandon(&queue)) != NULL) {
        busy[(int *)token - tokens] = false;
        (*owed)--;
    }
    assert_int_equal(*owed, 0);
    virtqueue_reset(&queue, (virtio.features & VIRTIO_F_EVENT_IDX) != 0);
    assert_int_equal(virtio_negotiate(&virtio, virtio.features, 0), E_OK);
    assert_int_equal(virtio_queue(&virtio, 0, &queue), E_OK);
    assert_int_equal(virtio_start(&virtio), E_OK);
}

static void traffic(bool event_index)
{
    unsigned owed = 0;

    set_up(SIM_GOOD, 64, event_index);
    memset(busy, 0, sizeof busy);
    for (unsigned round = 0; round < 30000; round++) {
        unsigned i = (unsigned)rand() % 40;
        if (!busy[i] && add(i) == E_OK) {
            busy[i] = true;
            owed++;
        }
        if (rand() % 3 == 0)
            virtqueue_publish(&queue);
        sim.fault = rand() % 50 == 0
                        ? (enum sim_fault)(SIM_SILENT + rand() % (SIM_INDEX_BACK - SIM_SILENT + 1))
                        : SIM_GOOD;
        sim.idle_id = (uint16_t)(rand() % 64);
        if (rand() % 2)
            sim_work(0, (unsigned)rand() % 8, rand() % 2);
        sim.fault = SIM_GOOD;
        take_all(&owed);
        assert_int_equal(owed, queue.in_flight);
    }
}

static void test_traffic(void **state)
{
    const char *given = getenv("HEDDLE_SEED");
    unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 0) : (unsigned)time(NULL);

    (void)state;
    printf("seed %u\n", seed);
    srand(seed);
    traffic(false);
    traffic(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_suppression),
        cmocka_unit_test(test_hostile_used_ring),
        cmocka_unit_test(test_id_inside_chain),
        cmocka_unit_test(test_silent_then_reset),
        cmocka_unit_test(test_traffic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
