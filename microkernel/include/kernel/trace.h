/* SPDX-License-Identifier: BSD-2-Clause */
/* The trace rings: what each hart does, for whoever root lets read it.
 *
 * Off, tracing costs nothing on the light ways: they have no trace points. On, traps enter at
 * trap_entry_careful (entry.S), which records system calls and takes the careful ways, where the
 * trace points are. A hart writes its own ring only; struct trace_header says how to read it.
 */
#pragma once
#include <kernel/hart.h>
#include <kernel/memory.h>

struct trace_ring {
    struct trace_header header;
    struct trace_record records[TRACE_RECORDS];
};
_Static_assert(sizeof(struct trace_ring) == TRACE_BYTES, "whole pages");

/* Boot: zeroed memory for the rings of this many harts, TRACE_BYTES each. */
void trace_init(struct trace_ring *rings, unsigned count);
/* This hart follows the last trace_control; called by each hart that joins. */
void trace_follow(uint64_t unused);

/* What trace() does when it is on. */
void trace_record(unsigned event, const struct task *task, unsigned detail, uint64_t value);
/* How records name a task; 0: none. */
uint32_t trace_task(const struct task *task);

/* Record an event of this hart, if tracing is on. task may be NULL. */
static inline void trace(unsigned event, const struct task *task, unsigned detail, uint64_t value)
{
    if (__builtin_expect(hart_self()->trace != NULL, 0))
        trace_record(event, task, detail, value);
}
