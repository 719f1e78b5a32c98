/* SPDX-License-Identifier: BSD-2-Clause */
/* The compiled system file: the entry "system.bin" of the boot bundle, made on the host from a
 * system file by tools/lib/system_binary.py and read by servers/root.
 *
 *     +---------------+  0
 *     | system_header |
 *     +---------------+  sizeof(struct system_header)
 *     | processes[]   |  process_count rows
 *     +---------------+
 *     | channels[]    |  channel_count rows
 *     +---------------+
 *     | devices[]     |  device_count rows
 *     +---------------+  header.bytes
 *
 * Everything is little-endian; there is no padding but the fields named reserved, which are zero.
 * Strings are zero-terminated and padded with zeros. Rows name processes by their index in
 * processes[]; SYSTEM_ROOT names root, which has no row. The "supervisor" channels between root and
 * every process are implicit and have no row either.
 */
#pragma once
#include <stdint.h>

#define SYSTEM_MAGIC   0x4d45545359534448ull /* HDSYSTEM in memory */
#define SYSTEM_VERSION 2
#define SYSTEM_ROOT    0xffffffffu /* in place of a process index */

struct system_header {
    uint64_t magic;
    uint32_t version;
    uint32_t bytes; /* of header and rows */
    uint32_t process_count;
    uint32_t channel_count;
    uint32_t device_count;
    uint32_t reserved;
};

enum system_process_flag {
    SYSTEM_PROCESS_DEBUG = 1,   /* gets a DebugPut capability */
    SYSTEM_PROCESS_THREADS = 2, /* a thread process; no executor */
};

struct system_process_row {
    char name[32];
    char image[32]; /* name of the bundle entry */
    char arguments[256];
    uint32_t priority;      /* of its first coroutine */
    uint32_t ceiling;       /* best priority that it may claim */
    uint32_t co_count;      /* coroutines at most */
    uint32_t flags;         /* enum system_process_flag */
    uint64_t heap_bytes;    /* a multiple of 4096 */
    uint64_t stack_bytes;   /* a multiple of 4096 */
    uint64_t untyped_bytes; /* a power of two, 4096 at least: of an Untyped of its own; 0: none */
    uint64_t budget_us;     /* of every period; 0: no limit */
    uint64_t period_us;     /* at most BUDGET_PERIOD_MS_MAX; 0 without a budget */
    uint32_t harts;         /* bit n: may run on hart n; 0: on all */
    uint32_t reserved;
};

enum system_channel_flag {
    SYSTEM_CHANNEL_DMA = 1, /* the server learns the physical address of the region */
};

struct system_channel_row {
    char name_client[32]; /* local name at the client */
    char name_server[32]; /* local name at the server */
    char protocol[16];
    uint32_t client;         /* process index, or SYSTEM_ROOT */
    uint32_t server;         /* process index, or SYSTEM_ROOT */
    uint32_t depth;          /* a power of two, 4..1024 */
    uint32_t flags;          /* enum system_channel_flag */
    uint64_t region_bytes;   /* a multiple of 4096 */
    uint32_t ceiling_server; /* best priority of the client's wakes and messages at the server */
    uint32_t ceiling_client; /* best priority of the server's wakes and replies at the client */
};

/* Rows of one process with the same name are alternatives: the first that the machine has is given.
 */
enum system_device_flag {
    SYSTEM_DEVICE_OPTIONAL = 1, /* where the machine has none, the process goes without */
};

struct system_device_row {
    char name[32];       /* local name at the process */
    char compatible[32]; /* in the device tree */
    uint32_t process;    /* process index */
    uint32_t virtio;     /* wanted virtio DeviceID (virtio 1.2 §5); 0: any device matches */
    uint32_t index;      /* which of the matching devices, in order of address, from 0 */
    uint32_t flags;      /* enum system_device_flag */
    uint64_t dma_bytes;  /* a multiple of 4096; 0: none */
};

_Static_assert(sizeof(struct system_header) == 32, "a contract with the host");
_Static_assert(sizeof(struct system_process_row) == 384, "a contract with the host");
_Static_assert(sizeof(struct system_channel_row) == 112, "a contract with the host");
_Static_assert(sizeof(struct system_device_row) == 88, "a contract with the host");
