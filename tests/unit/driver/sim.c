/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <driver/mmio.h>
#include <driver/virtio.h>
#include "sim.h"

struct sim sim;
_Alignas(4096) uint8_t sim_memory[SIM_MEMORY_BYTES];

void sim_start(enum sim_fault fault)
{
    memset(sim_memory, 0, sizeof sim_memory);
    sim = (struct sim){
        .fault = fault,
        .device_id = VIRTIO_ID_BLOCK,
        .features = VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | 0x60,
        .queue_size_max = 256,
        .status = 7, /* as firmware may have left it */
    };
    if (fault == SIM_NO_VERSION_1)
        sim.features &= ~VIRTIO_F_VERSION_1;
    if (fault == SIM_NO_QUEUE || fault == SIM_SHORT_QUEUE)
        sim.queue_size_max = fault == SIM_SHORT_QUEUE ? 4 : 0;
}

uint8_t *sim_at(uint64_t paddr, uint64_t bytes)
{
    assert_true(paddr >= SIM_PADDR && bytes <= SIM_MEMORY_BYTES &&
                paddr - SIM_PADDR <= SIM_MEMORY_BYTES - bytes);
    return sim_memory + (paddr - SIM_PADDR);
}

/* ---------------------------------------------------------------- registers */

static uint32_t identity(unsigned reg)
{
    if (reg == 0x000)
        return sim.fault == SIM_BAD_MAGIC ? 0 : 0x74726976;
    if (reg == 0x004)
        return sim.fault == SIM_LEGACY ? 1 : sim.fault == SIM_UNKNOWN_VERSION ? 3 : 2;
    return sim.fault == SIM_EMPTY ? 0 : sim.device_id;
}

static uint32_t config(unsigned offset)
{
    if (sim.config_changes > 0) {
        sim.config_changes--;
        sim.generation++;
        sim.config += 0x100000001;
    }
    return offset == 0 ? (uint32_t)sim.config : offset == 4 ? (uint32_t)(sim.config >> 32) : 0;
}

uint32_t mmio_read32(uintptr_t address)
{
    unsigned reg = (unsigned)(address - SIM_BASE);

    assert_true(address >= SIM_BASE && reg < 0x200);
    switch (reg) {
    case 0x000:
    case 0x004:
    case 0x008:
        return identity(reg);
    case 0x010:
        return (uint32_t)(sim.features >> (sim.features_select == 1 ? 32 : 0));
    case 0x034:
        return sim.queue_size_max;
    case 0x044:
        return sim.fault == SIM_QUEUE_IN_USE ? 1 : sim.queue_ready;
    case 0x060:
        return sim.interrupt_status;
    case 0x070:
        return sim.status;
    case 0x0fc:
        return sim.generation;
    case 0x100:
    case 0x104:
        return config(reg - 0x100);
    default:
        fail_msg("read of register %#x", reg);
        return 0;
    }
}

static void reset(void)
{
    if (sim.fault == SIM_NO_RESET)
        return;
    sim.status = 0;
    sim.queue_ready = 0;
    sim.interrupt_status = 0;
    sim.taken = 0;
    sim.used = 0;
}

static void write_status(uint32_t value)
{
    if (value == 0) {
        reset();
        return;
    }
    assert_int_equal(value & sim.status, sim.status); /* §2.1.1: bits are only added */
    if ((value & 8) != 0 && sim.fault == SIM_REFUSES_FEATURES)
        value &= ~8u;
    if ((value & 4) != 0 && sim.fault == SIM_FAILS_AT_START)
        value |= 64;
    sim.status = value;
}

static void write_ring(unsigned reg, uint32_t value)
{
    uint64_t *ring = &sim.rings[(reg - 0x080) / 0x10];
    unsigned shift = (reg & 4) != 0 ? 32 : 0;

    *ring = (*ring & ~(0xffffffffull << shift)) | (uint64_t)value << shift;
}

void mmio_write32(uintptr_t address, uint32_t value)
{
    unsigned reg = (unsigned)(address - SIM_BASE);

    switch (reg) {
    case 0x014:
        sim.features_select = value;
        break;
    case 0x020: {
        unsigned shift = sim.driver_features_select == 1 ? 32 : 0;
        sim.driver_features |= (uint64_t)value << shift;
        break;
    }
    case 0x024:
        sim.driver_features_select = value;
        break;
    case 0x030:
        assert_int_equal(value, 0); /* it has one queue */
        break;
    case 0x038:
        assert_true(value <= sim.queue_size_max);
        sim.queue_size = value;
        break;
    case 0x044:
        sim.queue_ready = value;
        break;
    case 0x050:
        assert_int_equal(value, 0);
        sim.notified++;
        break;
    case 0x064:
        sim.interrupt_status &= ~value;
        break;
    case 0x070:
        write_status(value);
        break;
    case 0x080:
    case 0x084:
    case 0x090:
    case 0x094:
    case 0x0a0:
    case 0x0a4:
        write_ring(reg, value);
        break;
    default:
        fail_msg("write of register %#x", reg);
    }
}

/* Only the configuration may be read with other widths (§4.2.2.2). */
uint8_t mmio_read8(uintptr_t address)
{
    assert_true(address >= SIM_BASE + 0x100);
    return (uint8_t)(mmio_read32(address & ~3ul) >> 8 * (address & 3));
}
uint16_t mmio_read16(uintptr_t address)
{
    assert_true(address >= SIM_BASE + 0x100 && (address & 1) == 0);
    return (uint16_t)(mmio_read32(address & ~3ul) >> 8 * (address & 2));
}

/* ---------------------------------------------------------------- the queue */

static uint16_t load16(uint64_t paddr)
{
    uint16_t value;

    memcpy(&value, sim_at(paddr, 2), 2);
    return value;
}
static void store(uint64_t paddr, uint32_t value, unsigned bytes)
{
    memcpy(sim_at(paddr, bytes), &value, bytes);
}

/* Walk a chain as a device does. Value: bytes written. */
static uint32_t work_on(uint16_t head)
{
    uint8_t data[4096];
    uint32_t have = 0, written = 0;
    uint16_t at = head;
    bool writes = false;

    for (unsigned steps = 0; steps < sim.queue_size; steps++) {
        struct {
            uint64_t paddr;
            uint32_t bytes;
            uint16_t flags, next;
        } d;

        assert_true(at < sim.queue_size);
        memcpy(&d, sim_at(sim.rings[0] + at * 16u, 16), 16);
        assert_true(!writes || (d.flags & 2) != 0); /* §2.7.4.2 */
        writes = (d.flags & 2) != 0;
        if (writes) {
            uint32_t n = d.bytes < have - written ? d.bytes : have - written;
            memcpy(sim_at(d.paddr, d.bytes), data + written, n);
            written += n;
        } else {
            assert_true(have + d.bytes <= sizeof data);
            memcpy(data + have, sim_at(d.paddr, d.bytes), d.bytes);
            have += d.bytes;
        }
        if ((d.flags & 1) == 0)
            return written;
        at = d.next;
    }
    fail_msg("a chain without end");
    return 0;
}

static void put_used(uint32_t id, uint32_t bytes)
{
    uint64_t entry = sim.rings[2] + 4 + (sim.used & (sim.queue_size - 1)) * 8u;

    store(entry, id, 4);
    store(entry + 4, bytes, 4);
    sim.used++;
}

static void put_finished(uint16_t id, uint32_t bytes)
{
    switch (sim.fault) {
    case SIM_ID_OUT_OF_RANGE:
        put_used(id + sim.queue_size, bytes);
        break;
    case SIM_ID_IDLE:
        put_used(sim.idle_id, bytes);
        break;
    case SIM_LENGTH:
        put_used(id, bytes + 0x10000);
        break;
    case SIM_ID_TWICE:
        put_used(id, bytes);
        put_used(id, bytes);
        break;
    case SIM_INDEX_JUMP:
        sim.used += 1000;
        break;
    case SIM_INDEX_BACK:
        sim.used--;
        break;
    default:
        put_used(id, bytes);
    }
}

/* Show the used index, and interrupt if the driver wants it (§2.7.7). */
static void show_used(uint16_t before)
{
    bool event = (sim.driver_features & VIRTIO_F_EVENT_IDX) != 0;
    uint16_t used_event = load16(sim.rings[1] + 4 + sim.queue_size * 2u);

    store(sim.rings[2] + 2, sim.used, 2);
    if (event ? (uint16_t)(sim.used - used_event - 1) < (uint16_t)(sim.used - before)
              : (load16(sim.rings[1]) & 1) == 0) {
        sim.interrupt_status |= 1;
        sim.interrupts++;
    }
}

unsigned sim_work(unsigned count, bool backwards)
{
    uint16_t ids[256];
    uint32_t bytes[256];
    uint16_t before = sim.used;
    unsigned n = 0;

    assert_int_equal(sim.queue_ready, 1);
    assert_true((sim.status & 4) != 0); /* not before DRIVER_OK */
    while (n < count && sim.taken != load16(sim.rings[1] + 2)) {
        ids[n] = load16(sim.rings[1] + 4 + (sim.taken++ & (sim.queue_size - 1)) * 2u);
        bytes[n] = work_on(ids[n]);
        n++;
    }
    /* Wish to hear of the next chain (§2.7.7, avail_event). */
    store(sim.rings[2] + 4 + sim.queue_size * 8u, sim.taken, 2);
    if (sim.fault == SIM_SILENT || n == 0)
        return 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned k = backwards ? n - 1 - i : i;
        put_finished(ids[k], bytes[k]);
    }
    show_used(before);
    return n;
}
