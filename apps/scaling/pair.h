/* SPDX-License-Identifier: BSD-2-Clause */
/* One of the pairs of processes (pair.c and its far end) that call while others do on other harts.
 */
#pragma once

/* The label of what it is asked. Word 0: calls in flight, word 1: calls, which those divide. The
 * answer comes when all calls have been answered. Word 0: 0, or an error; E_CORRUPT: an answer was
 * wrong. */
#define PAIR_RUN 1
