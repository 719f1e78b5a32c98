/* SPDX-License-Identifier: BSD-2-Clause */
/* Asynchronous system calls: the same call as a synchronous one, awaited by a coroutine.
 *
 *     struct frame { struct co co; struct async_call call; };
 *     ...
 *     f->call = (struct async_call){.invoked = SYS_INVOKED_(SYS_CNODE_REVOKE, cnode),
 *                                   .argument = {index}};
 *     co_await(error, syscall_async(co, &f->call));
 *
 * The kernel executes submitted calls one after the other, at the priority of the coroutine that
 * submitted last; the others of this process run meanwhile. Every call that invokes a capability
 * can be submitted, but for those that block or give up the CPU (E_BAD_SYSCALL).
 */
#pragma once
#include <executor/executor.h>

struct async;

struct async_call {
    uint64_t invoked;     /* a7: number and capability address */
    uint64_t argument[6]; /* a0..a5 */
    uint64_t result[5];   /* a1..a5 */
    /* The library's, while the call is under way. */
    struct co *co;
    struct async *async;
    struct async_call *next;
};

/* The rings of a process, and how its kernel is told. One row for each call under way. */
struct async {
    struct call_rings *rings;
    long (*submit)(uint32_t slot, unsigned priority);
    uint32_t slot; /* is woken: async_drain runs then */
    struct {
        struct async_call *call; /* NULL: cancelled */
        bool busy;
    } rows[SUBMISSIONS];
    struct async_call *first, **last; /* wait for a free row */
};

void async_init(struct async *async, struct call_rings *rings,
                long (*submit)(uint32_t slot, unsigned priority), uint32_t slot);

/* Submit a call, which must stay where it is, and await its end. Value: its result; E_CANCELLED:
 * the kernel may execute it nevertheless, but nobody hears how it ends; E_AGAIN: the kernel has too
 * much under way. Waits for a free place while SUBMISSIONS calls are under way. */
enum co_state async_call(struct co *co, struct async *async, struct async_call *call);

/* The slot was woken: resume whose calls have ended. */
void async_drain(struct async *async);

/* The same for this process, after process_run has begun. */
enum co_state syscall_async(struct co *co, struct async_call *call);
