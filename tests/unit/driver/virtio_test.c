/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding, negotiating and starting a virtio-mmio device, good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <driver/virtio.h>
#include "sim.h"

static struct virtio virtio;
static struct dma dma;
static struct virtqueue queue;

static void test_open(void **state)
{
    static const struct {
        enum sim_fault fault;
        enum error error;
        const char *problem;
    } cases[] = {
        {SIM_GOOD, E_OK, NULL},
        {SIM_BAD_MAGIC, E_NO_DEVICE, "magic"},
        {SIM_EMPTY, E_NO_DEVICE, "empty"},
        {SIM_LEGACY, E_NO_DEVICE,
         "legacy device: start QEMU with -global "
         "virtio-mmio.force-legacy=false"},
        {SIM_UNKNOWN_VERSION, E_NO_DEVICE, "version"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sim_start(cases[i].fault);
        assert_int_equal(virtio_open(&virtio, SIM_BASE, 4096), cases[i].error);
        if (cases[i].problem == NULL)
            assert_null(virtio.problem);
        else
            assert_non_null(strstr(virtio.problem, cases[i].problem));
    }
    assert_int_equal(virtio_open(&virtio, SIM_BASE, 16), E_NO_DEVICE);
}

/* All steps up to DRIVER_OK. */
static enum error bring_up(enum sim_fault fault)
{
    const struct startup_device device = {
        .dma = (uintptr_t)sim_memory, .dma_paddr = SIM_PADDR, .dma_bytes = SIM_MEMORY_BYTES};
    enum error error;

    sim_start(fault);
    dma_init(&dma, &device);
    assert_int_equal(virtqueue_init(&queue, &dma, 16), E_OK);
    assert_int_equal(virtio_open(&virtio, SIM_BASE, 4096), E_OK);
    error = virtio_negotiate(&virtio, 0x20, 0x40);
    if (error == E_OK)
        error = virtio_queue(&virtio, 0, &queue);
    if (error == E_OK)
        error = virtio_start(&virtio);
    return error;
}

static void test_bring_up(void **state)
{
    static const struct {
        enum sim_fault fault;
        enum error error;
    } cases[] = {
        {SIM_NO_RESET, E_NO_DEVICE},           {SIM_NO_VERSION_1, E_UNSUPPORTED},
        {SIM_REFUSES_FEATURES, E_UNSUPPORTED}, {SIM_FAILS_AT_START, E_NO_DEVICE},
        {SIM_NO_QUEUE, E_NO_DEVICE},           {SIM_SHORT_QUEUE, E_NO_DEVICE},
        {SIM_QUEUE_IN_USE, E_NO_DEVICE},
    };

    (void)state;
    assert_int_equal(bring_up(SIM_GOOD), E_OK);
    assert_int_equal(sim.status, 15);
    assert_int_equal(sim.driver_features, VIRTIO_F_VERSION_1 | 0x60);
    assert_int_equal(sim.queues[0].size, 16);
    for (unsigned i = 0; i < 3; i++)
        assert_true(sim.queues[0].rings[i] >= SIM_PADDR &&
                    sim.queues[0].rings[i] < SIM_PADDR + SIM_MEMORY_BYTES);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(bring_up(cases[i].fault), cases[i].error);
        assert_non_null(virtio.problem);
    }
    /* A required feature that is not offered. */
    sim_start(SIM_GOOD);
    assert_int_equal(virtio_negotiate(&virtio, 0, 1), E_UNSUPPORTED);
    assert_true((sim.status & 128) != 0);
}

static void test_interrupt(void **state)
{
    (void)state;
    assert_int_equal(bring_up(SIM_GOOD), E_OK);
    sim.interrupt_status = 3;
    assert_int_equal(virtio_interrupt(&virtio), VIRTIO_INTERRUPT_QUEUE | VIRTIO_INTERRUPT_CONFIG);
    assert_int_equal(sim.interrupt_status, 0);
    assert_int_equal(virtio_interrupt(&virtio), 0);
    assert_false(virtio_needs_reset(&virtio));
    sim.status |= 64;
    assert_true(virtio_needs_reset(&virtio));
}

static void test_config(void **state)
{
    uint64_t value = 0x1122334455667788;

    (void)state;
    assert_int_equal(bring_up(SIM_GOOD), E_OK);
    memcpy(sim.config, &value, sizeof value);
    assert_true(virtio_config64(&virtio, 0) == 0x1122334455667788);
    assert_int_equal(virtio_config8(&virtio, 1), 0x77);
    assert_int_equal(virtio_config16(&virtio, 2), 0x5566);
    /* Both halves change together; a torn value would differ in them. */
    memset(sim.config, 0, sizeof sim.config);
    sim.config_changes = 5;
    value = virtio_config64(&virtio, 0);
    assert_int_equal((uint32_t)value, value >> 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_bring_up),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_config),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
