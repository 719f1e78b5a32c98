/* SPDX-License-Identifier: BSD-2-Clause */
/* A simulated virtio-mmio device that misbehaves on request.
 *
 * It sees memory as a device does: by physical address, within sim_memory only. What it does with
 * a chain is a function; the first one copies what it reads, back to back, to what it writes.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_BASE         0x10001000u /* its registers */
#define SIM_PADDR        0x80000000u /* physical address of sim_memory */
#define SIM_MEMORY_BYTES 65536u

enum sim_fault {
    SIM_GOOD,
    SIM_BAD_MAGIC,
    SIM_EMPTY,
    SIM_LEGACY,
    SIM_UNKNOWN_VERSION,
    SIM_NO_RESET,         /* status never reads zero */
    SIM_NO_VERSION_1,     /* does not offer VIRTIO_F_VERSION_1 */
    SIM_REFUSES_FEATURES, /* FEATURES_OK does not stick */
    SIM_FAILS_AT_START,   /* DRIVER_OK gives DEVICE_NEEDS_RESET */
    SIM_NO_QUEUE,
    SIM_SHORT_QUEUE, /* allows 4 entries */
    SIM_QUEUE_IN_USE,
    SIM_SILENT,          /* takes chains and never answers */
    SIM_ID_OUT_OF_RANGE, /* faults of the used ring */
    SIM_ID_IDLE,         /* an id that is not in flight */
    SIM_ID_TWICE,
    SIM_LENGTH,     /* more bytes written than the chain holds */
    SIM_INDEX_JUMP, /* the index runs ahead of what is in flight */
    SIM_INDEX_BACK,
};

struct sim_queue {
    uint32_t size;
    uint32_t ready;
    uint64_t rings[3]; /* descriptors, available, used */
    uint16_t taken;    /* available index up to which it took */
    uint16_t used;     /* its used index */
    unsigned notified; /* times */
};

struct sim {
    enum sim_fault fault;
    uint64_t features;        /* offered */
    uint64_t driver_features; /* as written by the driver */
    uint32_t device_id;
    uint32_t status;
    uint32_t features_select;
    uint32_t driver_features_select;
    uint32_t queue_count;
    uint32_t queue_size_max;
    uint32_t queue_select;
    struct sim_queue queues[2];
    /* Work on a chain: out is what it reads, in what it may write. Value: bytes written. */
    uint32_t (*chain)(const uint8_t *out, uint32_t out_bytes, uint8_t *in, uint32_t in_bytes);
    uint32_t interrupt_status;
    uint32_t generation;     /* of the configuration */
    unsigned config_changes; /* how many reads of the configuration change it */
    uint8_t config[16];
    unsigned interrupts; /* times it would have interrupted */
    uint16_t idle_id;    /* for SIM_ID_IDLE */
};

extern struct sim sim;
extern uint8_t sim_memory[SIM_MEMORY_BYTES];

/* A new machine with this fault. Clears the memory. */
void sim_start(enum sim_fault fault);

/* Work on up to count chains of a queue; with backwards, finish them last to first. Value: chains
 * finished. */
unsigned sim_work(unsigned queue, unsigned count, bool backwards);

/* Memory at a physical address; fails the test if it does not lie in sim_memory. */
uint8_t *sim_at(uint64_t paddr, uint64_t bytes);
