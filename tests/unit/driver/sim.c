/* SPDX-License-Identifier: BSD-2-Clause */
/* The device's registers and its side of the virtqueues. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <driver/mmio.h>
#include <driver/virtio.h>
#include "sim.h"

struct sim sim;
_Alignas(4096) uint8_t sim_memory[SIM_MEMORY_BYTES];

static uint32_t copy_chain(const uint8_t *out, uint32_t out_bytes, uint8_t *in, uint32_t in_bytes)
{
    uint32_t n = out_bytes < in_bytes ? out_bytes : in_bytes;

    memcpy(in, out, n);
    return n;
}

void sim_start(enum sim_fault fault)
{
    memset(sim_memory, 0, sizeof sim_memory);
    sim = (struct sim){
        .fault = fault,
        .device_id = VIRTIO_ID_BLOCK,
        .features = VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | 0x60,
        .queue_count = 1,
        .queue_size_max = 256,
        .chain = copy_chain,
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

/* A configuration that changes adds one to each of its words. */
static uint32_t config(unsigned offset)
{
    uint32_t word[4];

    memcpy(word, sim.config, sizeof word);
    if (sim.config_changes > 0) {
        sim.config_changes--;
        sim.generation++;
        for (unsigned i = 0; i < 4; i++)
            word[i]++;
        memcpy(sim.config, word, sizeof word);
    }
    return word[offset / 4];
}

/* The queue that the driver selected. */
static struct sim_queue *selected(void)
{
    assert_true(sim.queue_select < sim.queue_count);
    return &sim.queues[sim.queue_select];
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
        return sim.queue_select < sim.queue_count ? sim.queue_size_max : 0;
    case 0x044:
        return sim.fault == SIM_QUEUE_IN_USE ? 1 : selected()->ready;
    case 0x060:
        return sim.interrupt_status;
    case 0x070:
        return sim.status;
    case 0x0fc:
        return sim.generation;
    case 0x100:
    case 0x104:
    case 0x108:
    case 0x10c:
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
    sim.driver_features = 0;
    sim.interrupt_status = 0;
    memset(sim.queues, 0, sizeof sim.queues);
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
    uint64_t *ring = &selected()->rings[(reg - 0x080) / 0x10];
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
        sim.queue_select = value;
        break;
    case 0x038:
        assert_true(value <= sim.queue_size_max);
        selected()->size = value;
        break;
    case 0x044:
        selected()->ready = value;
        break;
    case 0x050:
        assert_true(value < sim.queue_count);
        sim.queues[value].notified++;
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

struct descriptor {
    uint64_t paddr;
    uint32_t bytes;
    uint16_t flags, next;
};

/* Read a chain's descriptors. Value: their number. */
static unsigned read_chain(const struct sim_queue *queue, uint16_t head, struct descriptor *chain)
{
    uint16_t at = head;

    for (unsigned n = 0; n < queue->size; n++) {
        assert_true(at < queue->size);
        memcpy(&chain[n], sim_at(queue->rings[0] + at * 16u, 16), 16);
        /* §2.7.4.2: what the device writes comes last */
        assert_true(n == 0 || (chain[n - 1].flags & 2) <= (chain[n].flags & 2));
        if ((chain[n].flags & 1) == 0)
            return n + 1;
        at = chain[n].next;
    }
    fail_msg("a chain without end");
    return 0;
}

/* Copy between the chain's memory and one block: what the device reads, or what it writes. */
static uint32_t gather(const struct descriptor *chain, unsigned n, uint8_t *out, uint32_t most)
{
    uint32_t have = 0;

    for (unsigned i = 0; i < n && (chain[i].flags & 2) == 0; i++) {
        assert_true(chain[i].bytes <= most - have);
        memcpy(out + have, sim_at(chain[i].paddr, chain[i].bytes), chain[i].bytes);
        have += chain[i].bytes;
    }
    return have;
}
static void scatter(const struct descriptor *chain, unsigned n, const uint8_t *in)
{
    for (unsigned i = 0; i < n; i++) {
        if ((chain[i].flags & 2) == 0)
            continue;
        memcpy(sim_at(chain[i].paddr, chain[i].bytes), in, chain[i].bytes);
        in += chain[i].bytes;
    }
}

/* Do a chain's work as a device does. Value: bytes written. */
static uint32_t work_on(const struct sim_queue *queue, uint16_t head)
{
    static uint8_t out[SIM_MEMORY_BYTES], in[SIM_MEMORY_BYTES];
    struct descriptor chain[256];
    unsigned n = read_chain(queue, head, chain);
    uint32_t out_bytes = gather(chain, n, out, sizeof out);
    uint32_t in_bytes = 0, written;

    for (unsigned i = 0; i < n; i++)
        in_bytes += (chain[i].flags & 2) != 0 ? chain[i].bytes : 0;
    assert_true(in_bytes <= sizeof in);
    memset(in, 0, in_bytes);
    written = sim.chain(out, out_bytes, in, in_bytes);
    scatter(chain, n, in);
    return written;
}

static void put_used(struct sim_queue *queue, uint32_t id, uint32_t bytes)
{
    uint64_t entry = queue->rings[2] + 4 + (queue->used & (queue->size - 1)) * 8u;

    store(entry, id, 4);
    store(entry + 4, bytes, 4);
    queue->used++;
}

static void put_finished(struct sim_queue *queue, uint16_t id, uint32_t bytes)
{
    switch (sim.fault) {
    case SIM_ID_OUT_OF_RANGE:
        put_used(queue, id + queue->size, bytes);
        break;
    case SIM_ID_IDLE:
        put_used(queue, sim.idle_id, bytes);
        break;
    case SIM_LENGTH:
        put_used(queue, id, bytes + 0x10000);
        break;
    case SIM_ID_TWICE:
        put_used(queue, id, bytes);
        put_used(queue, id, bytes);
        break;
    case SIM_INDEX_JUMP:
        queue->used += 1000;
        break;
    case SIM_INDEX_BACK:
        queue->used--;
        break;
    default:
        put_used(queue, id, bytes);
    }
}

/* Show the used index, and interrupt if the driver wants it (§2.7.7). */
static void show_used(struct sim_queue *queue, uint16_t before)
{
    bool event = (sim.driver_features & VIRTIO_F_EVENT_IDX) != 0;
    uint16_t used_event = load16(queue->rings[1] + 4 + queue->size * 2u);

    store(queue->rings[2] + 2, queue->used, 2);
    if (event ? (uint16_t)(queue->used - used_event - 1) < (uint16_t)(queue->used - before)
              : (load16(queue->rings[1]) & 1) == 0) {
        sim.interrupt_status |= 1;
        sim.interrupts++;
    }
}

unsigned sim_work(unsigned index, unsigned count, bool backwards)
{
    struct sim_queue *queue = &sim.queues[index];
    uint16_t ids[256];
    uint32_t bytes[256];
    uint16_t before = queue->used;
    unsigned n = 0;

    assert_int_equal(queue->ready, 1);
    assert_true((sim.status & 4) != 0); /* not before DRIVER_OK */
    while (n < count && queue->taken != load16(queue->rings[1] + 2)) {
        ids[n] = load16(queue->rings[1] + 4 + (queue->taken++ & (queue->size - 1)) * 2u);
        bytes[n] = work_on(queue, ids[n]);
        n++;
    }
    /* Wish to hear of the next chain (§2.7.7, avail_event). */
    store(queue->rings[2] + 4 + queue->size * 8u, queue->taken, 2);
    if (sim.fault == SIM_SILENT || n == 0)
        return 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned k = backwards ? n - 1 - i : i;
        put_finished(queue, ids[k], bytes[k]);
    }
    show_used(queue, before);
    return n;
}
