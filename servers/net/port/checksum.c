/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum, eight bytes at a time (RFC 1071). */
#include <arch/cc.h>
#include <stdbool.h>
#include <string.h>

/* Ones' complement addition: the carry comes back in at the bottom. */
static inline uint64_t add(uint64_t sum, uint64_t value)
{
    sum += value;
    return sum + (sum < value);
}

/* The words of a block whose start is aligned to 8. */
static uint64_t sum_words(uint64_t sum, const uint8_t *p, int words)
{
    const uint64_t *w = (const uint64_t *)(const void *)p;

    for (; words >= 4; words -= 4, w += 4) {
        sum = add(sum, w[0]);
        sum = add(sum, w[1]);
        sum = add(sum, w[2]);
        sum = add(sum, w[3]);
    }
    for (; words > 0; words--)
        sum = add(sum, *w++);
    return sum;
}

/* Fewer than eight bytes, the first of them at an offset within an aligned word. */
static uint64_t sum_bytes(uint64_t sum, const uint8_t *p, int bytes, unsigned offset)
{
    uint64_t word = 0;

    for (int i = 0; i < bytes; i++)
        word |= (uint64_t)p[i] << 8 * (offset + (unsigned)i);
    return add(sum, word);
}

uint16_t net_checksum(const void *data, int bytes)
{
    const uint8_t *p = data;
    unsigned offset = (uintptr_t)p & 7;
    bool odd = offset & 1;
    uint64_t sum = 0;

    if (offset != 0 && bytes > 0) {
        int head = bytes < (int)(8 - offset) ? bytes : (int)(8 - offset);
        sum = sum_bytes(sum, p, head, offset);
        p += head;
        bytes -= head;
    }
    sum = sum_words(sum, p, bytes / 8);
    sum = sum_bytes(sum, p + (bytes & ~7), bytes & 7, 0);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    /* Bytes were summed by their place in memory: from an odd address, halves are swapped. */
    return (uint16_t)(odd ? sum << 8 | sum >> 8 : sum);
}
