/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped memory: a power of two of bytes, aligned to its size, from which objects are made.
 *
 *     |  objects, gaps  |  zeroed already  |  unknown contents  |
 *     paddr         watermark           cleared          paddr + 2^size_bits
 *
 * Objects are taken from the watermark upwards. When nothing derived from the Untyped is left, the
 * next retype begins at its start again. Memory is zeroed before an object is made of it, at most
 * untyped_clear_bytes at a time; `cleared` remembers how far that came, in units of as many bytes.
 */
#pragma once
#include <kernel/cap.h>

#define UNTYPED_SIZE_BITS_MIN 4
#define UNTYPED_SIZE_BITS_MAX 38 /* what the direct map can reach */
#define UNTYPED_CLEAR_BITS    13
#define UNTYPED_CLEARED_BITS  25 /* of the 60 bits of data */

/* In bytes, a multiple of 16. */
static inline uint64_t untyped_watermark(const struct slot *cap)
{
    return (cap_data(cap) & ((1ull << 35) - 1)) << UNTYPED_SIZE_BITS_MIN;
}
/* log2 of the bytes zeroed in one step: 8 KiB, and 16 KiB in an Untyped of 256 GiB, whose `cleared`
 * would not find room otherwise. */
static inline unsigned untyped_clear_bits(const struct slot *cap)
{
    unsigned room = UNTYPED_CLEARED_BITS - 1;

    return cap->size_bits > UNTYPED_CLEAR_BITS + room ? cap->size_bits - room : UNTYPED_CLEAR_BITS;
}
static inline uint64_t untyped_clear_bytes(const struct slot *cap)
{
    return 1ull << untyped_clear_bits(cap);
}
/* In bytes, a multiple of untyped_clear_bytes. */
static inline uint64_t untyped_cleared(const struct slot *cap)
{
    return cap_data(cap) >> 35 << untyped_clear_bits(cap);
}
static inline void untyped_set(struct slot *cap, uint64_t watermark, uint64_t cleared)
{
    cap_set_data(cap, watermark >> UNTYPED_SIZE_BITS_MIN | cleared >> untyped_clear_bits(cap)
                                                                          << 35);
}
