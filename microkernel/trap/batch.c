/* SPDX-License-Identifier: BSD-2-Clause */
/* Asynchronous system calls: a process submits them in a ring, and one of its jobs executes them
 * one after the other, writes what becomes of each to another ring, and wakes a slot.
 *
 * The rings lie in a page of the Process that the process writes (call_rings in the ABI). Every
 * word of it is read once: positions are compared with the kernel's own and masked, a submission is
 * copied before it is looked at. What a process writes there can only spoil its own calls.
 */
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/trap.h>

/* Copy the next submission. False: there is none, or no room for its completion. */
static bool take(struct batch *batch, struct call_rings *rings)
{
    const struct submission *from = &rings->submissions[batch->taken % SUBMISSIONS];
    uint64_t waiting = __atomic_load_n(&rings->submitted, __ATOMIC_ACQUIRE) - batch->taken;
    uint64_t unread = batch->completed - __atomic_load_n(&rings->reaped, __ATOMIC_ACQUIRE);

    if (waiting == 0 || waiting > SUBMISSIONS || unread >= COMPLETIONS)
        return false;
    batch->invoked = __atomic_load_n(&from->invoked, __ATOMIC_RELAXED);
    batch->request = __atomic_load_n(&from->request, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < 6; i++)
        batch->args[i] = __atomic_load_n(&from->arguments[i], __ATOMIC_RELAXED);
    batch->args[6] = 0;
    batch->busy = true;
    __atomic_store_n(&rings->taken, ++batch->taken, __ATOMIC_RELEASE);
    return true;
}

static void complete(struct process *process, struct call_rings *rings, long result)
{
    struct batch *batch = &process->batch;
    struct completion *to = &rings->completions[batch->completed % COMPLETIONS];

    to->request = batch->request;
    to->result = (uint64_t)result;
    for (unsigned i = 0; i < 5; i++)
        to->results[i] = batch->args[1 + i];
    batch->busy = false;
    __atomic_store_n(&rings->completed, ++batch->completed, __ATOMIC_RELEASE);
    process_wake(&process->cpu, batch->slot, batch->priority);
}

void batch_part(struct kernel_job *job)
{
    struct process *process = job->task->process;
    struct batch *batch = &process->batch;
    struct call_rings *rings = process_rings(process);
    long result;

    if (!batch->busy && !take(batch, rings)) {
        job_end(job);
        return;
    }
    result = syscall_submitted(process, batch->invoked, batch->args);
    /* The call may have been the end of its own process. */
    if (hart_self()->job != job)
        return;
    job->resumed = result == KERNEL_RESTART;
    if (job->resumed)
        return;
    cursor_close(&job->cursor);
    job->detached = false;
    complete(process, rings, result);
}

long sys_submit(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct batch *batch = &caller->batch;
    struct kernel_job *job = &caller->jobs[JOB_BATCH];

    if (args[0] >= WAKE_SLOTS || args[1] >= PRIORITY_COUNT)
        return E_BAD_ARGUMENT;
    batch->slot = (uint16_t)args[0];
    batch->priority = clamp(args[1], caller->ceiling);
    return job->started || job_spawn(job, &caller->cpu, batch->priority) ? E_OK : E_AGAIN;
}
