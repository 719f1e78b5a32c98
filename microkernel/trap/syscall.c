/* SPDX-License-Identifier: BSD-2-Clause */
/* Dispatch of the system calls that are not light: one table row each. */
#include <kernel/arch.h>
#include <kernel/job.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/trace.h>
#include <kernel/trap.h>

struct row {
    syscall_handler_t handler;
    uint32_t types;  /* of the invoked capability, bit t for type t; 0: none is invoked */
    uint8_t rights;  /* that it must have */
    uint8_t results; /* further results in a1.. */
    bool threads;    /* for threads only; the handler fills the registers of whoever goes on */
};

static const struct row rows[SYS_COUNT] = {SYSCALL_ROWS};

struct error_detail error_detail __attribute__((aligned(16)));

/* Check caller and capability, and run the handler. */
static inline long invoke(struct task *task, const struct row *row, uint64_t cptr, uint64_t *args)
{
    const struct kernel_job *job = hart_self()->job;
    struct slot *cap = NULL;

    error_detail = (struct error_detail){ERROR_NO_ARGUMENT, 0};
    if (row->threads && !task->is_thread)
        return E_STATE;
    if (row->types && !(job && job->detached)) {
        error_detail.argument = 0;
        TRY(cap_lookup(task->process, cptr, row->types, row->rights, &cap));
    }
    return row->handler(task->process, cap, args);
}

/* Behind the result its further results (5 at most) stay, or come the details of the error; zero to
 * all others of `count` words: six, or eight, the registers of a context, and there also to t3..t6,
 * in which words may have been sent. */
static __attribute__((always_inline)) inline void finish(uint64_t *args, unsigned count,
                                                         long result, unsigned results)
{
#pragma GCC unroll 8
    for (unsigned i = results ? 6 : 1; i < count; i++)
        args[i] = 0;
    for (unsigned i = REG_T3 - REG_A0; count == 8 && i < 32 - REG_A0; i++)
        args[i] = 0;
    args[0] = (uint64_t)result;
    if (result < 0) {
        args[1] = error_detail.argument;
        args[2] = error_detail.needed;
        results = 2;
    }
    while (results && ++results < 6)
        args[results] = 0;
}

void syscall_finish(struct task *task, long result)
{
    error_detail = (struct error_detail){ERROR_NO_ARGUMENT, 0};
    finish(&task->context.x[REG_A0], 8, result, 0);
}

/* A call that does not exist never begins: the supervisor may know what is meant. */
static long call_unknown(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = hart_self()->current;

    if ((args[7] & 0xff) == SYS_CHECK)
        return sys_check ? sys_check() : E_BAD_SYSCALL;
    task->context.x[REG_PC] -= 4;
    task_fault(task, CAUSE_USER_CALL, args[7]);
    return KERNEL_REGISTERS;
}
static const struct row unknown = {call_unknown, 0, 0, 0, false};

__attribute__((always_inline)) inline bool syscall_execute(struct task *task)
{
    struct arch_context *context = &task->context;
    uint64_t invoked = context->x[17], number = invoked & 0xff, *args = &context->x[REG_A0];
    const struct row *row = number < SYS_COUNT ? &rows[number] : &unknown;
    long result = invoke(task, row, invoked >> 8, args);

    if (__builtin_expect(result < 0, 0)) {
        if (result == KERNEL_RESTART)
            return false; /* what the handler has changed of its arguments is what is left to do */
        /* Decided at a glance or here, the light calls say the same. */
        if (number <= SYS_DELIVER)
            error_detail = (struct error_detail){0, 0};
    }
    if (row->threads) {
        /* A blocked thread gets its registers when it goes on; an error goes to a6. */
        if (result != E_OK) {
            finish(args, 8, result, 0);
            args[6] = (uint64_t)result;
            args[0] = 0;
        }
    } else if (result != KERNEL_REGISTERS) {
        finish(args, 8, result, row->results);
    }
    return true;
}

/* What gives up the CPU has nothing to give up here; an answer is in registers. */
static bool may_be_submitted(uint64_t number)
{
    return number < SYS_COUNT && rows[number].types && !rows[number].threads &&
           number != SYS_DELIVER && number != SYS_DOORBELL_YIELD && number != SYS_REPLY;
}

long syscall_submitted(struct process *process, uint64_t invoked, uint64_t *args)
{
    uint64_t number = invoked & 0xff;
    unsigned results = 0;
    long result = E_BAD_SYSCALL;

    error_detail = (struct error_detail){ERROR_NO_ARGUMENT, 0};
    if (may_be_submitted(number)) {
        result = invoke(&process->cpu, &rows[number], invoked >> 8, args);
        results = rows[number].results;
    }
    if (result != KERNEL_RESTART)
        finish(args, 6, result, results);
    return result;
}

void syscall_handle(void)
{
    struct hart *hart = hart_self();
    struct task *task = hart->current;
    struct arch_context *context = &task->context;
    bool again = false;

    context->x[REG_RA] = 0;
    context->x[5] = context->x[6] = context->x[7] = 0;
    task->hot.enter = ENTER_RESUME;
    trace(TRACE_SYSTEM_CALL, task, context->x[17] & 0xff, context->x[17] >> 8 & UINT32_MAX);

    /* Until it has the lock the call has not begun: another hart may stop the caller, and resume it
     * later. */
    if (__builtin_expect(!kernel_try_lock(), 0)) {
        context->x[REG_PC] -= 4;
        kernel_await_lock();
        if (hart->current != task) {
            kernel_unlock();
            sched_leave();
        }
        context->x[REG_PC] += 4;
    }
    if (syscall_execute(task)) {
        if (hart->job)
            job_end(hart->job); /* it was taken in vain */
    } else if (hart->current == task && !job_start(task)) {
        /* The same call again, after whatever interrupts wait. */
        context->x[REG_PC] -= 4;
        again = true;
    }
    kernel_unlock();
    if (again)
        trap_poll();
    sched_leave();
}
