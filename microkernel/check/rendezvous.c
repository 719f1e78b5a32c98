/* SPDX-License-Identifier: BSD-2-Clause */
/* Synchronous IPC: who is blocked stands in exactly one list, and each Reply names its own. */
#include <kernel/rendezvous.h>
#include "system.h"

static bool calls(const struct task *task, const void *of)
{
    return task->hot.state == TASK_BLOCKED && task->blocked_on == BLOCK_CALL &&
           task->rendezvous == of;
}

static bool receives(const struct task *task, const void *of)
{
    return task->hot.state == TASK_BLOCKED && task->blocked_on == BLOCK_RECEIVE &&
           task->rendezvous == of && task->reply && task->reply->receiver == task;
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
                               uint32_t *receivers)
{
    const struct task *task = reply->caller ? reply->caller : reply->receiver;

    if (!task)
        return NULL;
    if (reply->caller && reply->receiver)
        return "a Reply remembers a caller while it waits for one";
    if (!check_map_find(&check->tasks, (uintptr_t)task))
        return "a Reply names a thread that does not exist";
    if (task->hot.state != TASK_BLOCKED || task->reply != reply ||
        task->blocked_on != (reply->caller ? BLOCK_REPLY : BLOCK_RECEIVE))
        return "a Reply names a thread that does not wait for it";
    *callers += reply->caller != NULL;
    *receivers += reply->receiver != NULL;
    return NULL;
}

const char *check_rendezvous(struct check *check)
{
    uint32_t callers = 0, receivers = 0, answers = 0, replies = 0;
    const char *wrong = NULL;

    for (uint32_t i = 0; i < check->object_count && !wrong; i++) {
        const struct check_object *noted = &check->objects[i];

        check->where = noted->address;
        if (noted->type == OBJECT_RENDEZVOUS)
            wrong = check_one(check, noted->address, &callers, &receivers);
        else if (noted->type == OBJECT_REPLY)
            wrong = check_reply(check, noted->address, &answers, &replies);
    }
    if (wrong)
        return wrong;
    check->where = NULL;
    if (callers != check->blocked[BLOCK_CALL] || receivers != check->blocked[BLOCK_RECEIVE])
        return "a thread is blocked at a rendezvous that does not know it";
    if (answers != check->blocked[BLOCK_REPLY] || replies != check->blocked[BLOCK_RECEIVE])
        return "a thread is blocked on a Reply that does not know it";
    return NULL;
}
