/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults: say what happened, take the process out, tell its peers.
 *
 * All processes share one fault slot, so its wake means "look at everybody". The kernel stops only
 * the thread that faulted; root's policy is to stop its whole process, whose other threads must not
 * work on what this one left half done. A dead process is not restarted yet.
 */
#include <program/process.h>
#include <sys/detail.h>
#include <sys/syscall.h>
#include "build.h"
#include "supervise.h"

struct supervisor supervisor;

/* RISC-V Privileged 1.12 table 4.2 */
static const char *cause_text(uint64_t cause)
{
    static const char *const text[] = {
        [0] = "jump to a misaligned address",
        [1] = "instruction access fault",
        [2] = "illegal instruction",
        [3] = "gave up (its own line above says why)",
        [4] = "misaligned load",
        [5] = "load access fault",
        [6] = "misaligned store",
        [7] = "store access fault",
        [8] = "unknown system call",
        [12] = "instruction page fault",
        [13] = "load page fault",
        [15] = "store page fault",
    };

    if (cause >= sizeof text / sizeof text[0] || !text[cause])
        return "unknown exception";
    return text[cause];
}

/* Whether the address lies in the guard page below the stack that root made. */
static bool in_stack_guard(const struct process *process, uint64_t address)
{
    uint64_t end = STACK_TOP - process->stack_bytes;

    return address < end && address >= end - PAGE_BYTES;
}

static void report(const struct process *process, const struct fault_record *fault)
{
    bool overflow = in_stack_guard(process, fault->address);

    log_line("%s: %s%s at 0x%llx, pc 0x%llx: stopped", process->name,
             overflow ? "stack overflow: " : "", cause_text(fault->cause),
             (unsigned long long)fault->address, (unsigned long long)fault->pc);
}

/* With the Process object every wake that is bound to it goes: a doorbell is E_PEER_DEAD then. All
 * that was made for the process comes back. */
static void bury(struct process *process)
{
    struct sys_process_info info;
    long error = sys_process_info(process->object, &info);

    process->stage = STAGE_DEAD;
    if (error == E_OK) {
        process->last_ticks = info.ticks;
        process->last_switches = info.switches;
        error = sys_process_stop(process->object);
    }
    if (error)
        log_line("%s cannot be taken out: %s", process->name, sys_error_text(error));
    memory_return(&process->holding);
    for (uint32_t i = 0; i < channel_count; i++) {
        if (channels[i].end[0] == process || channels[i].end[1] == process)
            channel_kill(&channels[i]);
    }
}

static void look(struct process *process)
{
    struct fault_record fault;
    uint64_t thread;

    if (process->stage != STAGE_STARTED || sys_fault_next(process->object, &fault, &thread) != E_OK)
        return;
    report(process, &fault);
    bury(process);
}

static void fault_wake(struct wake_slot *slot)
{
    (void)slot;
    co_event_set(&supervisor.faults);
}

/* Looks once before it waits: a fault may have come before anybody listened to the slot. */
CO_BODY enum co_state supervisor_body(struct co *co)
{
    struct supervisor *s = co_frame(struct supervisor, co);
    long error;

    co_begin(co);
    process_wake_slots(startup())[FAULT_SLOT].wake = fault_wake;
    do {
        for (uint32_t i = 1; i < process_count; i++)
            look(&processes[i]);
        co_await(error, co_event_wait(co, &s->faults));
    } while (error == E_OK);
    co_return(error);
}
