/* SPDX-License-Identifier: BSD-2-Clause */
/* Dispatch of the system calls that are not light: one table row each. */
#include <kernel/arch.h>
#include <kernel/job.h>
#include <kernel/process.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/trap.h>

struct row {
    syscall_handler_t handler;
    uint8_t type;    /* of the invoked capability; OBJECT_NULL: none is invoked */
    uint8_t rights;  /* that it must have */
    uint8_t results; /* further results in a1.. */
    bool threads;    /* for threads only; the handler fills the registers of whoever goes on */
};

static const struct row rows[SYS_COUNT] = {SYSCALL_ROWS};

struct error_detail error_detail;

/* Check caller and capability, and run the handler. */
static long invoke(struct task *task, const struct row *row, uint64_t cptr, uint64_t *args)
{
    struct slot *cap = NULL;

    if (row->threads && !task->is_thread)
        return E_STATE;
    if (row->type != OBJECT_NULL && !job_detached()) {
        error_detail.argument = 0;
        TRY(cap_lookup(task->process, cptr, row->type, row->rights, &cap));
    }
    return row->handler(task->process, cap, args);
}

/* Behind the result its further results stay, or come the details of the error; zero to all others
 * of `count` words. */
static void finish(uint64_t *args, unsigned count, long result, unsigned results)
{
    if (result < 0) {
        args[1] = error_detail.argument;
        args[2] = error_detail.needed;
        results = 2;
    }
    args[0] = (uint64_t)result;
    while (++results < count)
        args[results] = 0;
}

void syscall_finish(struct task *task, long result)
{
    error_detail = (struct error_detail){ERROR_NO_ARGUMENT, 0};
    finish(&task->context.x[REG_A0], 8, result, 0);
}

bool syscall_execute(struct task *task)
{
    struct arch_context *context = &task->context;
    uint64_t invoked = context->x[17], number = invoked & 0xff, *args = &context->x[REG_A0];
    const struct row *row = number < SYS_COUNT ? &rows[number] : NULL;
    long result;

    error_detail = (struct error_detail){ERROR_NO_ARGUMENT, 0};
    if (row)
        result = invoke(task, row, invoked >> 8 & UINT32_MAX, args);
    else
        result = sys_check ? sys_check() : E_BAD_SYSCALL;
    /* Decided at a glance or here, the light calls say the same. */
    if (number <= SYS_DELIVER)
        error_detail = (struct error_detail){0, 0};
    if (result == KERNEL_RESTART)
        return false; /* what the handler has changed of its arguments says what is left to do */
    if (row && row->threads) {
        /* A blocked thread gets its registers when it goes on; an error goes to a6. */
        if (result != E_OK) {
            finish(args, 8, result, 0);
            context->x[16] = (uint64_t)result;
            context->x[REG_A0] = 0;
        }
    } else if (result != KERNEL_REGISTERS) {
        finish(args, 8, result, row ? row->results : 0);
    }
    return true;
}

/* What gives up the CPU has nothing to give up here. */
static bool may_be_submitted(uint64_t number)
{
    return number < SYS_COUNT && rows[number].type != OBJECT_NULL && !rows[number].threads &&
           number != SYS_DELIVER && number != SYS_DOORBELL_YIELD;
}

long syscall_submitted(struct process *process, uint64_t invoked, uint64_t *args)
{
    uint64_t number = invoked & 0xff;
    unsigned results = 0;
    long result = E_BAD_SYSCALL;

    error_detail = (struct error_detail){ERROR_NO_ARGUMENT, 0};
    if (may_be_submitted(number)) {
        result = invoke(&process->cpu, &rows[number], invoked >> 8 & UINT32_MAX, args);
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
    uint64_t invoked = context->x[17], number = invoked & 0xff;
    bool again = false;

    context->x[REG_RA] = 0;
    context->x[5] = context->x[6] = context->x[7] = 0;
    for (unsigned i = 28; i < 32; i++)
        context->x[i] = 0;
    task->hot.enter = ENTER_RESUME;

    /* Until it has the lock the call has not begun: another hart may stop the caller, and resume it
     * later. One that does not exist never begins: the supervisor may know what is meant. */
    context->x[REG_PC] -= 4;
    kernel_lock();
    if (hart->current == task && number >= SYS_COUNT && number != SYS_CHECK)
        task_fault(task, CAUSE_USER_CALL, invoked);
    if (hart->current == task) {
        context->x[REG_PC] += 4;
        if (syscall_execute(task)) {
            if (hart->job)
                job_end(hart->job); /* it was taken in vain */
        } else if (hart->current == task && !job_start(task)) {
            /* The same call again, after whatever interrupts wait. */
            context->x[REG_PC] -= 4;
            again = true;
        }
    }
    kernel_unlock();
    if (again)
        trap_poll();
    sched_leave();
}
