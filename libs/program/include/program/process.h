/* SPDX-License-Identifier: BSD-2-Clause */
/* How a coroutine process comes to life.
 *
 * The kernel enters at _start (arch/), which calls process_main. The usual one, in main.c, is just
 * process_run; root brings its own, which makes everything that process_run needs first.
 */
#pragma once
#include <executor/executor.h>
#include <sys/program.h>

/* Entered by _start on the first stack. Never returns. argument: as given to process_start. */
__attribute__((noreturn)) void process_main(uint64_t argument);

/* Set up executor, channels, timer and statistics as the startup page says, start the program's
 * first coroutine, and run coroutines for ever. */
__attribute__((noreturn)) void process_run(void);

/* Let wakes interrupt this virtual CPU where its coroutines allow it (co_interruptible), or no
 * more. Not between co_interruptible(true) and (false). */
void process_user_interrupts(bool on);

/* The capability of a virtual CPU, for system calls on it; it is there after co_alloc_cpu. */
uint32_t process_cpu(unsigned cpu);

/* Behind the heap lie the tables whose length root knows: one row for each coroutine, then one for
 * each wake slot. */
static inline uint64_t process_tables_bytes(uint32_t co_count, uint32_t slot_count)
{
    return co_count * sizeof(struct co_slot) + slot_count * sizeof(struct wake_slot);
}
static inline struct co_slot *process_co_slots(const struct startup *s)
{
    extern char __heap_base[];

    return (struct co_slot *)(__heap_base + s->heap_bytes);
}
static inline struct wake_slot *process_wake_slots(const struct startup *s)
{
    return (struct wake_slot *)(process_co_slots(s) + s->co_count);
}

/* Start the coroutine that answers root on the channel "supervisor", where there is one. */
void stats_start(void);

/* Row i of what stats_gauge collected, after the built-in ones; false past the last. */
bool stats_row(unsigned i, uint64_t *name, uint64_t *value);
