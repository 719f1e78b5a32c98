/* SPDX-License-Identifier: BSD-2-Clause */
/* A client and a server, each with an executor of its own, and a channel: the shipped libraries
 * over a kernel of a few steps. */
#pragma once
#include "explore.h"

/* What a scenario asks for, before it begins. */
extern bool by_rings; /* the kernel refuses all messages in registers */
extern bool cancels;  /* what the first caller awaits is cancelled */
extern bool in_place; /* calls and answers without copies (ipc/fast.h) */
/* The server dies before its access of this number (0: never), and root tears the channel down. */
extern unsigned dies_at;
extern bool ever_died; /* it did, in some execution */

/* Mistakes. */
extern bool ring_first;    /* root rings, and then writes that the channel is dead */
extern bool forgets_slot;  /* who is rung while idle is not told the slot */
extern bool rings_in_vain; /* a doorbell does not enter an idle process */

/* Two callers with so many calls each, and who answers them. */
void begin(unsigned first, unsigned second);
/* Each call was answered right. */
void end(void);
/* Or is known to have failed, and how. */
void end_failed(void);
