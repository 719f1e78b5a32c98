/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's system calls are functions that a test puts here, and a test may keep several
 * processes and say which one runs. Each thread has its own. */
#pragma once
#include <abi/abi.h>
#include <executor/executor.h>

struct ipc_process;

struct ipc_host {
    struct ipc_process *process; /* the one that runs now */
    long (*yield)(void);
    long (*doorbell)(uint32_t endpoint, unsigned priority);
    long (*doorbell_yield)(uint32_t endpoint, unsigned priority);
    long (*deliver)(uint32_t endpoint, const uint64_t *word, uint64_t header);
};
extern _Thread_local struct ipc_host ipc_host;

static inline struct ipc_process *ipc_process(void)
{
    return ipc_host.process;
}
static inline long ipc_sys_yield(void)
{
    return ipc_host.yield();
}
static inline long ipc_sys_doorbell(uint32_t endpoint, unsigned priority)
{
    return ipc_host.doorbell(endpoint, priority);
}
static inline long ipc_sys_doorbell_yield(uint32_t endpoint, unsigned priority)
{
    return ipc_host.doorbell_yield(endpoint, priority);
}
static inline long ipc_sys_deliver(uint64_t deliver, uint64_t w0, uint64_t w1, uint64_t w2,
                                   uint64_t w3, uint64_t w4, uint64_t w5, uint64_t header)
{
    const uint64_t words[6] = {w0, w1, w2, w3, w4, w5};

    return ipc_host.deliver((uint32_t)(deliver >> 8), words, header);
}

/* There is no quick way (riscv64). */
struct ipc_end;
#define ipc_quick_call  NULL
#define ipc_quick_serve NULL
static inline void ipc_quick_end(void)
{
}
static inline bool ipc_quick_begin(const struct co *co, struct ipc_end *end, void *what,
                                   uint32_t slot, uint64_t deliver, void (*cancel)(struct co *),
                                   void (*entry)(void))
{
    return co == NULL && end == NULL && what == NULL && slot + deliver == 0 && !cancel && !entry;
}
