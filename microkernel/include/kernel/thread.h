/* SPDX-License-Identifier: BSD-2-Clause */
/* The Thread object: a register context that blocks in the kernel.
 *
 * Its effective priority (task.base_priority) is the best of its own and of those that are lent to
 * it, clamped to its process's ceiling. A caller lends its effective priority to the thread that
 * received its call, until the answer, whatever ends the wait:
 *
 *     caller --lent--> loans of reply->server --lent--> loans of whom that one calls ...
 *
 * so what a thread lends changes with its effective priority, through LENDING_DEPTH threads at one
 * change; from there on a loan stays what it was until its call ends.
 *
 * A call that is decided at a glance (ipc/call.c) gives no loan: both have the same effective
 * priority then, and the receiver has no other loans, so it would change nothing. It is given
 * later, before something makes it matter: lending_settle.
 *
 * All of this is guarded by the kernel lock.
 */
#pragma once
#include <kernel/deadline.h>
#include <kernel/object.h>
#include <kernel/task.h>

#define LENDING_DEPTH 8

struct thread {
    struct object object;
    struct task task;

    uint8_t own_priority;
    uint8_t lent;   /* to task.reply->server, BLOCKED on its answer; PRIORITY_NONE: nothing */
    uint64_t loans; /* bit p: somebody lends p to it; how many: task.upcall.loans[p] */

    struct reply *replies; /* those that it received with last, through reply.next */

    uint64_t timeout;         /* a tick: no operation blocks longer; DEADLINE_NEVER */
    struct deadline deadline; /* set to it while BLOCKED */

    struct task_list behind; /* BLOCKED in thread_wait, the first for its slot: the others for it */

    uint32_t sends;    /* BLOCKED: the capability that goes with its words; 0: none */
    uint32_t to_cnode; /* where a capability that comes goes: a CNode, by its address, */
    uint32_t to_index; /* and a slot of it; 0: none is armed */
};
_Static_assert(sizeof(struct thread) <= 1024, "1 KiB");

static inline struct thread *thread_of(struct task *task)
{
    return (struct thread *)((char *)task - offsetof(struct thread, task));
}

/* ---- blocking (object/wait.c) ---- */

/* The current thread is BLOCKED, until its deadline at most. The caller puts it in a list. */
void thread_block(struct task *task, enum task_block why);
/* A wake slot of a thread process is set, or instead of that: one thread that waits for it shall go
 * on (sched_ready), and it is set no more. Value: which, or NULL. */
struct task *thread_wake(struct process *process, uint16_t slot);
/* Take a thread out of those that wait for its slot. */
void thread_wait_end(struct task *task);

/* ---- lent priority (object/lending.c) ---- */

/* A caller is BLOCKED on its answer: it lends to the thread that has received its call. */
void lending_begin(struct task *caller);
/* The same is about to end. */
void lending_end(struct task *caller);
/* Before the thread's own priority changes, or it receives with another Reply. */
void lending_settle(struct task *server);
/* The thread's own priority has changed. */
void lending_follow(struct thread *thread);
