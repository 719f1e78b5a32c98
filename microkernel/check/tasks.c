/* SPDX-License-Identifier: BSD-2-Clause */
/* Tasks, their states, and the ready queues. */
#include <kernel/object.h>
#include <kernel/sched.h>
#include <kernel/virtual_cpu.h>
#include "system.h"

static const char *note_task(struct check *check, struct task *task, bool is_thread)
{
    bool added;

    check->where = task;
    if (!check_map_add(&check->tasks, (uintptr_t)task, &added))
        return CHECK_FULL;
    if (task->is_thread != is_thread)
        return "a thread says it is none, or the reverse";
    if (task->hot.state > TASK_STOPPED)
        return "a task is in no state";
    check->states[task->hot.state]++;
    check->sent += task->remote != 0;
    if (task->hot.state == TASK_MOVING && !task->remote)
        return "a task is on its way to no hart";
    if (task->hot.state == TASK_BLOCKED) {
        if (task->blocked_on > BLOCK_JOB || task->blocked_on == BLOCK_NONE ||
            (!is_thread && task->blocked_on < BLOCK_BUDGET))
            return "a task is blocked on nothing";
        check->blocked[task->blocked_on]++;
    }
    return NULL;
}

static const char *note_tasks(struct check *check)
{
    const char *wrong = NULL;

    for (uint32_t i = 0; i < check->object_count && !wrong; i++) {
        void *object = check->objects[i].address;

        if (check->objects[i].type == OBJECT_PROCESS)
            wrong = note_task(check, &((struct process *)object)->cpu, false);
        else if (check->objects[i].type == OBJECT_THREAD)
            wrong = note_task(check, &((struct thread *)object)->task, true);
        else if (check->objects[i].type == OBJECT_VIRTUAL_CPU)
            wrong = note_task(check, &((struct virtual_cpu *)object)->task, false);
    }
    return wrong;
}

const char *check_task_list(struct check *check, const struct task_list *list, task_test_t test,
                            const void *of, uint32_t *count)
{
    const struct task *before = NULL;
    uint32_t length = 0;

    for (const struct task *task = list->first; task; task = task->next) {
        check->where = task;
        if (!check_map_find(&check->tasks, (uintptr_t)task))
            return "a list holds a task that does not exist";
        if ((before && task->prev != before) || length > check->tasks.used)
            return "a list of tasks is not linked both ways";
        if (!test(task, of))
            return "a task stands in a list where it does not belong";
        before = task;
        length++;
    }
    *count += length;
    return !before || list->last == before ? NULL : "a list of tasks ends elsewhere";
}

static bool is_ready(const struct task *task, const void *place)
{
    return task->hot.state == TASK_READY &&
           task_place(task->home, task->hot.priority) == *(const uint16_t *)place;
}

/* Objects that died may stand in an inbox until it is emptied. */
static uint32_t count_inbox(struct check *check, const struct hart *hart)
{
    const struct task *lists[] = {hart->inbox, hart->arriving};
    uint32_t count = 0;

    for (unsigned i = 0; i < 2; i++) {
        for (const struct task *task = lists[i]; task; task = task->inbox_next)
            count += check_map_find(&check->tasks, (uintptr_t)task) != NULL;
    }
    return count;
}

static const char *check_hart(struct check *check, const struct hart *hart, uint32_t *ready)
{
    const char *wrong = NULL;

    for (unsigned p = 0; p < PRIORITY_COUNT && !wrong; p++) {
        uint16_t place = task_place(hart->number, p);

        wrong = check_task_list(check, &hart->ready[p], is_ready, &place, ready);
        if (!wrong && (*hart->runnable >> p & 1) != (hart->ready[p].first != NULL))
            wrong = "the bitmap of the ready queues is wrong";
    }
    if (wrong)
        return wrong;
    check->where = hart->current;
    if (hart->current && !check_map_find(&check->tasks, (uintptr_t)hart->current))
        return "a hart runs a task that does not exist";
    if (hart->current && hart->current->home != hart->number)
        return "a hart runs a task of another hart";
    if (hart->current && hart->current->hot.state == TASK_RUNNING &&
        hart->space != hart->current->process)
        return "a hart runs a task in another address space";
    check->where = hart->space;
    return !hart->space || check_live(check, hart->space, OBJECT_PROCESS)
               ? NULL
               : "a hart uses an address space that does not exist";
}

static bool is_faulted(const struct task *task, const void *process)
{
    return task->hot.state == TASK_FAULTED && task->process == process;
}

static const char *check_faulted(struct check *check)
{
    const char *wrong = NULL;
    uint32_t count = 0;

    for (uint32_t i = 0; i < check->object_count && !wrong; i++) {
        const struct process *process = check->objects[i].address;

        if (check->objects[i].type == OBJECT_PROCESS)
            wrong = check_task_list(check, &process->faulted, is_faulted, process, &count);
    }
    if (!wrong && count != check->states[TASK_FAULTED])
        wrong = "a task stands at a fault that its process does not know";
    return wrong;
}

const char *check_tasks(struct check *check)
{
    const char *wrong;
    uint32_t ready = 0, running = 0, sent = 0;

    for (unsigned i = 0; i < sizeof check->states / sizeof check->states[0]; i++)
        check->states[i] = 0;
    for (unsigned i = 0; i < sizeof check->blocked / sizeof check->blocked[0]; i++)
        check->blocked[i] = 0;
    check->sent = 0;
    check_map_clear(&check->tasks);
    wrong = note_tasks(check);
    if (!wrong)
        wrong = check_faulted(check);
    for (unsigned i = 0; i < HARTS_MAX && !wrong; i++) {
        const struct hart *hart = &harts[i];

        if (!(harts_online >> i & 1))
            continue;
        wrong = check_hart(check, hart, &ready);
        running += hart->current != NULL && hart->current->hot.state == TASK_RUNNING;
        sent += count_inbox(check, hart);
    }
    check->where = NULL;
    if (!wrong && ready != check->states[TASK_READY])
        wrong = "a task is ready and in no queue";
    if (!wrong && running != check->states[TASK_RUNNING])
        wrong = "a task says it runs and does not";
    if (!wrong && sent != check->sent)
        wrong = "a task that was sent for stands in no inbox";
    return wrong;
}
