/* SPDX-License-Identifier: BSD-2-Clause */
/* A child whose threads make synchronous calls, for the cases about them. */
#pragma once
#include "suite.h"

#define THREADS 8u /* thread n uses stack n; from 1 on */

extern struct child pool;
extern uint32_t rendezvous, reply; /* the suite's */
extern uint32_t r, p;              /* the child's addresses of them */
extern uint32_t threads[THREADS];

/* The child with threads 1..count, all of priority WORSE. */
void begin(unsigned count);
/* The same; thread n has the n-th of these priorities. */
#define BEGIN(...)                                                                                 \
    do {                                                                                           \
        static const unsigned priorities_[] = {__VA_ARGS__};                                       \
        begin_with(sizeof priorities_ / sizeof priorities_[0], priorities_);                       \
    } while (0)
void begin_with(unsigned count, const unsigned *priorities);
/* Another Reply: the child's address of it. */
uint32_t another_reply(void);

/* Have thread n do this; returns when all wait. Words: first, first + 1 and so on. */
void call(unsigned n, uint32_t cptr, uint64_t first);
void call_cap(unsigned n, uint32_t cptr, uint64_t first, uint32_t capability);
void send(unsigned n, uint32_t cptr, uint64_t first, uint32_t capability);
void receive(unsigned n, uint32_t cptr, uint64_t with);
void reply_receive(unsigned n, uint32_t cptr, uint64_t with, uint64_t first);
void answer(unsigned n, uint32_t with, uint64_t first, uint32_t capability);
void wait_slot(unsigned n, uint64_t slot);
/* Thread n's next operation has this deadline, a tick. */
void until(unsigned n, uint64_t tick);

/* Thread n's call has ended with these words, and a6. */
void check_words_flags(unsigned n, uint64_t first, uint64_t badge, uint64_t flags);
void check_got(unsigned n, uint64_t first, uint64_t badge);
/* With an error, or (E_OK, of a send) with nothing. */
void check_error(unsigned n, long error);
/* Thread n has these priorities: what counts now, and its own. */
void check_priority(unsigned n, unsigned effective, unsigned own);
