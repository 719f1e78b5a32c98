/* SPDX-License-Identifier: BSD-2-Clause */
/* The four system calls of libs/ipc, where a process keeps its channels, and the quick way.
 *
 * A system call that returns keeps s0-s11, sp, gp and tp, and gives every other register a value
 * or zero. One that does not return enters the executor at executor_line.pc, so nothing that the
 * compiler holds in registers is used again.
 */
#pragma once
#include <abi/abi.h>
#include <executor/executor.h>

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

/* ---------------------------------------------------------------- the quick way
 *
 * A coroutine that calls in registers one time after the other, or answers so, finds most of what
 * it would have to look at unchanged since the last time. So the quick way is prepared for one
 * request or one job (`what`), and quick.S looks only at what may have changed: while `what` is not
 * NULL
 *  - its end lives; no doorbell is put off in this process; it has one virtual CPU; the kernel has
 *    taken the last message;
 *  - of a request: it is kept (ipc_request_take), in flight only if the process has given up the
 *    CPU by it and not been entered since, and its words are those of the end (`own`);
 *  - of a job: its words are in its message; the end is `quiet`, and nobody else receives there;
 *  - line->pc is ipc_quick_call or ipc_quick_serve;
 *  - who has given up the CPU by it has left the executor as it was: `current` is its coroutine,
 *    whose priority is hot, and still published as that which runs.
 *
 * Whoever is about to break one of these calls ipc_quick_end first. The kernel's entering with
 * anything but the awaited message ends it by itself. */
struct ipc_end;
struct ipc_quick {
    void *what;                  /* a struct ipc_request or ipc_job; NULL: not prepared */
    uint64_t event;              /* a7 of what is awaited; 0: nothing is */
    struct ipc_end *end;         /* of `what` */
    uint64_t deliver;            /* end->deliver */
    void (*cancel)(struct co *); /* of who waits */
    uint64_t entry;              /* line->pc where the quick way is not prepared */
};
extern _Thread_local struct ipc_quick ipc_quick;
void ipc_quick_call(void);
void ipc_quick_serve(void);

/* It may be prepared anew when all is as above. line->pc may stay: it enters here no more. */
static inline void ipc_quick_end(void)
{
    ipc_quick.what = NULL;
    ipc_quick.event = 0;
}

/* Prepare it for the coroutine that runs, where executor_is_alone, so that ipc_send or ipc_answer
 * passes. False: the executor is not as that must find it. */
static inline bool ipc_quick_begin(const struct co *co, struct ipc_end *end, void *what,
                                   uint32_t slot, uint64_t deliver, void (*cancel)(struct co *),
                                   void (*entry)(void))
{
    struct executor_line *line = executor_line();
    const struct executor *executor = executor_self();

    if (executor->next != EXECUTOR_OPEN(co->priority) || executor->group != NULL) {
        ipc_quick_end();
        return false;
    }
    ipc_quick.what = what;
    ipc_quick.event = EVENT_MESSAGE | (uint64_t)slot << 8;
    ipc_quick.end = end;
    ipc_quick.deliver = deliver;
    ipc_quick.cancel = cancel;
    line->pc = (uintptr_t)entry;
    return true;
}
