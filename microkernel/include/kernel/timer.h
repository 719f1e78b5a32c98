/* SPDX-License-Identifier: BSD-2-Clause */
/* Time: Timer objects ring a slot at a deadline; the hart's timer serves them and time slices. */
#pragma once
#include <kernel/endpoint.h>

struct timer {
    struct endpoint binding; /* first: a timer is bound like an endpoint */
    uint64_t deadline;       /* ticks of rdtime; ~0: not set */
    uint8_t priority;
    struct timer *next; /* by deadline */
    struct timer *prev;
};

extern struct timer *timers; /* of those that are set, by deadline */
extern uint64_t timebase_hz;
extern uint64_t cycles_per_ms; /* measured at boot: accounts are kept in cycles */

/* Ring all whose deadline has passed; set the hart's timer to the next event. */
void timer_expire(uint64_t now);
/* Make sure that the timer interrupt comes no later than the deadline. */
void timer_need(uint64_t deadline);
