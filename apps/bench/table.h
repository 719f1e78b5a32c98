/* SPDX-License-Identifier: BSD-2-Clause */
/* Samples of the counters, and the lines of the table, which tools/bench reads.
 *
 * A sample is the difference of two stamps, less what stamping itself costs. A row collects samples
 * one after the other, each of one operation or of a run of them, and reports the minimum and the
 * median for one operation: instructions and cycles, as rdinstret and rdcycle count them.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/counter.h>

#define TABLE_SAMPLES 64 /* at most, for each row */

struct stamp {
    uint64_t instructions;
    uint64_t cycles;
};

/* Before what is measured, and after it: the instructions are read nearest to it. */
static inline struct stamp stamp_start(void)
{
    struct stamp stamp;

    stamp.cycles = counter_cycles();
    stamp.instructions = counter_instructions();
    return stamp;
}
static inline struct stamp stamp_stop(void)
{
    struct stamp stamp;

    stamp.instructions = counter_instructions();
    stamp.cycles = counter_cycles();
    return stamp;
}

/* What the program was asked for: many operations, so that no start or end weighs in a row, or few
 * ("long" is not among its arguments), so that the whole table takes some million cycles. */
bool table_is_long(void);

/* Measure what stamping costs, and print the heading. Once, before the first row. */
void table_open(void);
void table_add(struct stamp start, struct stamp stop);
/* Print the row of the samples that were added since the last one. operations: in each sample. */
void table_report(const char *row, uint64_t operations);
/* Print that the table is complete, and where the counters stand. */
void table_close(void);
/* Print that a row cannot be measured here. */
void table_skip(const char *row, const char *why);
