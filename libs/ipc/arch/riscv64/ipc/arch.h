/* SPDX-License-Identifier: BSD-2-Clause */
/* The four system calls of libs/ipc, and where a process keeps its channels.
 *
 * A system call that returns keeps s0-s11, sp, gp and tp, and gives every other register a value
 * or zero. One that does not return enters the executor at executor_line.pc, so nothing that the
 * compiler holds in registers is used again.
 */
#pragma once
#include <abi/abi.h>

struct ipc_process;
extern struct ipc_process ipc_this_process;

static inline struct ipc_process *ipc_process(void)
{
    return &ipc_this_process;
}

#define IPC_CLOBBERS "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "memory"

static inline long ipc_sys_yield(void)
{
    register uint64_t a0 __asm__("a0");
    register uint64_t a7 __asm__("a7") = SYS_YIELD;

    __asm__ volatile("ecall"
                     : "=r"(a0), "+r"(a7)
                     :
                     : "a1", "a2", "a3", "a4", "a5", "a6", IPC_CLOBBERS);
    return (long)a0;
}

static inline long ipc_sys_bell(uint64_t number, uint32_t endpoint, unsigned priority)
{
    register uint64_t a0 __asm__("a0") = priority;
    register uint64_t a7 __asm__("a7") = number | (uint64_t)endpoint << 8;

    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a7)
                     :
                     : "a1", "a2", "a3", "a4", "a5", "a6", IPC_CLOBBERS);
    return (long)a0;
}

static inline long ipc_sys_doorbell(uint32_t endpoint, unsigned priority)
{
    return ipc_sys_bell(SYS_DOORBELL, endpoint, priority);
}

static inline long ipc_sys_doorbell_yield(uint32_t endpoint, unsigned priority)
{
    return ipc_sys_bell(SYS_DOORBELL_YIELD, endpoint, priority);
}

/* deliver: SYS_DELIVER | endpoint << 8. */
static inline long ipc_sys_deliver(uint64_t deliver, uint64_t w0, uint64_t w1, uint64_t w2,
                                   uint64_t w3, uint64_t w4, uint64_t w5, uint64_t header)
{
    register uint64_t a0 __asm__("a0") = w0;
    register uint64_t a1 __asm__("a1") = w1;
    register uint64_t a2 __asm__("a2") = w2;
    register uint64_t a3 __asm__("a3") = w3;
    register uint64_t a4 __asm__("a4") = w4;
    register uint64_t a5 __asm__("a5") = w5;
    register uint64_t a6 __asm__("a6") = header;
    register uint64_t a7 __asm__("a7") = deliver;

    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6),
                       "+r"(a7)
                     :
                     : IPC_CLOBBERS);
    return (long)a0;
}
