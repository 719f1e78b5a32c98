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
#include <kernel/arch.h>
#include <kernel/process.h>
#include <kernel/rendezvous.h>
#include <kernel/sched.h>

/* The slot of an object of the type with the right, or NULL. */
static inline struct slot *find(const struct process *process, uint64_t cptr, enum object_type type,
                                unsigned right)
{
    struct slot *slot = &process->cspace.slots[cptr];

    return cptr < process->cspace.count && cap_permits(slot, type, right) ? slot : NULL;
}

/* Whether this task is a thread that may go on at once: at home here and as good as the
 * current one. (The current task itself is one if it is a thread.) */
static inline bool may_run(const struct hart *hart, const struct task *task)
{
    return task->place == hart->place;
}

static inline void go_on(struct hart *hart, struct task *from, enum task_block why, struct task *to)
{
    struct process *space = to->process;

    from->hot_word = TASK_HOT(TASK_BLOCKED, ENTER_RESUME, 0, PRIORITY_NONE);
    from->blocked_on = (uint8_t)why;
    to->hot_word = TASK_HOT(TASK_RUNNING, ENTER_RESUME, to->base_priority, PRIORITY_NONE);
    to->blocked_on = BLOCK_NONE;
    sched_account(hart, from, to);
    hart->sender = from;
    hart->current = to;
    hart->space = space;
    arch_switch_space(space->translation, space->shares_asid);
}

void light_call(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4, uint64_t w5,
                uint64_t unused, uint64_t invoked)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current, *receiver;
    const struct process *process = self->process;
    struct rendezvous *rendezvous;
    struct slot *cap;

    hart->sender = NULL;
    if (!may_run(hart, self) ||
        !(cap = find(process, invoked >> 8, OBJECT_RENDEZVOUS, RIGHT_WRITE)))
        return;
    rendezvous = cap_object(cap);
    receiver = rendezvous->receivers.first;
    if (!receiver || !may_run(hart, receiver) || sched_better_than_place(hart, 0))
        return;
    rendezvous->receivers.first = receiver->next;
    receiver->next = NULL;
    self->reply = receiver->held;
    self->reply->caller = self;
    hart->event = cap_data(cap);
    go_on(hart, self, BLOCK_REPLY, receiver);
}

void light_reply_receive(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                         uint64_t w5, uint64_t reply_cptr, uint64_t invoked)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current, *caller;
    struct slot *cap = find(self->process, invoked >> 8, OBJECT_RENDEZVOUS, RIGHT_READ);
    struct slot *reply_cap = find(self->process, reply_cptr, OBJECT_REPLY, 0);
    struct rendezvous *rendezvous;
    struct reply *reply;

    hart->sender = NULL;
    if (!may_run(hart, self) || !cap || !reply_cap)
        return;
    rendezvous = cap_object(cap);
    reply = cap_object(reply_cap);
    caller = reply->caller;
    /* With another Reply than before it becomes this thread's, carefully. */
    if (!caller || self->held != reply || rendezvous->callers.first ||
        rendezvous->receivers.first || !may_run(hart, caller) || sched_better_than_place(hart, 0))
        return;
    reply->caller = NULL;
    rendezvous->receivers.first = rendezvous->receivers.last = self;
    self->rendezvous = rendezvous;
    hart->event = 0;
    go_on(hart, self, BLOCK_RECEIVE, caller);
}
