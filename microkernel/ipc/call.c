/* SPDX-License-Identifier: BSD-2-Clause */
/* Synchronous IPC, the common case: the partner waits already, and nobody better waits for the CPU.
 *
 * entry.S has stored the caller's registers that a call preserves, and its arguments, in its
 * context. If a condition does not hold nothing has changed, and object/rendezvous.c does the call.
 */
#include <kernel/arch.h>
#include <kernel/process.h>
#include <kernel/rendezvous.h>
#include <kernel/sched.h>

/* In a0 and a1 for entry.S. */
struct call_result {
    struct task *sender; /* its context holds the words; NULL: take the long way */
    uint64_t badge;      /* for a7 of who goes on, which is hart->current */
};

struct call_result light_call(uint64_t reply, uint64_t invoked);
struct call_result light_reply_receive(uint64_t reply, uint64_t invoked);

static const struct call_result long_way = {NULL, 0};

/* The slot of an object of the type with the right, or NULL. */
static inline struct slot *find(const struct process *process, uint64_t cptr,
                                enum object_type type, unsigned right)
{
    struct slot *slot;

    if (cptr >= process->cspace.count)
        return NULL;
    slot = &process->cspace.slots[cptr];
    return cap_permits(slot, type, right) ? slot : NULL;
}

/* Whether this thread may go on at once in place of the current one. */
static inline bool may_run(const struct hart *hart, const struct task *task)
{
    return task->base_priority == hart->switching.priority &&
           !((*hart->runnable | hart->kernel_line.bitmap) & ((1ull << task->base_priority) - 1));
}

static inline void go_on(struct hart *hart, struct task *from, enum task_block why,
                         struct reply *reply, struct task *to)
{
    from->hot = (struct task_hot){TASK_BLOCKED, ENTER_RESUME, from->base_priority, PRIORITY_NONE};
    from->blocked_on = (uint8_t)why;
    from->reply = reply;
    to->hot = (struct task_hot){TASK_RUNNING, ENTER_RESUME, to->base_priority, PRIORITY_NONE};
    to->blocked_on = BLOCK_NONE;
    to->rendezvous = NULL;
    to->reply = NULL;
    sched_account(hart, from->process, to->process);
    hart->current = to;
    sched_load_space(hart, to->process);
}

struct call_result light_call(uint64_t unused, uint64_t invoked)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current, *receiver;
    struct slot *cap = find(self->process, (uint32_t)(invoked >> 8), OBJECT_RENDEZVOUS, RIGHT_WRITE);
    struct rendezvous *rendezvous;
    struct reply *reply;

    (void)unused;
    if (!self->is_thread || !cap)
        return long_way;
    rendezvous = cap_object(cap);
    receiver = rendezvous->receivers.first;
    if (!receiver || !may_run(hart, receiver))
        return long_way;
    rendezvous->receivers.first = receiver->next;
    if (receiver->next)
        receiver->next->prev = NULL;
    else
        rendezvous->receivers.last = NULL;
    receiver->next = NULL;
    reply = receiver->reply;
    reply->caller = self;
    reply->receiver = NULL;
    self->rendezvous = NULL;
    go_on(hart, self, BLOCK_REPLY, reply, receiver);
    return (struct call_result){self, cap_badge(cap)};
}

struct call_result light_reply_receive(uint64_t reply_cptr, uint64_t invoked)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current, *caller;
    struct slot *cap = find(self->process, (uint32_t)(invoked >> 8), OBJECT_RENDEZVOUS, RIGHT_READ);
    struct slot *reply_cap = find(self->process, reply_cptr, OBJECT_REPLY, 0);
    struct rendezvous *rendezvous;
    struct reply *reply;

    if (!self->is_thread || !cap || !reply_cap)
        return long_way;
    rendezvous = cap_object(cap);
    reply = cap_object(reply_cap);
    caller = reply->caller;
    if (!caller || reply->receiver || rendezvous->callers.first || rendezvous->receivers.first ||
        !may_run(hart, caller))
        return long_way;
    reply->caller = NULL;
    reply->receiver = self;
    rendezvous->receivers.first = self;
    rendezvous->receivers.last = self;
    self->rendezvous = rendezvous;
    go_on(hart, self, BLOCK_RECEIVE, reply, caller);
    return (struct call_result){self, 0};
}
