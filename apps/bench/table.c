/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"
#include "arch/riscv64/mark.h"
#include <inttypes.h>
#include <string.h>
#include <sys/program.h>
#include <sys/startup.h>

#define CALIBRATIONS 16

static uint64_t instructions[TABLE_SAMPLES], cycles[TABLE_SAMPLES];
static unsigned count;
static struct stamp overhead;

bool table_is_long(void)
{
    return strcmp(startup()->arguments, "long") == 0;
}

static uint64_t difference(uint64_t start, uint64_t stop, uint64_t less)
{
    uint64_t value = stop - start;

    return value > less ? value - less : 0;
}

void table_add(struct stamp start, struct stamp stop)
{
    MARK("sample");
    if (count == TABLE_SAMPLES)
        return;
    instructions[count] = difference(start.instructions, stop.instructions, overhead.instructions);
    cycles[count++] = difference(start.cycles, stop.cycles, overhead.cycles);
}

static void sort(uint64_t *values)
{
    for (unsigned i = 1; i < count; i++) {
        uint64_t value = values[i];
        unsigned k = i;

        for (; k > 0 && values[k - 1] > value; k--)
            values[k] = values[k - 1];
        values[k] = value;
    }
}

void table_open(void)
{
    for (unsigned i = 0; i < CALIBRATIONS; i++) {
        struct stamp start = stamp_start();

        table_add(start, stamp_stop());
    }
    sort(instructions);
    sort(cycles);
    overhead = (struct stamp){instructions[0], cycles[0]};
    count = 0;
    MARK("forget");
    log_line("%-22s %9s %9s %9s %9s", "row", "instr min", "median", "cycle min", "median");
}

static uint64_t each(uint64_t value, uint64_t operations)
{
    return (value + operations / 2) / operations;
}

void table_report(const char *row, uint64_t operations)
{
    unsigned middle = count / 2;

    MARK("row");
    sort(instructions);
    sort(cycles);
    if (count == 0)
        table_skip(row, "no sample");
    else
        log_line("%-22s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64, row,
                 each(instructions[0], operations), each(instructions[middle], operations),
                 each(cycles[0], operations), each(cycles[middle], operations));
    count = 0;
}

void table_close(void)
{
    struct stamp now = stamp_stop();

    log_line("done: %" PRIu64 " instructions and %" PRIu64 " cycles since reset", now.instructions,
             now.cycles);
}

void table_skip(const char *row, const char *why)
{
    log_line("%-22s not measured: %s", row, why);
}
