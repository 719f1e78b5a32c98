/* SPDX-License-Identifier: BSD-2-Clause */
/* What root tells a new process: one read-only block at STARTUP_BASE.
 *
 * Only root writes it, from the system file; programs read it through the functions below.
 */
#pragma once
#include <stdint.h>
#include <abi/abi.h>

#define STARTUP_MAGIC 0x5452415453444448ull /* HDDSTART */

/* Empty slots at least in the CNode of a process that may make objects. */
#define STARTUP_EMPTY_SLOTS 64

/* One end of a channel (libs/ipc). Memory at base: struct ipc_channel and its rings.
 *
 * A channel of the protocol "rendezvous" joins thread processes and has no memory: endpoint is the
 * Rendezvous capability, and slot, on the server's side, its Reply capability. */
struct startup_channel {
    char name[32];         /* local name of the channel in the system file */
    char peer[32];         /* process at the other end, for messages */
    char protocol[16];     /* "blk", "netdev", "fs", "socket", "console", "system", "stats" */
    uint64_t base;         /* address of the channel memory */
    uint64_t region;       /* address of the buffer region */
    uint64_t region_bytes; /* a multiple of 4096; 0: none */
    uint64_t region_paddr; /* physical address, given to drivers only; the region is contiguous */
    uint32_t depth;        /* messages a ring holds, a power of two, 4..1024 */
    uint32_t side;         /* 0 client, 1 server */
    uint32_t endpoint;     /* capability that wakes the peer */
    uint32_t slot;         /* wake slot that the peer wakes here */
    uint32_t ceiling;      /* best priority that the peer's messages may have here */
    uint32_t reserved;
};

/* A device given to the process. */
struct startup_device {
    char name[32];       /* local name in the system file */
    char compatible[32]; /* from the device tree */
    uint64_t base;       /* address of its registers */
    uint64_t bytes;
    uint64_t dma;       /* address of zeroed, contiguous DMA memory */
    uint64_t dma_paddr; /* its physical address */
    uint64_t dma_bytes;
    uint32_t irq;  /* Irq capability, 0: none */
    uint32_t slot; /* wake slot of the interrupt */
};

struct startup {
    uint64_t magic;
    uint64_t bytes;      /* of the whole block */
    char name[32];       /* of the process */
    char arguments[256]; /* from the system file */
    uint64_t timebase_hz;
    uint64_t heap_bytes; /* behind the program's data */
    uint32_t debug_put;  /* DebugPut capability, 0: none */
    uint32_t timer;      /* Timer capability */
    uint32_t timer_slot;
    uint32_t slot_count; /* wake slots in use: 0 .. slot_count - 1 */
    uint32_t priority;   /* of the first coroutine */
    uint32_t ceiling;    /* of the process */
    uint32_t co_count;   /* coroutines at most */
    uint32_t channel_count;
    uint32_t device_count;
    uint32_t flags;
    /* Where the system file grants `untyped`, else 0: addresses of capabilities, and empty slots.
     */
    uint32_t untyped;
    uint32_t process; /* its own Process */
    uint32_t cnode;   /* its own CNode */
    uint32_t empty_first;
    uint32_t empty_count;
    uint32_t own_slot;                 /* a wake slot that nothing else uses */
    struct startup_channel channels[]; /* then device_count struct startup_device */
};

static inline const struct startup *startup(void)
{
    return (const struct startup *)STARTUP_BASE;
}
/* The i-th device, i < device_count. */
static inline const struct startup_device *startup_device(unsigned i)
{
    return (const struct startup_device *)&startup()->channels[startup()->channel_count] + i;
}
