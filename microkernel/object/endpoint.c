/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints and the wakes that they carry. */
#include <kernel/list.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/trace.h>

void endpoint_bind(struct endpoint *endpoint, struct process *process, uint16_t slot,
                   uint8_t ceiling)
{
    endpoint->slot = slot;
    endpoint->event = EVENT_MESSAGE | (uint64_t)slot << 8;
    endpoint->ceiling = clamp(ceiling, process->ceiling);
    endpoint->was_bound = true;
    LIST_PUSH(&process->bindings, endpoint, next, back);
    /* Last: other harts ring as soon as they see it. */
    __atomic_store_n(&endpoint->task, &process->cpu, __ATOMIC_RELEASE);
}

void endpoint_unbind(void *object)
{
    struct endpoint *endpoint = object;

    if (!endpoint->task)
        return;
    LIST_REMOVE(endpoint, next, back);
    endpoint->task = NULL;
}

void endpoint_ring(struct endpoint *endpoint, uint8_t priority)
{
    if (!endpoint->task)
        return;
    priority = clamp(priority, endpoint->ceiling);
    trace(TRACE_WAKE, endpoint->task, endpoint->slot, priority);
    process_wake(endpoint->task, endpoint->slot, priority);
}

void process_wake(struct task *task, uint16_t slot, uint8_t priority)
{
    struct process *process = task->process;

    /* It will be entered with the slot in a7. */
    if (task->home == hart_self()->number && task_is_idle(task)) {
        sched_rouse(task, EVENT_RUNG | (uint32_t)slot << 8, priority);
        return;
    }
    process_set_slot(task, slot);
    if (!process->threads)
        sched_wake(task, priority);
    else if ((task = thread_wake(process, slot)))
        sched_ready(task, task->base_priority);
}
