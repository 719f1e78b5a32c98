/* SPDX-License-Identifier: BSD-2-Clause */
/* Synchronous IPC between threads: a call blocks until it is answered.
 *
 * A caller waits in `callers` until a receiver comes; a receiver waits in `receivers` until a
 * caller comes; never both. The receiver's Reply object remembers the caller until the answer.
 */
#pragma once
#include <kernel/object.h>
#include <kernel/task.h>

struct rendezvous {
    struct object object;
    struct task_list callers;
    struct task_list receivers;
};

struct reply {
    struct object object;
    struct task *caller;   /* waits for the answer; NULL: none */
    struct task *receiver; /* blocked in receive with this object; NULL: none */
};

/* Take a thread out of whatever rendezvous or reply it is blocked in. */
void rendezvous_detach(struct task *task);
/* End the blocking call of a thread with an error, which it finds when it goes on. */
void rendezvous_cancel(struct task *task, long error);
