/* SPDX-License-Identifier: BSD-2-Clause */
/* Several virtual CPUs for one process: how they are set up, and what they share.
 *
 * Each virtual CPU has an executor with ready queues and a table of rows of its own, which no other
 * touches: that is why nothing that a single one does becomes slower. What all share is a
 * *directory*: for each row one word that says where that coroutine is. All tables have the same
 * length, and a coroutine has the same row in each; its cid stands only in the table of the virtual
 * CPU that it is at home at, so the inline co_wake finds it there, and finds nothing elsewhere, and
 * then co_wake_slow looks into the directory.
 *
 * A *fixed* coroutine stays at one virtual CPU, and there may use everything: channels, mutexes,
 * sleeps. All coroutines are fixed unless they are spawned otherwise. A *movable* one is at home
 * nowhere while it is parked or ready: then it stands in a set from which every virtual CPU takes.
 * So an idle one needs to steal from nobody's queue, and one that was preempted holds nothing back
 * but the coroutine that it was running.
 *
 *     FIXED ----------------------------- exit --> (EXITED -->) FREE
 *       ^  co_pin / co_unpin                              ^
 *       v          co_park                                |
 *     HELD -----------------> PARKED      HELD ---- exit -+
 *       ^ \-- co_yield --\      | co_wake, co_cancel
 *       |                 v     v
 *       +---- taken ------- READY <-- co_spawn_on(CO_ANY_CPU)
 *
 *     NEW: on its way to the virtual CPU where it will be FIXED, from co_spawn_on.
 *
 * Who may change a directory word: everybody, by compare and swap, but the step READY -> HELD
 * belongs to whoever will run it, and the steps out of FIXED, HELD, NEW to the virtual CPU that is
 * named in the word. Others only add the bits WAKE, CANCEL, PRIORITY, and tell that virtual CPU by
 * its mailbox. Bits in mailboxes and ready sets are hints: the word alone counts. The invariants:
 *
 *  - a READY row has its bit in a ready set, or who made it READY is about to set it;
 *  - a row with a bit for its virtual CPU (but for WAKE while HELD, at which co_park looks) has its
 *    bit in that mailbox, or who added it is about to set it;
 *  - `total` is at least the number of bits in the ready sets;
 *  - who gives up the CPU says so in `idling` first, and looks at `total` and its wakes afterwards;
 *    who sets a bit does that first, and looks at `idling` afterwards. One of the two sees the
 * other (tests/model/cpus.pml).
 *
 * No step waits for another virtual CPU, which may have been preempted in the midst of its own.
 */
#pragma once
#include <executor/co.h>

/* A row of the directory. */
struct co_home {
    uint64_t state;               /* enum home_kind and others, libs/executor/home.h */
    struct co *leaf;              /* while the coroutine is in no table: its leaf */
    void (*release)(struct co *); /* and what frees it */
    intptr_t value;               /* while EXITED: its value */
};

struct co_group {
    struct co_home *homes; /* one for each row */
    uint32_t rows;
    uint32_t words;     /* of a set of rows */
    uint64_t *free;     /* the set of free rows */
    uint64_t *ready;    /* PRIORITY_COUNT sets of movable coroutines that are ready */
    uint64_t levels;    /* bit p: look into ready set p. A hint */
    uint64_t total;     /* 0: nothing in the ready sets */
    uint64_t elsewhere; /* coroutines that live and are not fixed to virtual CPU 0 from birth */
    uint32_t count;     /* virtual CPUs */
    uint32_t sharing;   /* movable coroutines have been spawned */
    uint32_t held;      /* virtual CPU 0 counts `elsewhere` as one coroutine of its own */
    struct {
        struct executor *executor;
        uint64_t *mail; /* the set of rows that have something for this virtual CPU */
        uint32_t slot;  /* the wake slot that says so */
    } cpu[EXECUTOR_LINES];
    /* The kernel's wake: enter virtual CPU number `cpu`, which may be idle. Its wake slot
     * cpu[].slot is set already, or is set by this. Called on any virtual CPU. */
    void (*wake)(struct co_group *group, unsigned cpu, unsigned priority);
};

/* Bytes of zeroed memory that executor_group_init wants, at an address that is a multiple of 8. */
size_t executor_group_bytes(uint32_t rows);

/* Make the executor that runs virtual CPU 0 the first of a group. group is zeroed; memory has
 * executor_group_bytes(executor->slot_count). slot: a wake slot of the process that nobody else
 * uses. executor->idle has its final value. */
void executor_group_init(struct co_group *group, void *memory, uint32_t slot,
                         void (*wake)(struct co_group *, unsigned, unsigned));

/* What one more virtual CPU needs of memory, zeroed; rows: group->rows. */
struct co_cpu_memory {
    struct executor executor;
    struct wake_slot mailbox;
    uint64_t wake_word;
    struct co_slot rows[];
};
static inline size_t executor_cpu_bytes(uint32_t rows)
{
    return sizeof(struct co_cpu_memory) + rows * sizeof(struct co_slot);
}

/* Prepare virtual CPU number group->count on its line, before the kernel is told to start it. It
 * then sets line->tp and line->pc (the kernel's start leaves its own pc there), and calls
 * co_run(true), which does not return. idle: gives up its CPU. */
struct executor *executor_group_add(struct co_group *group, struct co_cpu_memory *memory,
                                    struct executor_line *line, void (*idle)(struct executor *));

/* There is something for a virtual CPU, of that priority: set its wake slot. */
void executor_kick(struct co_group *group, unsigned cpu, unsigned priority);

/* What the wake slot of a virtual CPU calls: looks through its mailbox. */
void executor_receive(struct wake_slot *slot);

/* Where the kernel enters a virtual CPU of a group. Not to be called from C. */
void executor_entry_shared(void);
