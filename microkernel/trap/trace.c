/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing the trace rings. */
#include <kernel/arch.h>
#include <kernel/process.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>
#include <kernel/trace.h>
#include "../ipc/deliver.h"

static struct trace_ring *trace_rings;
static bool tracing;

void trace_init(struct trace_ring *rings, unsigned count)
{
    trace_rings = rings;
    for (unsigned i = 0; i < count; i++)
        rings[i].header =
            (struct trace_header){.magic = TRACE_MAGIC, .timebase_hz = timebase_hz, .hart = i};
}

uint32_t trace_task(const struct task *task)
{
    return task && task->process ? (uint32_t)task->process->vspace.id << 8 | (uint8_t)task->number
                                 : 0;
}

static void put(unsigned event, uint32_t task, unsigned detail, uint64_t value)
{
    struct trace_ring *ring = hart_self()->trace;
    uint64_t head = ring->header.head;

    ring->records[head % TRACE_RECORDS] = (struct trace_record){
        .cycles = arch_cycles(),
        .instructions = arch_instructions(),
        .task = task,
        .event = (uint16_t)event,
        .detail = (uint16_t)detail,
        .value = value,
    };
    /* A reader that sees the new head sees the record. */
    __atomic_store_n(&ring->header.head, head + 1, __ATOMIC_RELEASE);
}

void trace_record(unsigned event, const struct task *task, unsigned detail, uint64_t value)
{
    if (hart_self()->trace->header.head % TRACE_TIME_EVERY == 0)
        put(TRACE_TIME, 0, 0, arch_time());
    put(event, trace_task(task), detail, value);
}

void trace_follow(uint64_t unused)
{
    struct hart *hart = hart_self();
    bool on = __atomic_load_n(&tracing, __ATOMIC_ACQUIRE);

    if (on)
        hart->trace = &trace_rings[hart->number];
    /* At both ends, so that a reader can tell how fast the cycle counter runs. */
    if (hart->trace)
        put(TRACE_TIME, 0, 0, arch_time());
    if (!on)
        hart->trace = NULL;
    arch_trap_entry(on || hart->interrupted);
}

long sys_trace_control(struct process *caller, struct slot *cap, uint64_t *args)
{
    TRY(in_range(args, 0, 0, 1));
    __atomic_store_n(&tracing, args[0] != 0, __ATOMIC_RELEASE);
    hart_run(~0ull, trace_follow, 0);
    return E_OK;
}
