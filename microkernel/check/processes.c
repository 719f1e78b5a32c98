/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes: their threads, what is bound to them, and their numbers. */
#include <kernel/endpoint.h>
#include <kernel/object.h>
#include "system.h"

static const char *check_threads(struct check *check, const struct process *process,
                                 uint32_t *threads)
{
    uint32_t length = 0;

    struct task *const *back = &process->threads;

    for (const struct task *task = process->threads; task; task = task->sibling) {
        check->where = task;
        if (!check_map_find(&check->tasks, (uintptr_t)task) || !task->is_thread)
            return "a process has a thread that does not exist";
        if (task->process != process)
            return "a process has the thread of another";
        if (task->sibling_back != back)
            return "a process's threads are not linked both ways";
        back = &task->sibling;
        length++;
    }
    *threads += length;
    return NULL;
}

static bool waits(const struct task *task, const void *slots)
{
    return task->hot.state == TASK_BLOCKED && task->blocked_on == BLOCK_WAIT &&
           &task->process->waiting[task->wait_slot % WAIT_LISTS] == slots;
}

static bool waits_behind(const struct task *task, const void *first)
{
    const struct task *before = first;

    return task->hot.state == TASK_BLOCKED && task->blocked_on == BLOCK_WAIT &&
           task->process == before->process && task->wait_slot == before->wait_slot &&
           !thread_of((struct task *)(uintptr_t)task)->behind.first;
}

/* Those who wait for wake slots: the first for each in a list, the others in its own. */
static const char *check_waiting(struct check *check, struct process *process, uint32_t *waiting)
{
    const char *wrong = NULL;

    for (unsigned i = 0; i < WAIT_LISTS && !wrong; i++) {
        const struct task_list *list = &process->waiting[i];

        wrong = check_task_list(check, list, waits, list, waiting);
        for (struct task *task = list->first; task && !wrong; task = task->next)
            wrong = check_task_list(check, &thread_of(task)->behind, waits_behind, task, waiting);
    }
    return wrong;
}

static bool is_binding(struct check *check, const struct endpoint *endpoint)
{
    return check_live(check, endpoint, OBJECT_ENDPOINT) ||
           check_live(check, endpoint, OBJECT_IRQ) || check_live(check, endpoint, OBJECT_TIMER);
}

static const char *check_bindings(struct check *check, const struct process *process,
                                  uint32_t *bindings)
{
    struct endpoint *const *back = &process->bindings;

    for (const struct endpoint *at = process->bindings; at; at = at->next) {
        check->where = at;
        if (!is_binding(check, at))
            return "something is bound that does not exist";
        if (at->back != back)
            return "the bindings of a process are not linked both ways";
        if (at->task != &process->cpu || !at->was_bound)
            return "a binding stands in the list of another process";
        if (at->slot >= WAKE_SLOTS || at->ceiling >= PRIORITY_COUNT ||
            at->ceiling < process->ceiling ||
            at->event != (EVENT_MESSAGE | (uint64_t)at->slot << 8))
            return "a binding is out of range";
        back = &at->next;
        (*bindings)++;
    }
    return NULL;
}

static const char *check_numbers(const struct process *process)
{
    struct cspace_cache cache;

    cspace_cache_update(&cache, &process->cspace_root);
    if (process->cspace.count != cache.count ||
        (cache.count && process->cspace.slots != cache.slots))
        return "a process remembers a CNode that is not its own";
    if (process->ceiling >= PRIORITY_COUNT || process->cpu.process != process ||
        process->cpu.line != process_line((struct process *)process, 0))
        return "a process's own fields were overwritten";
    if (process->stopped && (process->bindings || process->cpu.hot.state != TASK_STOPPED))
        return "a process that was stopped is not stopped whole";
    return NULL;
}

/* Threads that belong to a process, and what is bound, seen from their own side. */
static void count_members(struct check *check, uint32_t *threads, uint32_t *bindings)
{
    for (uint32_t i = 0; i < check->object_count; i++) {
        const void *object = check->objects[i].address;

        switch (check->objects[i].type) {
        case OBJECT_THREAD:
            *threads += ((const struct thread *)object)->task.process != NULL;
            break;
        case OBJECT_ENDPOINT:
        case OBJECT_IRQ:
        case OBJECT_TIMER:
            *bindings += ((const struct endpoint *)object)->task != NULL;
            break;
        default:
            break;
        }
    }
}

const char *check_processes(struct check *check)
{
    uint32_t threads = 0, bindings = 0, own_threads = 0, own_bindings = 0, waiting = 0;
    const char *wrong = NULL;

    for (uint32_t i = 0; i < check->object_count && !wrong; i++) {
        struct process *process = check->objects[i].address;

        if (check->objects[i].type != OBJECT_PROCESS)
            continue;
        check->where = process;
        wrong = check_numbers(process);
        if (!wrong)
            wrong = check_threads(check, process, &threads);
        if (!wrong)
            wrong = check_waiting(check, process, &waiting);
        if (!wrong)
            wrong = check_bindings(check, process, &bindings);
    }
    if (wrong)
        return wrong;
    check->where = NULL;
    count_members(check, &own_threads, &own_bindings);
    if (threads != own_threads)
        return "a thread has a process that does not know it";
    if (waiting != check->blocked[BLOCK_WAIT])
        return "a thread waits for a slot that does not know it";
    return bindings == own_bindings ? NULL : "something is bound and in no list";
}
