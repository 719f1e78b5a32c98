/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host knows of the guest's programs: where their marks are, and how to tell which program
 * runs in an address space. tools/lib/memory.py writes it, a line for each fact:
 *
 *     program FROM TO HASH STAGE        its code, what it hashes to, the stage in which it is
 * entered mark PROGRAM ADDRESS KIND STAGE   programs count from 0; KIND as in enum layout_kind
 *     together N                        operations of a window, for each row in turn
 *
 * Addresses and hashes are hexadecimal.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define LAYOUT_PROGRAMS 64u
#define LAYOUT_MARKS    256u
#define LAYOUT_ROWS     64u
#define LAYOUT_STAGES   32u

enum layout_kind {
    MARK_START,     /* a sample begins */
    MARK_STOP,      /* it ends */
    MARK_OPERATION, /* another operation of it begins */
    MARK_SAMPLE,    /* it counts */
    MARK_FORGET,    /* nothing before counts */
    MARK_ROW,       /* the row is complete */
    MARK_STAGE,     /* another stage begins */
    MARK_KINDS
};

struct layout_program {
    uint64_t from, to, hash;
    unsigned stage;
};

struct layout_mark {
    unsigned program;
    uint64_t address;
    enum layout_kind kind;
    unsigned stage;
};

struct layout {
    unsigned program_count, mark_count, row_count;
    struct layout_program program[LAYOUT_PROGRAMS];
    struct layout_mark mark[LAYOUT_MARKS]; /* in order of their addresses */
    unsigned together[LAYOUT_ROWS];
};

/* False: the file cannot be read, or a line of it is wrong. */
bool layout_read(struct layout *layout, const char *path);
/* The first mark at the address, if any: those of the same address follow it. */
const struct layout_mark *layout_marks(const struct layout *layout, uint64_t address);

/* FNV-1a, 64 bits: of nothing, and with another byte. */
#define LAYOUT_HASH 0xcbf29ce484222325ull
static inline uint64_t layout_hash(uint64_t hash, uint8_t byte)
{
    return (hash ^ byte) * 0x100000001b3ull;
}
