/* SPDX-License-Identifier: BSD-2-Clause */
/* Synchronous IPC: call, send, receive, reply, reply_receive.
 *
 * Ten words travel in a0..a5 and t3..t6. A thread that goes on finds E_OK, flags or an error in a6,
 * and after a receive the caller's badge in a7.
 */
#include <kernel/list.h>
#include <kernel/process.h>
#include <kernel/rendezvous.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>

#define REFUSE_MOST 4 /* senders whose capability cannot be transferred, in one receive */
#define STEP_MOST   2 /* threads that go on with an error in one step of a deletion */

/* ---- the registers of who goes on ---- */

/* from: whose message it gets; NULL: none, all words are zero. */
static void fill(struct task *task, const struct task *from, long status, uint64_t badge)
{
    uint64_t *x = task->context.x;

    for (unsigned i = REG_A0; i < 32; i = i == 15 ? REG_T3 : i + 1)
        x[i] = from ? from->context.x[i] : 0;
    x[16] = (uint64_t)status;
    x[17] = badge;
    x[REG_RA] = x[5] = x[6] = x[7] = 0;
}

void rendezvous_detach(struct task *task)
{
    if (task->hot.state != TASK_BLOCKED || !task->is_thread)
        return;
    switch (task->blocked_on) {
    case BLOCK_CALL:
    case BLOCK_SEND:
        task_list_remove(&task->rendezvous->callers, task);
        break;
    case BLOCK_RECEIVE:
        task_list_remove(&task->rendezvous->receivers, task);
        break;
    case BLOCK_REPLY:
        lending_end(task);
        task->reply->caller = NULL;
        break;
    case BLOCK_WAIT:
        thread_wait_end(task);
        break;
    default:
        return; /* what ends that is elsewhere */
    }
    task->blocked_on = BLOCK_NONE;
    deadline_set(&thread_of(task)->deadline, DEADLINE_NEVER);
}

/* Take a thread out of what it is blocked in, and give it its registers. */
static void complete(struct task *task, const struct task *from, long status, uint64_t badge)
{
    rendezvous_detach(task);
    fill(task, from, status, badge);
}

void rendezvous_cancel(struct task *task, long error)
{
    unsigned why = task->blocked_on;

    rendezvous_detach(task);
    if (why == BLOCK_WAIT)
        task->context.x[REG_A0] = (uint64_t)error;
    else if (why >= BLOCK_CALL && why <= BLOCK_RECEIVE)
        fill(task, NULL, error, 0);
}

/* The same, and let it go on. */
static void fail(struct task *task, long error)
{
    rendezvous_cancel(task, error);
    sched_ready(task, task->base_priority);
}

/* ---- Reply objects and their threads ---- */

static void disown(struct reply *reply)
{
    struct task *server = reply->server;

    if (!server)
        return;
    if (server->held == reply)
        server->held = NULL;
    LIST_REMOVE(reply, next, back);
    reply->server = NULL;
}

/* The thread is about to receive with it, which is free. */
static void own(struct reply *reply, struct task *server)
{
    struct thread *thread = thread_of(server);

    if (server->held == reply)
        return;
    lending_settle(server);
    if (reply->server != server) {
        disown(reply);
        reply->server = server;
        LIST_PUSH(&thread->replies, reply, next, back);
    }
    server->held = reply;
}

/* The reply object that an argument names, free to be used. */
static enum error find_reply(struct process *process, const uint64_t *args, unsigned n,
                             bool answering, struct reply **reply)
{
    struct slot *slot;

    TRY(cap_argument(process, args, n, 1u << OBJECT_REPLY, 0, &slot));
    *reply = cap_object(slot);
    return blame(n + 1,
                 reply_receives(*reply) || (!answering && (*reply)->caller) ? E_IN_USE : E_OK);
}

/* ---- a caller and a receiver meet ---- */

/* The words of a caller or sender reach a receiver, with the capability if there is one: then, and
 * only then, it may fail, and nothing has changed. Neither is in a list afterwards; a caller is
 * BLOCKED for its answer. */
static enum error meet(struct task *from, enum task_block how, uint64_t capability,
                       struct task *receiver, struct reply *reply)
{
    TRY(transfer(from->process, capability, receiver));
    complete(receiver, from,
             (capability ? IPC_CAPABILITY : 0) | (how == BLOCK_SEND ? IPC_ONE_WAY : 0),
             from->badge);
    rendezvous_detach(from);
    if (how == BLOCK_SEND) {
        fill(from, NULL, E_OK, 0);
        return E_OK;
    }
    thread_block(from, BLOCK_REPLY);
    reply->caller = from;
    from->reply = reply;
    lending_begin(from);
    return E_OK;
}

/* The current task calls or sends: to a receiver that waits, or it waits for one. */
static long begin(struct slot *cap, enum task_block how, uint64_t capability)
{
    struct task *task = hart_self()->current, *receiver;
    struct rendezvous *rendezvous = cap_object(cap);

    TRY(transfer_check(task->process, capability));
    if (rendezvous->dying)
        return E_PEER_DEAD;
    task->badge = cap_data(cap);
    receiver = rendezvous->receivers.first;
    if (!receiver) {
        thread_block(task, how);
        thread_of(task)->sends = (uint32_t)capability;
        task->rendezvous = rendezvous;
        task_list_push(&rendezvous->callers, task);
        return E_OK;
    }
    TRY(meet(task, how, capability, receiver, receiver->held));
    sched_ready(receiver, receiver->base_priority);
    return E_OK;
}

long sys_call(struct process *process, struct slot *cap, uint64_t *args)
{
    return begin(cap, BLOCK_CALL, 0);
}

long sys_call_cap(struct process *process, struct slot *cap, uint64_t *args)
{
    return begin(cap, BLOCK_CALL, args[6]);
}

long sys_send(struct process *process, struct slot *cap, uint64_t *args)
{
    return begin(cap, BLOCK_SEND, args[6]);
}

/* Take the next call, or block for it. */
static enum error receive(struct task *task, struct rendezvous *rendezvous, struct reply *reply)
{
    own(reply, task);
    for (unsigned i = 0; i < REFUSE_MOST && rendezvous->callers.first; i++) {
        struct task *from = rendezvous->callers.first;
        enum task_block how = (enum task_block)from->blocked_on;
        enum error error = meet(from, how, thread_of(from)->sends, task, reply);

        if (error != E_OK) {
            fail(from, error);
            continue;
        }
        if (how == BLOCK_SEND)
            sched_ready(from, from->base_priority);
        return E_OK;
    }
    if (rendezvous->callers.first)
        return E_AGAIN;
    thread_block(task, BLOCK_RECEIVE);
    task->rendezvous = rendezvous;
    task_list_push(&rendezvous->receivers, task);
    return E_OK;
}

long sys_receive(struct process *process, struct slot *cap, uint64_t *args)
{
    struct rendezvous *rendezvous = cap_object(cap);
    struct reply *reply;

    TRY(find_reply(process, args, 0, false, &reply));
    return rendezvous->dying ? E_PEER_DEAD : receive(hart_self()->current, rendezvous, reply);
}

long sys_reply(struct process *process, struct slot *cap, uint64_t *args)
{
    struct reply *reply = cap_object(cap);
    struct task *caller = reply->caller;

    TRY(caller ? transfer(process, args[6], caller) : E_STATE);
    complete(caller, hart_self()->current, args[6] ? IPC_CAPABILITY : E_OK, 0);
    sched_ready(caller, caller->base_priority);
    return E_OK;
}

long sys_reply_receive(struct process *process, struct slot *cap, uint64_t *args)
{
    struct rendezvous *rendezvous = cap_object(cap);
    struct task *caller;
    struct reply *reply;
    enum error error;

    TRY(find_reply(process, args, 6, true, &reply));
    if (rendezvous->dying)
        return E_PEER_DEAD;
    caller = reply->caller;
    if (caller)
        complete(caller, hart_self()->current, E_OK, 0);
    error = receive(hart_self()->current, rendezvous, reply);
    if (caller)
        sched_ready(caller, caller->base_priority);
    return error;
}

/* ---- the end ---- */

bool rendezvous_forsake_step(struct task *server)
{
    struct reply **replies = &thread_of(server)->replies;

    for (unsigned i = 0; i < STEP_MOST && *replies; i++) {
        if ((*replies)->caller)
            fail((*replies)->caller, E_PEER_DEAD);
        disown(*replies);
    }
    return !*replies;
}

bool rendezvous_reap_step(void *object)
{
    struct rendezvous *rendezvous = object;

    rendezvous->dying = true;
    for (unsigned i = 0; i < STEP_MOST; i++) {
        struct task *task = rendezvous->callers.first;

        if (!task)
            task = rendezvous->receivers.first;
        if (!task)
            return true;
        fail(task, E_PEER_DEAD);
    }
    return !rendezvous->callers.first && !rendezvous->receivers.first;
}

void reply_destroy(void *object)
{
    struct reply *reply = object;

    if (reply->caller)
        fail(reply->caller, E_PEER_DEAD);
    if (reply_receives(reply))
        fail(reply->server, E_PEER_DEAD);
    disown(reply);
}
