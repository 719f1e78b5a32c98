/* SPDX-License-Identifier: BSD-2-Clause */
/* Synchronous IPC between threads: a call blocks until it is answered, a send until it is received.
 *
 * Who calls or sends waits in `callers` until a receiver comes; a receiver waits in `receivers`
 * until a caller comes; never both. The receiver's Reply object remembers the caller until the
 * answer:
 *
 *     free --receive--> server BLOCKED with it --a call--> caller BLOCKED on it --answer--> free
 *                              \--a send, error--> free
 *
 * A Reply belongs to the thread that received with it last (`server`), whose loan and whose end
 * concern the caller: when that thread is stopped or deleted the caller finds E_PEER_DEAD. But
 * anybody who holds the Reply may answer.
 */
#pragma once
#include <kernel/object.h>
#include <kernel/task.h>

struct slot;

struct rendezvous {
    struct object object;
    bool dying; /* its last capability is being deleted */
    struct task_list callers;
    struct task_list receivers;
};

struct reply {
    struct object object;
    struct task *caller; /* waits for the answer; NULL: none */
    struct task *server; /* in whose list it is; NULL: none */
    struct reply *next;
    struct reply **back;
};

/* Whether the reply's server is BLOCKED in a receive with it. */
static inline bool reply_receives(const struct reply *reply)
{
    return reply->server && reply->server->blocked_on == BLOCK_RECEIVE &&
           reply->server->held == reply;
}

/* Take a thread out of whatever it is blocked in. Nothing happens to one that is not. */
void rendezvous_detach(struct task *task);
/* End the blocking call of a thread with an error, which it finds when it goes on. */
void rendezvous_cancel(struct task *task, long error);
/* The thread ends: those whose calls it received find E_PEER_DEAD, a bounded number in each step.
 * Value: true when none is left. */
bool rendezvous_forsake_step(struct task *server);

/* ---- capability transfer (object/transfer.c) ---- */

/* Whether a process may send this capability; 0: none. */
CHECKED enum error transfer_check(struct process *from, uint64_t cptr);
/* Derive it into the slot that a thread has armed, which is armed no more. E_NO_SLOT: none, or it
 * cannot take it; errors of cap_copy. Then nothing has changed. */
CHECKED enum error transfer(struct process *from, uint64_t cptr, struct task *to);
