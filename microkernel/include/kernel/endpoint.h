/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints: the right to wake one slot of one process, up to a priority ceiling.
 *
 * The same binding stands in Irq and Timer objects. A binding is made once; when its process is
 * destroyed it becomes unbound for ever (task == NULL), and a doorbell on it is E_PEER_DEAD.
 */
#pragma once
#include <kernel/object.h>
#include <kernel/task.h>

struct endpoint {
    struct object object;
    struct task *task; /* woken; NULL: not bound (any more) */
    uint64_t event;    /* a7 of a message that comes this way: EVENT_MESSAGE | slot << 8 */
    uint16_t slot;
    uint8_t ceiling;
    bool was_bound;
    struct endpoint *next; /* the process's list of bindings */
    struct endpoint **back;
};

/* Bind it to a slot of the process. */
void endpoint_bind(struct endpoint *endpoint, struct process *process, uint16_t slot,
                   uint8_t ceiling);
/* Set the slot's bit and make its task runnable at the priority, clamped. */
void endpoint_ring(struct endpoint *endpoint, uint8_t priority);
