/* SPDX-License-Identifier: BSD-2-Clause */
/* Synchronous IPC: call, receive, reply_receive.
 *
 * Six words travel in a0..a5. A thread that goes on finds E_OK or an error in a6, and after a
 * receive the caller's badge in a7.
 */
#include <kernel/process.h>
#include <kernel/rendezvous.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>

#define WORDS 6

void rendezvous_init(void *object)
{
    (void)object;
}

void reply_init(void *object)
{
    (void)object;
}

/* Give a blocked thread its registers; it is in no list any more. */
static void complete(struct task *task, const uint64_t *words, long error, uint64_t badge)
{
    for (unsigned i = 0; i < WORDS; i++)
        task->context.x[REG_A0 + i] = words ? words[i] : 0;
    task->context.x[16] = (uint64_t)error;
    task->context.x[17] = badge;
    task->context.x[REG_RA] = 0;
    for (unsigned i = 5; i < 8; i++)
        task->context.x[i] = 0;
    for (unsigned i = 28; i < 32; i++)
        task->context.x[i] = 0;
    task->blocked_on = BLOCK_NONE;
    task->rendezvous = NULL;
    task->reply = NULL;
}

static void block(struct task *task, enum task_block why)
{
    task->hot.state = TASK_BLOCKED;
    task->blocked_on = (uint8_t)why;
}

/* The current task is blocked: go on with this one at once if nobody better waits. */
static void hand_over(struct task *task)
{
    if (sched_better_waits(hart_self(), task->base_priority)) {
        sched_ready(task, task->base_priority);
        return;
    }
    task->hot.priority = task->base_priority;
    sched_switch_to(task);
}

/* A call reaches a receiver: its reply object remembers the caller. */
static void connect(struct task *caller, struct task *receiver, struct reply *reply,
                    const uint64_t *words)
{
    reply->caller = caller;
    reply->receiver = NULL;
    complete(receiver, words, E_OK, caller->badge);
    caller->rendezvous = NULL;
    caller->reply = reply;
    caller->hot.state = TASK_BLOCKED;
    caller->blocked_on = BLOCK_REPLY;
}

long sys_call(struct process *process, struct slot *cap, uint64_t *args)
{
    struct task *task = hart_self()->current, *receiver;
    struct rendezvous *rendezvous = cap_object(cap);

    (void)process;
    task->badge = cap_badge(cap);
    receiver = task_list_pop(&rendezvous->receivers);
    if (receiver) {
        connect(task, receiver, receiver->reply, args);
        hand_over(receiver);
        return E_OK;
    }
    block(task, BLOCK_CALL);
    task->rendezvous = rendezvous;
    task_list_push(&rendezvous->callers, task);
    return E_OK;
}

/* Take the next call, or block for it. */
static void receive(struct task *task, struct rendezvous *rendezvous, struct reply *reply)
{
    struct task *caller = task_list_pop(&rendezvous->callers);

    if (caller) {
        connect(caller, task, reply, &caller->context.x[REG_A0]);
        return;
    }
    block(task, BLOCK_RECEIVE);
    task->rendezvous = rendezvous;
    task->reply = reply;
    reply->receiver = task;
    task_list_push(&rendezvous->receivers, task);
}

/* The reply object that an argument names, free to be used. */
static enum error find_reply(struct process *process, const uint64_t *args, unsigned n,
                             bool answering, struct reply **reply)
{
    struct slot *slot;
    enum error error = cap_argument(process, args, n, OBJECT_REPLY, 0, &slot);

    if (error)
        return error;
    *reply = cap_object(slot);
    return blame(n + 1, (*reply)->receiver || (!answering && (*reply)->caller) ? E_IN_USE : E_OK);
}

long sys_receive(struct process *process, struct slot *cap, uint64_t *args)
{
    struct reply *reply;
    enum error error = find_reply(process, args, 0, false, &reply);

    if (error)
        return error;
    receive(hart_self()->current, cap_object(cap), reply);
    return E_OK;
}

long sys_reply_receive(struct process *process, struct slot *cap, uint64_t *args)
{
    struct task *self = hart_self()->current, *caller;
    struct reply *reply;
    enum error error = find_reply(process, args, 6, true, &reply);

    if (error)
        return error;
    caller = reply->caller;
    reply->caller = NULL;
    if (caller)
        complete(caller, args, E_OK, 0);
    receive(self, cap_object(cap), reply);
    if (!caller)
        return E_OK;
    if (self->hot.state == TASK_RUNNING)
        sched_ready(caller, caller->base_priority);
    else
        hand_over(caller);
    return E_OK;
}

void rendezvous_detach(struct task *task)
{
    if (task->hot.state != TASK_BLOCKED || task->blocked_on == BLOCK_BUDGET)
        return;
    if (task->blocked_on == BLOCK_CALL)
        task_list_remove(&task->rendezvous->callers, task);
    if (task->blocked_on == BLOCK_RECEIVE) {
        task_list_remove(&task->rendezvous->receivers, task);
        task->reply->receiver = NULL;
    }
    if (task->blocked_on == BLOCK_REPLY)
        task->reply->caller = NULL;
    task->blocked_on = BLOCK_NONE;
    task->rendezvous = NULL;
    task->reply = NULL;
}

void rendezvous_cancel(struct task *task, long error)
{
    bool waits = task->blocked_on == BLOCK_WAIT;

    rendezvous_detach(task);
    if (waits)
        task->context.x[REG_A0] = (uint64_t)error;
    else
        complete(task, NULL, error, 0);
}

/* The same, and let it go on. */
static void fail(struct task *task, long error)
{
    rendezvous_cancel(task, error);
    sched_ready(task, task->base_priority);
}

void rendezvous_destroy(void *object)
{
    struct rendezvous *rendezvous = object;

    while (rendezvous->callers.first)
        fail(rendezvous->callers.first, E_PEER_DEAD);
    while (rendezvous->receivers.first)
        fail(rendezvous->receivers.first, E_PEER_DEAD);
}

void reply_destroy(void *object)
{
    struct reply *reply = object;

    if (reply->caller)
        fail(reply->caller, E_PEER_DEAD);
    if (reply->receiver)
        fail(reply->receiver, E_PEER_DEAD);
}
