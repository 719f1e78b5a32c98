/* SPDX-License-Identifier: BSD-2-Clause */
/* From the startup page to running coroutines. */
#include <ipc/ipc.h>
#include <program/async.h>
#include <program/process.h>
#include <sys/log.h>
#include <sys/syscall.h>

/* In the private part of the executor page: the executor's state shares a page, and so a TLB
 * entry, with the line that the kernel reads. */
#define EXECUTOR ((struct executor *)(EXECUTOR_BASE + EXECUTOR_PRIVATE))
_Static_assert(EXECUTOR_PRIVATE + sizeof(struct executor) <= 4096, "fits in the executor page");

/* Asynchronous system calls end by a wake of the timer's slot. */
static struct async process_async;

static void timer_wake(struct wake_slot *slot)
{
    (void)slot;
    executor_expire(EXECUTOR, time_now());
    async_drain(&process_async);
}

enum co_state syscall_async(struct co *co, struct async_call *call)
{
    return async_call(co, &process_async, call);
}

/* The wake comes at the ceiling: only the sleepers' queue is looked at there, and each coroutine
 * then runs at its own priority. */
static void timer_arm(struct executor *executor, uint64_t deadline)
{
    const struct startup *s = startup();
    long error = sys_timer_set(s->timer, deadline, s->ceiling);

    (void)executor;
    if (error)
        die("cannot set the timer: %s", error_text(error));
}

static void idle(struct executor *executor)
{
    (void)executor;
    sys_yield();
}

/* A wake of a slot that nobody claimed (yet) is not an error: it is only forgotten. */
static void ignore_wake(struct wake_slot *slot)
{
    (void)slot;
}

static void overflow(struct executor *executor, struct co *co)
{
    (void)executor;
    die("coroutine %u has overrun its stack", co->index >> CO_SLOT_SHIFT);
}

static void open_executor(const struct startup *s)
{
    struct wake_slot *slots = process_wake_slots(s);
    struct executor_line *line = executor_line();

    executor_init(EXECUTOR, line, process_co_slots(s), s->co_count);
    for (uint32_t i = 0; i < s->slot_count; i++)
        slots[i].wake = ignore_wake;
    slots[s->timer_slot].wake = timer_wake;
    async_init(&process_async, (struct call_rings *)CALL_RINGS_BASE, sys_submit, s->timer_slot);
    line->slots = (uintptr_t)slots;
    EXECUTOR->wake_slot_count = s->slot_count;
    EXECUTOR->wake_words = (uint64_t *)(EXECUTOR_BASE + EXECUTOR_WAKE_WORDS);
    EXECUTOR->idle = idle; /* ipc_init puts its own in place */
    EXECUTOR->arm = timer_arm;
    EXECUTOR->global = (const uint64_t *)GLOBAL_BITMAP_WORDS;
    EXECUTOR->yield = idle;
    EXECUTOR->overflow = overflow;
}

/* A first coroutine that has started others may well end; only an error is worth a line. */
static void program_ended(struct co *co)
{
    if (co->value < 0)
        log_line("ended: %s", error_text(co->value));
}

void process_run(void)
{
    const struct startup *s = startup();
    enum error error;

    if (s->magic != STARTUP_MAGIC)
        trap_arch(); /* nothing to speak with: root sees the fault */
    log_open(s->name, s->debug_put);
    open_executor(s);
    error = ipc_init();
    if (error)
        die("cannot open the channels: %s", error_text(error));
    stats_start();
    if (co_spawn(program.co, program.body, s->priority, program_ended).raw == 0)
        die("cannot start the first coroutine: `coroutines` is %u in the system file", s->co_count);
    co_run(true);
    die("no coroutine is left");
}
