/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped memory: a power of two of bytes, aligned to its size, from which objects are made.
 *
 *     |  objects, gaps  |  zeroed already  |  unknown contents  |
 *     paddr         watermark           cleared          paddr + 2^size_bits
 *
 * Objects are taken from the watermark upwards. When nothing derived from the Untyped is left, the
 * next retype begins at its start again. Memory is zeroed before an object is made of it, at most
 * UNTYPED_CLEAR_BYTES at a time; `cleared` remembers how far that came.
 */
#pragma once
#include <kernel/cap.h>

#define UNTYPED_SIZE_BITS_MIN 4
#define UNTYPED_SIZE_BITS_MAX 38 /* what the direct map can reach */
#define UNTYPED_CLEAR_BITS    16
#define UNTYPED_CLEAR_BYTES   (1ull << UNTYPED_CLEAR_BITS)

/* In bytes, a multiple of 16. */
static inline uint64_t untyped_watermark(const struct slot *cap)
{
    return (cap_data(cap) & ((1ull << 35) - 1)) << UNTYPED_SIZE_BITS_MIN;
}
/* In bytes, a multiple of UNTYPED_CLEAR_BYTES. */
static inline uint64_t untyped_cleared(const struct slot *cap)
{
    return cap_data(cap) >> 35 << UNTYPED_CLEAR_BITS;
}
static inline void untyped_set(struct slot *cap, uint64_t watermark, uint64_t cleared)
{
    cap_set_data(cap, watermark >> UNTYPED_SIZE_BITS_MIN | cleared >> UNTYPED_CLEAR_BITS << 35);
}

long sys_untyped_retype(struct process *caller, struct slot *cap, uint64_t *args);
long sys_untyped_info(struct process *caller, struct slot *cap, uint64_t *args);
