/* SPDX-License-Identifier: BSD-2-Clause */
/* The executor's own state, for those who set one up: the kernel, crt0, tests.
 *
 * One executor for each virtual CPU. arch/executor_arch.h gives executor_line(): the cache line
 * that the kernel reads (gp on riscv64, a thread-local pointer on the host); its field
 * `executor` points back here.
 */
#pragma once
#include <executor/co.h>

/* What the kernel's wake of a slot means in this process. */
struct wake_slot {
    /* The slot's bit was set. Runs between two coroutines; must not await. */
    void (*wake)(struct wake_slot *slot);
    /* A message came in registers (EVENT_MESSAGE). Value: a coroutine to resume at once (already
     * marked RUNNING by co_claim), or NULL. NULL here: messages are refused, and wake is called. */
    struct co *(*message)(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                          uint64_t w5, uint64_t header, struct wake_slot *slot);
};

/* One row of the slot table: who a cid's index means. */
struct co_slot {
    struct co *leaf;     /* the innermost body of that coroutine; NULL: free */
    uint32_t generation; /* of the present or the last owner */
    uint32_t next_free;
    void (*release)(struct co *);
    struct co *root;
    struct co_list joiners;
};

struct executor {
    struct executor_line *line;
    struct co *current;          /* NULL between coroutines */
    struct co_slot *slots;
    uint32_t slot_count;
    uint32_t first_free;
    uint32_t live;               /* coroutines that have not exited */
    uint32_t wake_slot_count;
    uint64_t *wake_words;        /* the 64 words of the executor page */
    /* Called by co_run when no coroutine is ready: flushes what was put off and gives up the CPU.
     * May return when something became ready, or not return (the kernel enters at line->pc). */
    void (*idle)(struct executor *executor);
    /* Called before a coroutine of priority worse than `deferred` is resumed, and before idle:
     * rings the doorbells that were put off. */
    void (*flush)(struct executor *executor);
    uint8_t deferred;            /* best priority of a doorbell put off; PRIORITY_NONE: none */
    bool waiting;                /* the `wait` of the innermost co_run */
    /* Ask for a wake at the deadline (ticks); ~0: none. Set by whoever owns a Timer. */
    void (*arm)(struct executor *executor, uint64_t deadline);
    struct co *sleepers;         /* by deadline */
    struct co_list ready[PRIORITY_COUNT];
};

/* Set up an executor on its line. Everything else keeps its zero or is set by the caller
 * afterwards (idle, flush, arm, wake slots). slots: slot_count rows of zeroed memory. */
void executor_init(struct executor *executor, struct executor_line *line, struct co_slot *slots,
                   uint32_t slot_count);

/* Take a blocked coroutine, store its value and mark it RUNNING, to be returned by
 * wake_slot.message: it runs next without passing the ready queue. */
struct co *co_claim(struct co *co, intptr_t value);

/* Wake all sleepers whose deadline is not after now, and arm for the next. */
void executor_expire(struct executor *executor, uint64_t now);
