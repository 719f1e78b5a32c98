/* SPDX-License-Identifier: BSD-2-Clause */
/* Jobs: system calls that take long go on as kernel coroutines.
 *
 * A handler that returns KERNEL_RESTART has done a bounded part. Its caller is then BLOCKED, and a
 * job executes the call again, part after part, until it ends and the caller gets its results.
 * Between two parts interrupts are taken, and whoever is better runs: the job is a coroutine of the
 * kernel's executor, at its caller's effective priority. Its time is its process's, and so is its
 * budget: when that is used up, it waits for a refill as tasks do. The batch of a process is a job
 * whose caller does not wait.
 *
 *     frame   free --job_self--> taken --job_start--> ready <--> a part runs
 *               ^------------------+--------job_end-----+-------------+
 *
 * The frame lies in the caller's own Process, which has a fixed number of them: with none free the
 * caller executes the call anew from user mode, which waits no less but can be preempted only as a
 * whole. A suspended job holds no pointer into what others may delete: the arguments are the
 * caller's registers, looked up again in each part; a handler may change them to say what is left.
 * Where a number could come to mean something else meanwhile, it keeps a cursor (cap.h).
 *
 * A frame is used by the hart that took it only, which is its task's home for as long as the task
 * is blocked. Others end it by a call to that hart. All functions: with the kernel lock held.
 */
#pragma once
#include <executor/executor.h>
#include <kernel/cap.h>

#define JOBS_PER_PROCESS 4
#define JOB_BATCH        0 /* the frame of the batch; the others: of calls whose caller waits */

struct task;

struct kernel_job {
    struct co co;       /* first: the frame */
    struct slot cursor; /* of a revoke: where it stands (cap.h) */
    struct task *task;  /* BLOCKED in the call; of a batch: virtual CPU 0; NULL: a free frame */
    uint8_t hart;
    bool started;  /* stands in that hart's executor */
    bool waits;    /* for a refill of the process's budget: blocked, or about to be */
    bool resumed;  /* the call has had a part before this one */
    bool detached; /* what is left is invoked on no capability, cap is NULL: a revoke has its
                      cursor, or a delete has emptied its slot */
};

/* A process's asynchronous system calls (trap/batch.c): the one under way, and how far it has come.
 */
struct batch {
    uint64_t taken, completed; /* the kernel's own positions in the rings */
    uint64_t invoked, args[7], request;
    uint16_t slot;    /* is woken */
    uint8_t priority; /* of these wakes and of the job */
    bool busy;        /* a submission has been taken and not completed */
};

/* The job for which this hart works: whose part it executes, else a free frame of the current
 * task's process, which it takes. NULL: none is free. For handlers that will return KERNEL_RESTART.
 */
struct kernel_job *job_self(void);
/* The task whose call is executed here, by a job or directly; NULL: none. */
struct task *job_caller(void);
/* Whether this is not the first part of a job's call. */
bool job_resumed(void);
/* The current task's call has not ended: it blocks, a job goes on. False: no frame is free, and
 * none was taken. */
bool job_start(struct task *task);
/* Start a job in a free frame for a task. False: the hart has too many. */
bool job_spawn(struct kernel_job *job, struct task *task, unsigned priority);
/* The next part of a process's batch; ends its job if there is nothing left to do. */
void batch_part(struct kernel_job *job);
/* End a job, if it is one: free its frame, take out its cursor. */
void job_end(struct kernel_job *job);
/* End the job for which a task is blocked; of any hart. False: it is not. Its call has ended with
 * E_CANCELLED. */
bool job_cancel(struct task *task);
/* The process has budget again: its jobs go on. */
void job_refilled(struct process *process);
/* A wake of this priority came for a task of this hart that is blocked for a job: do not let it
 * wait for worse ones. Without the lock. */
void job_hurry(struct task *task, unsigned priority);
