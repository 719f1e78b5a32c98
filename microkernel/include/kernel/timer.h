/* SPDX-License-Identifier: BSD-2-Clause */
/* Time: Timer objects ring a slot at a deadline; the hart's timer serves them and time slices. */
#pragma once
#include <kernel/deadline.h>
#include <kernel/endpoint.h>

struct timer {
    struct endpoint binding; /* first: a timer is bound like an endpoint */
    struct deadline deadline;
    uint8_t priority;
};
_Static_assert(sizeof(struct timer) <= 128, "128 bytes");

extern uint64_t timebase_hz;
extern uint64_t cycles_per_ms; /* measured at boot: accounts are kept in cycles */

/* Serve the first deadline if it has passed; set the hart's timer to the next, or to the end of the
 * slice. With the kernel lock held. */
void timer_expire(uint64_t now);
/* Make sure that the timer interrupt comes no later than the deadline. */
void timer_need(uint64_t deadline);
