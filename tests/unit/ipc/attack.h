/* SPDX-License-Identifier: BSD-2-Clause */
/* Attacks of one process on another through the channel that they share, at every moment.
 *
 * Processes 0 and 1 share channel 0; one of them is hostile, the other one is its victim. The
 * victim shares channel 1 with process 2, which is honest. Both run the shipped library; the
 * hostile one besides does what an attack says, as another hart would, at one moment: before the
 * k-th access to the memory of channel 0 by anybody, or the k-th system call. attack_everywhere
 * tries k = 1, 2, 3, ... until the work is done before the moment comes, with messages in registers
 * and by the rings, and with servers that answer at once and that hold two calls.
 *
 * The verdict: the calls over channel 1 are answered, every one, right, and once; the log of the
 * victim says what the attack is to make it say, or nothing; no coroutine, row, request or byte of
 * memory is left when root has torn the channels down.
 */
#pragma once
#include "programs.h"

#define HOSTILE_CALLERS 6 /* callers 0.. of channel 0 */
#define HONEST_FIRST    20
#define HONEST_CALLERS  3
#define DEPTH           4
#define HONEST_PRIORITY 10
#define CEILING         10 /* the best that the hostile process may claim */

struct attack {
    const char *name;
    void (*act)(void);
    unsigned times;   /* 1: at that moment; else at each from there on, at most so often */
    const char *told; /* how what the victim logs ends; NULL: it must log nothing */
    const char *also; /* or so, at some moments */
    bool always;      /* it must be told at every moment, not only at some */
    bool harmless;    /* if the channel lives, its calls are answered right as well */
    bool forged;      /* what is answered over channel 0 may be wrong */
    bool silent_end;  /* the channel may end without a line: its peer is dead */
};

/* One side's part: whom to start, and what to look at. */
struct role {
    const char *name;
    unsigned hostile, victim;
    unsigned ways; /* 4: in_registers or not, each with and without copies; 6: and by_pairs */
    void (*start)(const struct attack *attack); /* coroutines over channel 0 */
    void (*judge)(const struct attack *attack); /* nothing runs; channel 0 still stands */
    void (*last)(void);                         /* after root has torn it down */
};

extern const struct role *attacker; /* of this program */
extern struct ipc_channel *shared;  /* of channel 0 */
extern unsigned attack_count;       /* how often the attack has acted */
extern bool in_registers;           /* in this run messages may travel so */
extern bool by_pairs;               /* in this run the server holds two calls at a time */
extern bool just_read;              /* the moment: a value has been read and not used yet */

void attack_everywhere(const struct role *role, const struct attack *attacks, unsigned count);

/* The honest calls have had their answers. */
bool honest_done(void);
/* The victim has dropped channel 0, and said so. */
bool was_dropped(void);

/* What an attack may use. */
/* Not at this moment, but at the next: where the hostile library is in the midst of its own work.
 */
bool put_off(bool when);
void ring_victim(void); /* a doorbell */
/* The messages: their words. */
static inline struct ipc_message *shared_messages(void)
{
    return ipc_lines(shared, DEPTH);
}
/* The headers. */
static inline uint64_t *shared_calls(void)
{
    return ipc_ring(shared, DEPTH, true);
}
static inline uint64_t *shared_replies(void)
{
    return ipc_ring(shared, DEPTH, false);
}
void deliver_to_victim(uint64_t header, const uint64_t *word); /* if the kernel takes it */
void end_hostile(bool told);                                   /* it dies; or only stops */
void tear_down(unsigned channel);                              /* root's part */

/* ---------------------------------------------------------------- attacks of both (attacks.c) */

extern const uint64_t garbage[6]; /* words */
uint64_t header_of(uint32_t id, unsigned priority);
/* One header more in the ring that the hostile one writes, with its library's own count kept right.
 * The words are those of the request that it may name. */
void put_header(uint64_t header);

void tail_too_far(void);
void tail_back(void);
void tail_huge(void);
void unwritten(void); /* truncated: the ring says that there is a header, and nobody wrote it */
void every_word_garbage(void);
void wait_word_anything(void);
void wakes(void);
void dies(void);
void dies_and_is_torn_down(void);
void stops(void);
/* All that the victim has just looked at becomes something else, until it looks at something again.
 */
void changed_after_check(void);
