/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of root share: the processes that it makes, and their channels and devices.
 *
 * Root's life has two parts. First it builds, as plain C on its first stack: memory, devices,
 * channels, then one address space after the other, its own last; then it starts everybody in the
 * order of dependency. Second it runs coroutines like every other process: supervise.c stops what
 * faults, system_server.c answers the shell.
 *
 * All tables are static, with limits that are checked when the system file is read. What was made
 * for a process comes back when it has died; channels and what a device may reach stay.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/abi.h>
#include <sys/system.h>
#include "memory.h"

#define PAGE_BYTES  4096ull
#define PAGE_BITS   12
#define LARGE_BYTES (2ull << 20)
#define LARGE_BITS  21

#define PROCESSES_MAX 321  /* with root */
#define CHANNELS_MAX  1024 /* with one to each process */
#define DEVICES_MAX   64

/* Root's own wake slots: 0 is its timer's, then this one, then its channels'. */
#define FAULT_SLOT 1

/* Root's coroutines: better than nearly everybody, for what they do is short and rare. */
#define ROOT_PRIORITY 2

enum stage {
    STAGE_BUILDING,
    STAGE_FAILED, /* could not be built: never started */
    STAGE_STARTED,
    STAGE_DEAD, /* faulted, and its Process object is gone */
};

/* What root needs again when the process runs: numbers to show, capabilities to stop it. */
struct process {
    const char *name;
    const struct system_process_row *row; /* NULL: root itself */
    enum stage stage;
    uint32_t object; /* Process */
    uint32_t cnode;
    uint32_t cnode_bits;
    uint32_t cnode_next;                          /* first empty slot of its CNode */
    uint32_t slot_next;                           /* first wake slot that nobody has */
    uint32_t thread;                              /* Thread, of a thread process; else 0 */
    uint32_t timer;                               /* addresses in its own capability space */
    uint32_t debug_put;                           /* 0: none */
    uint32_t own_untyped, own_process, own_cnode; /* 0: may make no objects */
    uint32_t own_slot;                            /* a wake slot for what it makes */
    uint32_t co_count;                            /* a power of two */
    uint32_t ceiling;
    uint64_t stack_bytes;
    uint64_t heap_base;
    uint64_t heap_bytes;
    uint64_t channel_next;  /* first free address for channels */
    uint64_t device_next;   /* and for devices */
    uint64_t entry;         /* first instruction */
    struct holding holding; /* what was made for it; root: what it made for itself */
    uint64_t last_ticks;    /* what it had used when it died */
    uint64_t last_switches;
};

/* Index 0 is the client, 1 the server. */
struct channel {
    struct process *end[2];
    const char *name[2]; /* local names */
    const char *protocol;
    uint32_t depth;
    uint32_t flags;       /* enum system_channel_flag */
    uint32_t ceiling[2];  /* best priority of wakes of that end */
    uint32_t slot[2];     /* wake slot of that end */
    uint32_t bell[2];     /* root's capability that wakes that end */
    uint32_t endpoint[2]; /* that end's capability that wakes the other */
    uint64_t base[2];     /* addresses there */
    uint64_t region[2];
    uint64_t region_bytes;
    uint64_t region_paddr;
    struct holding holding; /* rings and region: neither end's */
    uint32_t memory;        /* Frame of the first page of the rings, not mapped */
    bool built;
    bool dead;
};

struct device {
    const struct system_device_row *row;
    struct process *owner;
    uint64_t base;
    uint64_t bytes;
    uint64_t dma;
    uint64_t dma_paddr;
    uint32_t irq;
    uint32_t slot;
    struct holding holding; /* DMA memory: the device may write to it when its driver is dead */
    bool built;             /* the machine has it, and the owner got it */
};

extern struct process processes[PROCESSES_MAX]; /* [0] is root */
extern uint32_t process_count;
extern struct channel channels[CHANNELS_MAX];
extern uint32_t channel_count;
extern struct device devices[DEVICES_MAX];
extern uint32_t device_count;

static inline struct process *root_process(void)
{
    return &processes[0];
}
/* The client, but root has its channels for the others' sake. */
static inline struct process *channel_payer(const struct channel *channel)
{
    return channel->end[channel->end[0] == root_process()];
}
static inline const struct boot_info *boot_info(void)
{
    return (const struct boot_info *)ROOT_BOOT_INFO_BASE;
}
static inline uint64_t whole_pages(uint64_t bytes)
{
    return (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

/* Say what of a process cannot be made, and why; the process will not be started. */
void process_problem(struct process *process, const char *item, long error);
/* The same where the reason is not one of the ABI's errors. */
void process_problem_text(struct process *process, const char *item, const char *why);
/* Say what is wrong with the whole system, and switch the machine off. */
__attribute__((noreturn, format(printf, 1, 2))) void fatal(const char *format, ...);
