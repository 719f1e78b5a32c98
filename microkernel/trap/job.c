/* SPDX-License-Identifier: BSD-2-Clause */
/* Jobs: see job.h. */
#include <string.h>
#include <kernel/arch.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/trap.h>

static struct kernel_job *find_job(struct process *process, const struct task *task)
{
    for (unsigned i = JOB_BATCH + 1; process && i < JOBS_PER_PROCESS; i++) {
        if (process->jobs[i].task == task)
            return &process->jobs[i];
    }
    return NULL;
}

struct kernel_job *job_self(void)
{
    struct hart *hart = hart_self();

    if (!hart->job && hart->current && hart->executor.live < HART_COROUTINES) {
        hart->job = find_job(hart->current->process, NULL);
        if (hart->job) {
            hart->job->task = hart->current;
            hart->job->hart = hart->number;
        }
    }
    return hart->job;
}

struct task *job_caller(void)
{
    struct hart *hart = hart_self();

    return hart->job ? hart->job->task : hart->current;
}

bool job_resumed(void)
{
    return hart_self()->job && hart_self()->job->resumed;
}

/* ---- its end ---- */

static void end_here(uint64_t address)
{
    struct kernel_job *job = (struct kernel_job *)(uintptr_t)address;
    struct hart *hart = hart_self();

    cursor_close(&job->cursor);
    if (job->started)
        co_abandon(&job->co);
    if (hart->job == job)
        hart->job = NULL;
    memset(job, 0, sizeof *job);
}

void job_end(struct kernel_job *job)
{
    if (job->task)
        hart_run(1ull << job->hart, end_here, (uintptr_t)job);
}

bool job_cancel(struct task *task)
{
    struct kernel_job *job = find_job(task->process, task);

    if (!job)
        return false;
    job_end(job);
    task->blocked_on = BLOCK_NONE;
    syscall_finish(task, E_CANCELLED);
    return true;
}

/* ---- its parts ---- */

static void execute_part(struct kernel_job *job)
{
    struct task *task = job->task;
    struct process *process = task->process;
    struct hart *hart = hart_self();
    bool ended = false;

    if (job == &process->jobs[JOB_BATCH]) {
        batch_part(job);
    } else {
        job->resumed = true;
        ended = syscall_execute(task);
    }
    /* The call may be the death of its own caller, which then has no job any more. */
    if (hart->job != job)
        return;
    __atomic_fetch_add(&process->cycles, sched_elapsed(hart), __ATOMIC_RELAXED);
    if (ended) {
        job_end(job);
        task->blocked_on = BLOCK_NONE;
        sched_ready(task, sched_effective(task));
    } else if (!budget_settle(process)) {
        job->waits = true;
        budget_arm(&process->budget);
    }
}

static void resume_here(uint64_t address)
{
    struct kernel_job *job = (struct kernel_job *)(uintptr_t)address;

    job->waits = false;
    if (hart_self()->job != job) /* else it has not left yet, and goes on */
        co_complete(&job->co, E_OK);
}

void job_refilled(struct process *process)
{
    for (unsigned i = 0; i < JOBS_PER_PROCESS; i++) {
        if (process->jobs[i].waits)
            hart_run(1ull << process->jobs[i].hart, resume_here, (uintptr_t)&process->jobs[i]);
    }
}

/* Whether the job goes on with its next part at once: it lives, has budget, nobody better is ready,
 * and its turn among equals is not over. */
static bool goes_on(struct hart *hart, uint64_t slice)
{
    sched_follow(hart, priority_first(*hart->runnable));
    return hart->job && !hart->job->waits && hart->slice_end == slice &&
           !(hart->kernel_line.bitmap & ((1ull << hart->job->co.priority) - 1));
}

/* One turn. Whatever lets others in (waiting for the lock, taking interrupts) may end the job: then
 * hart->job is NULL, and the frame is not touched any more. */
static CO_BODY enum co_state job_body(struct co *co)
{
    struct hart *hart = hart_self();
    uint64_t slice;
    bool ready;

    co_block(co);
    hart->job = co_frame(struct kernel_job, co);
    sched_drop_current();
    sched_slice();
    trap_poll();
    slice = hart->slice_end;
    while (goes_on(hart, slice)) {
        kernel_lock();
        if (hart->job)
            execute_part(hart->job);
        kernel_unlock();
        trap_poll();
    }
    ready = hart->job && !hart->job->waits;
    hart->job = NULL;
    return ready ? co_yield(co) : CO_PENDING;
}

bool job_spawn(struct kernel_job *job, struct task *task, unsigned priority)
{
    struct hart *hart = hart_self();

    if (hart->executor.live >= HART_COROUTINES)
        return false;
    job->task = task;
    job->hart = hart->number;
    job->started = true;
    sched_queue_switching(hart);
    co_spawn(&job->co, job_body, priority, NULL);
    return true;
}

bool job_start(struct task *task)
{
    struct kernel_job *job = job_self();

    if (!job)
        return false;
    hart_self()->job = NULL;
    (void)job_spawn(job, task, sched_effective(task)); /* job_self has looked whether it can */
    sched_withdraw(task, TASK_BLOCKED);
    task->blocked_on = BLOCK_JOB;
    return true;
}

void job_hurry(struct task *task, unsigned priority)
{
    struct kernel_job *job = find_job(task->process, task);

    if (job && priority < job->co.priority)
        co_change_priority(&job->co, priority);
}
