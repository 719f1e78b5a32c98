/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel objects of a process. */
#include <sys/detail.h>
#include <sys/program.h>
#include <sys/syscall.h>
#include "build.h"

#define OWN_CAPABILITIES 2 /* DebugPut and Timer */
#define MAKER_SLOTS      (3 + STARTUP_EMPTY_SLOTS)

struct process processes[PROCESSES_MAX];
uint32_t process_count;

const char *process_advice(long error)
{
    switch (error) {
    case E_NO_MEMORY:
        return "; give the machine more memory or this process less";
    case E_TOO_MANY:
        return "; root's capability slots are used up: give the processes less memory, and "
               "channels less region";
    case E_NO_DEVICE:
    case E_NOT_FOUND:
        return "; look at the system file and at the machine's devices";
    default:
        return "; this is a bug of root or of the kernel";
    }
}

void process_problem(struct process *process, const char *item, long error)
{
    log_line("%s is not started: %s: %s%s", process->name, item, sys_error_text(error),
             process_advice(error));
    process->stage = STAGE_FAILED;
}

void process_problem_text(struct process *process, const char *item, const char *why)
{
    log_line("%s is not started: %s: %s", process->name, item, why);
    process->stage = STAGE_FAILED;
}

void process_adopt_root(void)
{
    struct process *root = root_process();
    uint32_t timer;
    long error;

    *root = (struct process){
        .name = "root",
        .object = ROOT_PROCESS,
        .cnode = ROOT_CNODE,
        .debug_put = ROOT_DEBUG_PUT,
        .channel_next = CHANNEL_BASE,
        .device_next = DEVICE_BASE,
    };
    process_count = 1;
    error = process_make_wake(root, &root->holding, OBJECT_TIMER, 0, &timer, &(uint32_t){0});
    if (error)
        fatal("cannot make a timer for root: %s", sys_error_text(error));
    root->timer = timer;
    root->slot_next = FAULT_SLOT + 1;
}

static uint32_t power_of_two(uint32_t number)
{
    uint32_t power = 1;

    while (power < number)
        power *= 2;
    return power;
}

/* Beside what root does for all, each process has a coroutine that reads its numbers, and a channel
 * with tables in libs/ipc. */
void process_measure_root(void)
{
    root_process()->co_count = power_of_two(64 + process_count);
    root_process()->heap_bytes = (256 + 16ull * process_count) << 10;
}

/* Radix of a CNode for so many capabilities beside slot 0, which is the kernel's. */
static uint32_t radix_for(uint32_t capabilities)
{
    uint32_t bits = 4;

    while ((1u << bits) - 1 < capabilities)
        bits++;
    return bits;
}

/* One endpoint wakes root for the faults of all processes; they share a slot. */
static long fault_endpoint(uint32_t *endpoint)
{
    static uint32_t made;
    long error = E_OK;

    if (made == 0) {
        error = memory_make(&root_process()->holding, OBJECT_ENDPOINT, 0, 1, &made);
        if (error == E_OK)
            error = sys_process_bind(ROOT_PROCESS, made, FAULT_SLOT, ROOT_PRIORITY);
    }
    *endpoint = made;
    return error;
}

static long make_objects(struct process *process)
{
    uint32_t fault;
    long error = fault_endpoint(&fault);

    if (error == E_OK)
        error = memory_make(&process->holding, OBJECT_PROCESS, 0, 1, &process->object);
    if (error == E_OK)
        error =
            memory_make(&process->holding, OBJECT_CNODE, process->cnode_bits, 1, &process->cnode);
    /* Guard 0 of all the other bits: addresses are plain indices. */
    if (error == E_OK)
        error = sys_process_configure(process->object, process->cnode, 32 - process->cnode_bits,
                                      process->ceiling, fault);
    return error;
}

static long map_executor(struct process *process)
{
    long error;

    while ((error = sys_process_map_executor(process->object, EXECUTOR_BASE)) == E_NO_TABLE) {
        uint32_t table;

        error = memory_make(&process->holding, OBJECT_PAGE_TABLE, 0, 1, &table);
        if (error == E_OK)
            error = sys_page_table_map(table, process->object, EXECUTOR_BASE);
        if (error)
            return error;
    }
    return error;
}

static long make_timer(struct process *process)
{
    uint32_t timer, slot;
    long error = process_make_wake(process, &process->holding, OBJECT_TIMER, process->ceiling,
                                   &timer, &slot);

    return error ? error : process_give(process, timer, RIGHT_WRITE, &process->timer);
}

/* What a process needs that makes objects: memory, and where to put the capabilities. */
static long give_untyped(struct process *process)
{
    uint32_t untyped;
    long error = process->slot_next < WAKE_SLOTS ? E_OK : E_TOO_MANY;

    process->own_slot = process->slot_next++;
    if (error == E_OK)
        error = memory_make(&process->holding, OBJECT_UNTYPED,
                            (unsigned)__builtin_ctzll(process->row->untyped_bytes), 1, &untyped);
    if (error == E_OK)
        error = process_give(process, untyped, RIGHT_ALL, &process->own_untyped);
    if (error == E_OK)
        error = process_give(process, process->object, RIGHT_ALL, &process->own_process);
    return error ? error : process_give(process, process->cnode, RIGHT_ALL, &process->own_cnode);
}

/* Ticks of rdtime; root's own startup page, which libs/sys asks, does not stand yet. */
static uint64_t ticks(uint64_t us)
{
    uint64_t hz = boot_info()->timebase_hz;

    return us / 1000000 * hz + us % 1000000 * hz / 1000000;
}

/* How much of which harts it may take. Problems are told here. */
static void limit_time(struct process *process)
{
    const struct system_process_row *row = process->row;
    long error = E_OK;

    if (row->harts && sys_process_harts(process->object, row->harts))
        process_problem_text(process, "its harts", "this machine has none of them");
    if (row->budget_us)
        error = sys_process_budget(process->object, ticks(row->budget_us), ticks(row->period_us));
    if (error)
        process_problem(process, "its budget", error);
}

void process_create(struct process *process, const struct system_process_row *row,
                    uint32_t capabilities)
{
    long error;

    *process = (struct process){
        .name = row->name,
        .row = row,
        .cnode_bits =
            radix_for(capabilities + OWN_CAPABILITIES + (row->untyped_bytes ? MAKER_SLOTS : 0)),
        .cnode_next = 1,
        .co_count = power_of_two(row->co_count + 1), /* and the one of the statistics */
        .ceiling = row->ceiling,
        .stack_bytes = row->stack_bytes,
        .heap_bytes = row->heap_bytes,
        .channel_next = CHANNEL_BASE,
        .device_next = DEVICE_BASE,
    };
    error = make_objects(process);
    if (error == E_OK && row->flags & SYSTEM_PROCESS_THREADS)
        error = memory_make(&process->holding, OBJECT_THREAD, 0, 1, &process->thread);
    if (error == E_OK)
        error = map_executor(process);
    if (error == E_OK)
        error = make_timer(process);
    if (error == E_OK && row->flags & SYSTEM_PROCESS_DEBUG)
        error = process_give(process, ROOT_DEBUG_PUT, RIGHT_WRITE, &process->debug_put);
    if (error == E_OK && row->untyped_bytes)
        error = give_untyped(process);
    if (error)
        process_problem(process, "kernel objects", error);
    else
        limit_time(process);
}

long process_give(struct process *process, uint32_t from, unsigned rights, uint32_t *index)
{
    long error;

    if (process == root_process()) {
        *index = from;
        return E_OK;
    }
    error = sys_cnode_copy(process->cnode, process->cnode_next, ROOT_CNODE, from, rights);
    if (error == E_OK)
        *index = process->cnode_next++;
    return error;
}

long process_make_wake(struct process *process, struct holding *payer, enum object_type type,
                       unsigned ceiling, uint32_t *object, uint32_t *slot)
{
    long error = process->slot_next < WAKE_SLOTS ? E_OK : E_TOO_MANY;

    if (error == E_OK)
        error = memory_make(payer, type, 0, 1, object);
    if (error == E_OK)
        error = sys_process_bind(process->object, *object, process->slot_next, ceiling);
    if (error == E_OK)
        *slot = process->slot_next++;
    return error;
}

static long start_thread(struct process *process)
{
    long error = sys_thread_configure(process->thread, process->object, process->entry, STACK_TOP,
                                      0, 0, process->row->priority);

    return error ? error : sys_thread_start(process->thread);
}

void process_start(struct process *process)
{
    long error = process->thread ? start_thread(process)
                                 : sys_process_start(process->object, process->entry, STACK_TOP, 0,
                                                     process->row->priority);

    process->stage = STAGE_STARTED;
    if (error)
        process_problem(process, "its start", error);
}
