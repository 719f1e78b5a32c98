/* SPDX-License-Identifier: BSD-2-Clause */
/* The host: each thread has a line, and a test may switch between several. */
#pragma once
#include <abi/abi.h>

extern _Thread_local struct executor_line *executor_host_line;

static inline struct executor_line *executor_line(void)
{
    return executor_host_line;
}

/* Store a word that another virtual CPU may read, in no order with others. */
static inline void executor_publish(uint64_t *word, uint64_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

/* Load a word that others may change at any time, once, in no order with others. */
static inline uint64_t executor_peek(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

/* co_wake_slow and co_park_slow, from the inline functions. */
#define executor_wake_slow(cid) co_wake_slow(cid)
#define executor_park_slow(co)  co_park_slow(co)

/* What the kernel does when it switches the address space. Value: the line before. */
struct executor_line *executor_set_line(struct executor_line *line);

/* What the kernel does when it enters a virtual CPU: deliver the event, then run the loop until
 * it would give up the CPU (with `waiting` false: until nothing is ready). word is read for
 * EVENT_MESSAGE only. */
void executor_enter(uint64_t event, const uint64_t word[6], uint64_t header);
