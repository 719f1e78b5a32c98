/* SPDX-License-Identifier: BSD-2-Clause */
/* The system call fuzzer: what its files share.
 *
 * The fuzzer is the first process. It makes no random call itself: it builds a world of hostile
 * processes and threads in an arena, lets them make calls, has the kernel check itself about every
 * thousand calls, and destroys the world after a while, whereupon everything must be as before.
 *
 * A hostile task is an actor. Its code is in actor.c and arguments.c, which run in the children:
 * they have no variables but the actor in the shared memory, and write nothing else there.
 *
 * In each capability space of a world a capability of type t lies, as far as the fuzzer has put it
 * there, in the region of its type: REGION slots from 1 + t * REGION. Calls mostly name slots of
 * the region that they need.
 */
#pragma once
#include <suite.h>

#define SPACE_BITS 8 /* log2 of the slots of each CNode that holds a region for each type */
#define REGION     (((1u << SPACE_BITS) - 1) / OBJECT_COUNT)

#define FILLED     5  /* slots of a region that are full in a new world */
#define ACTORS     16 /* in one world, at most */
#define BASES      3  /* addresses at which an actor sees a CNode with regions */
#define MAP_PAGES  64 /* pages at WINDOW that frames are mapped at */
#define WAKE_RANGE 16 /* wake slots that things are bound to and waited for, mostly */

/* One hostile task. The shared memory holds an array of them. */
struct actor {
    uint64_t random;
    uint64_t digest; /* of numbers, arguments and results, in order */
    uint64_t calls;
    uint32_t bases[BASES];
    uint8_t index;
    bool is_thread;
    bool calm;         /* changes nobody's registers, and nobody changes this one's */
    bool wild;         /* touches memory and executes what is no instruction */
    uint8_t broken;    /* enum broken, and the call that broke it */
    uint64_t broke[2]; /* a7 of the call, the value that should not be */
    uint64_t x[SYSCALL_MESSAGE_WORDS]; /* arguments, then results, of the last call */
    uint64_t invoked;                  /* a7 of the last call */
};
_Static_assert(sizeof(struct actor) <= 256, "16 in a page");

enum broken { BROKEN_NOTHING, BROKEN_REGISTERS, BROKEN_RESULTS };

struct fuzz_shared {
    struct actor actors[ACTORS];
    uint64_t made[256]; /* calls by number */
    uint64_t good[256]; /* and those that did not return an error */
};
#define FUZZ_SHARED       ((struct fuzz_shared *)0x51f1000)
#define FUZZ_SHARED_PAGES 3
_Static_assert(sizeof(struct fuzz_shared) <= 4096 * FUZZ_SHARED_PAGES, "as many pages");

enum fuzz_kind {
    KIND_ANY,
    KIND_CAP,
    KIND_TYPE,
    KIND_SIZE_BITS,
    KIND_INDEX,
    KIND_COUNT,
    KIND_RIGHTS,
    KIND_BADGE,
    KIND_PRIORITY,
    KIND_VADDR,
    KIND_PC,
    KIND_SP,
    KIND_DEADLINE,
    KIND_SLOT,
    KIND_LINE,
    KIND_SMALL,
    KIND_HEADER,
    KIND_WORD,
    KIND_COUNT_OF
};

/* A system call, as abi.toml declares it. */
struct fuzz_call {
    const char *name;
    uint8_t cap; /* object type of what is invoked, or a group; OBJECT_NULL: nothing */
    uint8_t weight;
    bool threads_only;
    bool rough; /* sets registers of another task, or its stack */
    uint8_t count;
    struct {
        uint8_t kind;
        uint8_t type; /* of a capability, or a group */
    } args[7];
};

/* The call, or NULL if none has the number (arguments.c). */
const struct fuzz_call *fuzz_call(unsigned number);
/* Random: a call and its arguments, in actor->invoked and actor->x. */
void fuzz_choose(struct actor *actor);

static inline uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dull;
}
static inline uint32_t random_below(uint64_t *state, uint32_t limit)
{
    return (uint32_t)((random_next(state) >> 32) * limit >> 32);
}

/* The slot that a type's region begins with. */
static inline uint32_t region(unsigned type)
{
    return 1 + type * REGION;
}

/* Entries of actors; argument: the number of the actor. actor_start is a process's, which has
 * an executor page, actor_thread a thread's. */
void actor_start(uint64_t number);
void actor_thread(uint64_t number);

/* System call with x[0..7], but a7 = invoked, and x[8..11] in t3..t6; results in x. Value: the
 * bitwise or of all other registers that must be zero afterwards, and of the changes in those that
 * must be preserved (arch/). */
uint64_t fuzz_invoke(uint64_t x[SYSCALL_MESSAGE_WORDS], uint64_t invoked);
/* Executes one of four things that are no instruction for a user (arch/). */
void fuzz_illegal(uint64_t which);

/* ---- the fuzzer's own (world.c) ---- */

/* Make a world of actors; what it looks like depends on the state. Nobody acts before it is whole:
 * on other harts actors run as soon as they are started. */
void world_make(uint64_t *random);
/* Whether no actor changes registers or stacks of others in it. */
bool world_is_calm(void);
/* Disturb it from outside: ring, raise an interrupt. */
void world_stir(uint64_t *random);
/* Destroy it, and check that all memory came back. */
void world_end(void);
void world_open(void);
