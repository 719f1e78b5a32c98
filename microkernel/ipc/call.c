/* SPDX-License-Identifier: BSD-2-Clause */
/* Synchronous IPC at a glance: the partner waits already, and nobody better waits for the CPU.
 *
 * As in deliver.h: entry.S has saved nothing, a0..a5 hold the words, a7 what is
 * invoked, and they are reserved in this file.
 * hart->sender is the thread that is blocked now, whose registers entry.S then saves, and
 * hart->event what a7 is for who goes on, which is hart->current. Or sender is NULL and nothing has
 * changed: then object/rendezvous.c does the call. entry.S holds the kernel lock around them; if
 * another hart has it they are not called, because the caller's registers are not saved while it
 * waits.
 */
#include "threads.h"

void light_call(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4, uint64_t w5,
                uint64_t unused, uint64_t invoked)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current, *receiver;
    const struct process *process = self->process;
    struct rendezvous *rendezvous;
    struct slot *cap;

    hart->sender = NULL;
    if (self->place != hart->place ||
        !(cap = find_slot(process, invoked >> 8, OBJECT_RENDEZVOUS, RIGHT_WRITE)))
        return;
    rendezvous = cap_object(cap);
    receiver = rendezvous->receivers.first;
    if (!receiver || receiver->place != hart->place || sched_better_than_place(hart, 0))
        return;
    rendezvous->receivers.first = receiver->next;
    receiver->next = NULL;
    self->reply = receiver->held;
    self->reply->caller = self;
    hart->event = cap_data(cap);
    block_for(hart, self, BLOCK_REPLY, receiver);
}

void light_reply_receive(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                         uint64_t w5, uint64_t reply_cptr, uint64_t invoked)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current, *caller;
    struct slot *cap = find_slot(self->process, invoked >> 8, OBJECT_RENDEZVOUS, RIGHT_READ);
    struct slot *reply_cap = find_slot(self->process, reply_cptr, OBJECT_REPLY, 0);
    struct rendezvous *rendezvous;
    struct reply *reply;

    hart->sender = NULL;
    if (self->place != hart->place || !cap || !reply_cap)
        return;
    rendezvous = cap_object(cap);
    reply = cap_object(reply_cap);
    caller = reply->caller;
    /* With another Reply than before it becomes this thread's, carefully. */
    if (!caller || self->held != reply || rendezvous->callers.first ||
        rendezvous->receivers.first || caller->place != hart->place ||
        sched_better_than_place(hart, 0))
        return;
    reply->caller = NULL;
    rendezvous->receivers.first = rendezvous->receivers.last = self;
    self->rendezvous = rendezvous;
    hart->event = 0;
    block_for(hart, self, BLOCK_RECEIVE, caller);
}
