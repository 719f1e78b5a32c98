/* SPDX-License-Identifier: BSD-2-Clause */
/* Children with a handler of user interrupts, for the cases about them. They are worse than the
 * suite: they run while it sleeps, and are stopped in their midst when it goes on. */
#pragma once
#include "suite.h"

#define TIMER_SLOT 11

/* Whether the N extension does it, and not an upcall. */
bool has_n(void);
/* What child n does and what became of it. */
struct interrupts *of(unsigned n);
/* Child n exists but does not run yet: the case says what it shall do. */
void upcall_child(struct child *c, unsigned n);
/* It has a timer of its own, which it sets before it spins. */
void give_timer(struct child *c, unsigned n);
void go(struct child *c, unsigned n);
/* Let it run to its spinning. */
void go_and_stop(struct child *c, unsigned n);
void ring(struct child *c);
/* End its spinning; all registers must be as they were. */
void check_registers(unsigned n);
/* Until some child has faulted. */
void wait_for_fault(void);
