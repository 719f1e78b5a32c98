/* SPDX-License-Identifier: BSD-2-Clause */
/* The executor's own state, for those who set one up: the kernel, crt0, tests.
 *
 * One executor for each virtual CPU. <executor/arch.h> gives executor_line(): the cache line
 * that the kernel reads (gp on riscv64, a thread-local pointer on the host); its field
 * `executor` points back here. README.md tells how the kernel and crt0 set one up.
 */
#pragma once
#include <executor/arch.h>
#include <executor/co.h>

/* What the kernel's wake of a slot means in this process. */
struct wake_slot {
    /* The slot's bit was set. Runs between two coroutines; must not await. */
    void (*wake)(struct wake_slot *slot);
    /* A message came in registers (EVENT_MESSAGE). Value: a coroutine to resume at once (already
     * marked RUNNING by co_claim), or NULL. NULL here: messages are refused, and wake is called. */
    struct co *(*message)(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                          uint64_t w5, uint64_t header, struct wake_slot *slot);
    /* Whatever the two functions want to know: the end of a channel, an interrupt. */
    void *owner;
    /* The slot was rung while the virtual CPU was idle (EVENT_RUNG); its bit is not set. Value: as
     * of message. NULL here: wake is called. Where both are given, wake does the same for a slot
     * whose bit was set. */
    struct co *(*rung)(struct wake_slot *slot);
};
_Static_assert(sizeof(struct wake_slot) == 32, "found by a shift");

/* One row of the slot table: who a cid's index means. Zero is a free row. */
struct co_slot {
    uint64_t cid;    /* of the owner; of a free row: a number that no look-up finds here, with the
                        generation of the last owner */
    struct co *leaf; /* the innermost body of that coroutine; NULL: free */
    union {
        void (*release)(struct co *);
        uint64_t next_free; /* of a free row: 1 + the next's number; 0: the row after this one */
    };
    struct co *joiners; /* who awaits its end, first come first, linked by next */
};
#define CO_SLOT_SHIFT 5
_Static_assert(sizeof(struct co_slot) == 1 << CO_SLOT_SHIFT, "two to a cache line");

/* A ready queue. Empty: first is NULL and last points to it. */
struct co_ready_queue {
    struct co *first;
    struct co **last; /* the link that the next one is put into */
};

/* executor.next: what the loop takes next, as far as that is known without a search (see
 * internal.h). Greater than EXECUTOR_NEXT_MAX: the address of a coroutine. Else its low byte is the
 * *hot* priority, the best one that is ready or running, or more than that where it is not known.
 * A parked coroutine of the hot priority has EXECUTOR_OPEN for its priority_status. */
#define EXECUTOR_OPEN(priority)   ((int64_t)(CO_PARKED << 8) + (priority)) /* nothing of it waits */
#define EXECUTOR_COLD             0x5ffl                                   /* look for the best */
#define EXECUTOR_LOOKING          0x6ffl                                   /* so it does */
#define EXECUTOR_QUEUED(priority) (-0x300l + (priority))                   /* the first of *queue */
#define EXECUTOR_NEXT_MAX         0x7ffl

/* executor.deferred_waiting where nothing is put off and the innermost co_run waits. */
#define EXECUTOR_MAY_IDLE (PRIORITY_NONE | 1 << 8)

struct co_group;

struct executor {
    struct co *current; /* the leaf of the running coroutine; NULL between coroutines */
    struct co_slot *slots;
    uint64_t slot_mask;           /* of the low bits of a cid that say where its row is */
    int64_t next;                 /* what the loop takes next, see EXECUTOR_OPEN */
    struct co_ready_queue *queue; /* that of the hot priority, if there is one */
    uint64_t bitmap_rest;         /* then: line->bitmap while that queue is empty */
    uint32_t live;                /* coroutines that have not exited */
    union {
        struct {
            uint8_t deferred; /* best priority of a doorbell put off; PRIORITY_NONE: none */
            bool waiting;     /* the `wait` of the innermost co_run */
        };
        uint16_t deferred_waiting; /* both, to be compared at once */
    };

    struct executor_line *line;
    uint32_t slot_count;
    uint32_t first_free; /* slot_count: none */
    uint32_t outer;      /* coroutines that run below a nested co_run */
    uint32_t no_heat;    /* reasons to have no hot priority: coroutines that have been cancelled and
                          * not exited, and a policy that wants to look each time */
    uint32_t wake_slot_count;
    uint64_t *wake_words; /* the 64 words of the executor page */
    /* This virtual CPU's word at EXECUTOR_INTERRUPTIBLE. Set by whoever has registered
     * executor_upcall or executor_uret as handler; NULL: no user interrupts. */
    uint64_t *interruptible;
    /* Called by co_run when no coroutine is ready: flushes what was put off and gives up the CPU.
     * May return when something became ready, or not return (the kernel enters at line->pc). */
    void (*idle)(struct executor *executor);
    /* Called before a coroutine of priority worse than `deferred` is resumed, and before idle:
     * rings the doorbells that were put off, and sets `deferred` to PRIORITY_NONE. */
    void (*flush)(struct executor *executor);
    /* Ask for a wake at the deadline (ticks); ~0: none. Set by whoever owns a Timer. */
    void (*arm)(struct executor *executor, uint64_t deadline);
    /* A coroutine has overrun its stack. Does not return. NULL: trap. */
    void (*overflow)(struct executor *executor, struct co *co);
    /* co_policy. For a strict executor: the global bitmap, a word for each hart, and what gives up
     * the CPU while coroutines are ready; NULL: it cannot be strict. */
    const uint64_t *global;
    void (*yield)(struct executor *executor);
    bool strict;
    uint32_t floor;
    uint32_t takes;                     /* for the floor */
    struct co *sleepers, *last_sleeper; /* by deadline */
    struct co_timeout *timeouts, *last_timeout;
    void (*expire_timeouts)(struct executor *executor, uint64_t now); /* NULL: none so far */
    /* Several virtual CPUs: <executor/cpus.h>. NULL: there is one. */
    struct co_group *group;
    uint32_t number;
    bool sharing;           /* looks at the ready sets */
    bool turn;              /* of movable ones, among equals */
    uint64_t idling;        /* gives up its CPU. Read by others */
    uint64_t called;        /* somebody wakes it for a movable coroutine. Written by others */
    uint32_t cursor;        /* where to look first in a ready set */
    struct co_list joining; /* those here that join coroutines elsewhere */
    void (*give_up)(struct executor *executor); /* what was `idle` */
    struct co_ready_queue ready[PRIORITY_COUNT];
};

/* Set up an executor (zeroed memory) on its line, and the line's `executor`, `bitmap`, `running`
 * and `pc`. Everything else keeps its zero or is set by the caller afterwards (idle, flush, arm,
 * wake slots, line->slots, line->tp).
 * slots: slot_count rows of zeroed memory, a power of two from 2 on (else rounded down to one). */
void executor_init(struct executor *executor, struct executor_line *line, struct co_slot *slots,
                   uint32_t slot_count);

/* A doorbell of that priority is put off until flush. Use this to lower `deferred`. */
static inline void executor_defer(struct executor *executor, unsigned priority);

/* Take a blocked coroutine, store its value and mark it RUNNING, to be returned by
 * wake_slot.message: it runs next without passing the ready queue. */
static inline struct co *co_claim(struct co *co, intptr_t value);

/* co_complete for many of one priority, linked by next in this order; link is that of the last one.
 * Each has its value, no cancel, and the status READY already. */
void co_complete_all(struct co *first, struct co **link, unsigned priority);

/* Mark the running coroutine as blocked and leave no coroutine current, as if its body had
 * returned CO_PENDING: for an operation that gives up the CPU itself by a system call that may not
 * return. If the call does return, go on and return CO_PENDING. */
static inline void co_block(struct co *co);

/* End a coroutine of this executor that is ready, or has called co_block, without resuming it: its
 * frame is the caller's from now on. It must have called no other body. The kernel only. */
void co_abandon(struct co *co);

/* Whether the running coroutine is all that there is to do: nothing ready, no wake to look at, no
 * doorbell put off. Then an operation of it may end in a system call that gives up the CPU
 * (co_block first). False for a coroutine that is being cancelled or has a stack of its own, and
 * where movable ones run: only `idle` looks whether some are ready, and says that it idles. */
static inline bool executor_only_current(const struct co *co);

/* The same for the coroutine that runs, and the innermost co_run would wait. */
static inline bool executor_is_alone(const struct co *co);

/* In place of co_block, where executor_is_alone: what is hot stays hot, so that a message in
 * registers for a coroutine of that priority goes straight to it. Should the system call return,
 * call executor_stay() and return CO_PENDING. */
static inline void executor_leave(void);
static inline void executor_stay(void);

/* Set an event from wake_slot.rung; the first that waits is claimed: it is the value. */
static inline struct co *co_event_claim(struct co_event *event);

/* The first deadline that somebody waits for; ~0: none. */
static inline uint64_t executor_deadline(const struct executor *executor);

/* Wake all sleepers whose deadline is not after now, end the awaits whose time is over, and arm for
 * the next deadline. */
void executor_expire(struct executor *executor, uint64_t now);

/* Run the loop: `first` (RUNNING, from co_claim) at once, if not NULL, then whatever is ready.
 * Returns when co_run is to return. co_run and executor_entry call it, and the kernel does, on a
 * stack that it may leave by jumping away from a body. */
void executor_loop(struct co *first);

/* Where the kernel enters user space after a yield (executor_line.pc), with an event in a7. Not to
 * be called from C. */
void executor_entry(void);

/* Handlers for the system call user_interrupt, entered by an upcall or by the N extension; see
 * interrupt.c. Not to be called from C. */
void executor_upcall(void);
void executor_uret(void);
/* What they call: moves wakes to the ready queues, while a coroutine runs. */
void executor_interrupted(void);

/* Find the wake slot of an EVENT_MESSAGE and give it the message. Value: the coroutine for
 * executor_loop, or NULL. An event that names no slot is dropped; a slot that takes no messages is
 * woken. */
struct co *executor_message(uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
                            uint64_t w5, uint64_t header, uint64_t event);

/* An EVENT_RUNG of a slot that has no function for it. Value: what is ready now, for executor_loop,
 * or NULL. */
struct co *executor_rung(struct wake_slot *slot);

/* For a wake_slot.rung that resumes coroutines by itself, one after the other, while the executor
 * has no better ones: make this priority hot, and published as that which runs. False: something is
 * ready, or no priority can be hot; then leave it to executor_rung. */
static inline bool executor_begin(unsigned priority);
/* Then, for each: it is blocked, of that priority, without flags, and its await has ended (value,
 * and no cancel). Its body runs, and what awaits that. True: it has suspended, nothing of any
 * priority is ready, and there is no wake to look at: go on with the next one. False: return NULL
 * to the loop, after the rest was completed as usual. Until this has returned, whoever calls has a
 * doorbell put off, so that no operation in between gives up the CPU. */
static inline bool executor_resume(struct executor *executor, struct co *co, unsigned priority);

/* For the executor and for the kernel: the number of the lowest bit that is set; bits != 0.
 * (rv64imac has no instruction for it: isolate the bit; multiplying by a de Bruijn sequence moves
 * its number to the top six bits.) */
extern const uint8_t executor_bit_number[64] __attribute__((visibility("hidden")));
static inline unsigned first_bit(uint64_t bits)
{
    return executor_bit_number[(bits & -bits) * 0x03f79d71b4cb0a89ull >> 58];
}

#include <executor/fast.h>
