/* SPDX-License-Identifier: BSD-2-Clause */
/* Synchronous IPC: who is blocked stands in exactly one list, and each Reply names its own. */
#include <kernel/rendezvous.h>
#include <kernel/thread.h>
#include "system.h"

static bool calls(const struct task *task, const void *of)
{
    return task->hot.state == TASK_BLOCKED &&
           (task->blocked_on == BLOCK_CALL || task->blocked_on == BLOCK_SEND) &&
           task->rendezvous == of;
}

static bool receives(const struct task *task, const void *of)
{
    return task->hot.state == TASK_BLOCKED && task->blocked_on == BLOCK_RECEIVE &&
           task->rendezvous == of && task->held && task->held->server == task &&
           !task->held->caller;
}

static const char *check_one(struct check *check, const struct rendezvous *rendezvous,
                             uint32_t *callers, uint32_t *receivers)
{
    const char *wrong = check_task_list(check, &rendezvous->callers, calls, rendezvous, callers);

    if (!wrong)
        wrong = check_task_list(check, &rendezvous->receivers, receives, rendezvous, receivers);
    if (!wrong && rendezvous->callers.first && rendezvous->receivers.first)
        wrong = "callers and receivers wait for each other at one rendezvous";
    return wrong;
}

static const char *check_reply(struct check *check, const struct reply *reply, uint32_t *callers,
                               uint32_t *owned)
{
    const struct task *task = reply->caller;

    if (reply->server && !check_map_find(&check->tasks, (uintptr_t)reply->server))
        return "a Reply belongs to a thread that does not exist";
    *owned += reply->server != NULL;
    if (!task)
        return NULL;
    if (!reply->server)
        return "a Reply remembers a caller and belongs to nobody";
    if (!check_map_find(&check->tasks, (uintptr_t)task))
        return "a Reply names a thread that does not exist";
    if (task->hot.state != TASK_BLOCKED || task->reply != reply || task->blocked_on != BLOCK_REPLY)
        return "a Reply names a thread that does not wait for it";
    (*callers)++;
    return NULL;
}

/* What a thread's callers lend to it, from the list of its Replies. */
static const char *check_loans(const struct thread *thread, uint32_t *owned)
{
    uint32_t loans[PRIORITY_COUNT] = {0};
    struct reply *const *back = &thread->replies;
    unsigned best = thread->own_priority;
    bool held = !thread->task.held;

    for (const struct reply *reply = thread->replies; reply; reply = reply->next) {
        const struct task *caller = reply->caller;

        if (reply->server != &thread->task || reply->back != back)
            return "the Replies of a thread are not linked both ways";
        if (caller && thread_of((struct task *)caller)->lent < PRIORITY_COUNT)
            loans[thread_of((struct task *)caller)->lent]++;
        else if (caller && caller->base_priority < thread->task.base_priority)
            return "a better caller lends nothing";
        held |= reply == thread->task.held;
        back = &reply->next;
        (*owned)++;
    }
    for (unsigned p = 0; p < PRIORITY_COUNT; p++) {
        if (loans[p] != thread->task.upcall.loans[p] || !loans[p] != !(thread->loans >> p & 1))
            return "a thread's loans are miscounted";
        if (loans[p] && p < best)
            best = p;
    }
    if (thread->deadline.at != DEADLINE_NEVER && thread->task.hot.state != TASK_BLOCKED)
        return "a thread has a deadline and is not blocked";
    if (!held)
        return "a thread holds a Reply that is not its own";
    if (thread->lent < PRIORITY_COUNT && thread->task.blocked_on != BLOCK_REPLY)
        return "a thread lends and waits for no answer";
    if (thread->task.process && best < thread->task.process->ceiling)
        best = thread->task.process->ceiling;
    return !thread->task.process || best == thread->task.base_priority
               ? NULL
               : "a thread's priority is not the best of its own and the lent ones";
}

const char *check_rendezvous(struct check *check)
{
    uint32_t callers = 0, receivers = 0, answers = 0, owned = 0, listed = 0;
    const char *wrong = NULL;

    for (uint32_t i = 0; i < check->object_count && !wrong; i++) {
        const struct check_object *noted = &check->objects[i];

        check->where = noted->address;
        if (noted->type == OBJECT_RENDEZVOUS)
            wrong = check_one(check, noted->address, &callers, &receivers);
        else if (noted->type == OBJECT_REPLY)
            wrong = check_reply(check, noted->address, &answers, &owned);
        else if (noted->type == OBJECT_THREAD)
            wrong = check_loans(noted->address, &listed);
    }
    if (wrong)
        return wrong;
    check->where = NULL;
    if (callers != check->blocked[BLOCK_CALL] + check->blocked[BLOCK_SEND] ||
        receivers != check->blocked[BLOCK_RECEIVE])
        return "a thread is blocked at a rendezvous that does not know it";
    if (answers != check->blocked[BLOCK_REPLY])
        return "a thread is blocked on a Reply that does not know it";
    return owned == listed ? NULL : "a Reply belongs to a thread that does not know it";
}
