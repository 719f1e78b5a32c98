/* SPDX-License-Identifier: BSD-2-Clause */
/* How harts work together.
 *
 * Each task has a home hart. Only that hart runs it, changes its state and knows its place in a
 * ready queue; so a doorbell, a wake and a yield at home need no lock and no fence. What another
 * hart wants of a task it sends:
 *
 *     waker:  task->remote |= 1 << priority        atomic; who makes it non-zero goes on:
 *             push the task on its home's inbox    atomic; who makes it non-empty goes on:
 *             interrupt that hart
 *     home:   clear the interrupt, fence, take the whole inbox;
 *             of each task: read its link, take `remote`, do what it asks
 *
 * A task stands in one inbox at most, because only who finds `remote` zero pushes it; a wake that
 * comes after `remote` was taken finds it zero and pushes again. So none is lost
 * (tests/model/ipi.pml). A task that has been given to another hart meanwhile is sent on.
 *
 * All that belongs to no hart (capabilities, objects, queues of rendezvous, timers, interrupts) is
 * guarded by one lock, the kernel lock. The light system calls do not take it: what they read is
 * one word (slot.word with its tag, endpoint.task), and the memory that it names is not used for
 * anything else before every hart has left the kernel (hart_quiesce).
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HARTS_MAX 8

struct task;

extern uint64_t harts_online; /* bit n: hart n takes part; grows at boot only */
extern uint64_t harts_idle;   /* bit n: hart n waits for an interrupt, or is about to */

/* ---- the kernel lock ---- */

extern uint32_t kernel_lock_word;

static inline bool kernel_try_lock(void)
{
    return __atomic_exchange_n(&kernel_lock_word, 1, __ATOMIC_ACQUIRE) == 0;
}
/* Take the lock. While it waits the hart serves the calls of others (hart_call), which may stop
 * the task that it works for: look at hart->current afterwards. */
void kernel_await_lock(void);
static inline void kernel_lock(void)
{
    if (__builtin_expect(!kernel_try_lock(), 0))
        kernel_await_lock();
}
static inline void kernel_unlock(void)
{
    __atomic_store_n(&kernel_lock_word, 0, __ATOMIC_RELEASE);
}

/* ---- work for other harts ---- */

/* Something has happened to a task of another hart: wake it there at the best of the priorities,
 * or, if it is MOVING, put it into a ready queue there. From any hart, without the lock. */
void hart_send(struct task *task, uint64_t bits);
/* Serve what other harts have sent to this one. Without the lock, registers of the current task
 * saved. */
void hart_interrupt(void);
/* Have every hart of the mask (but this one, and those that are not online) run the function, and
 * wait until all have. With the lock held. The function must not lock. */
void hart_call(uint64_t mask, void (*function)(uint64_t argument), uint64_t argument);
/* The same, and before that this one, if it is in the mask. */
void hart_run(uint64_t mask, void (*function)(uint64_t argument), uint64_t argument);
/* Wait until no hart is in a light system call that began before. With the lock held. Value: true
 * if no inbox holds a task that was pushed before, and memory of dead objects may be used again;
 * false: there are so many that it takes another time. */
bool hart_quiesce(void);
