/* SPDX-License-Identifier: BSD-2-Clause */
/* Long system calls for the cases about them.
 *
 * A child, worse than the suite, makes a call that takes long; the suite's timer stops it in the
 * midst. Should the call have been over by then, it is made again with more to do. */
#pragma once
#include "suite.h"

#define PART_BITS   20 /* of the Untyped that is revoked */
#define HOLDER_BITS 13

extern struct child child;
extern uint32_t part, holder;
extern uint32_t space; /* the child's address of the suite's CNode */

/* count endpoints of the Untyped in the holder's slots from 1 on. */
void fill_part(uint32_t untyped, uint32_t count);
/* The child waits for its first call. */
void calls_prepare(void);
/* What it calls with. */
struct request *request(void);
/* Let the child begin a call, and stop it after some microseconds. Value: it is under way. */
bool call_begins(unsigned number, uint32_t cptr, const uint64_t x[5], unsigned us);
/* How long to let it work, in the n-th try: how far it comes depends on the host. */
unsigned pause_us(unsigned tries);
long part_info(void);
/* The child is in the midst of the revocation of `part`, which holds thousands of endpoints. */
void revoke_begins(void);
/* The same by a thread, number 1. Value: the thread. */
uint32_t thread_revokes(void);
/* It ends when the child may run. Value: its result. */
long call_ends(void);
