/* SPDX-License-Identifier: BSD-2-Clause */
/* The three functions of <string.h> that the compiler may call; whole words where aligned. */
#include <stdint.h>
#include <string.h>

void *memset(void *to, int byte, size_t bytes)
{
    uint8_t *at = to, *end = at + bytes;
    uint64_t word = 0x0101010101010101ull * (uint8_t)byte;

    while (at < end && (uintptr_t)at % 8 != 0)
        *at++ = (uint8_t)byte;
#pragma GCC unroll 16
    for (; end - at >= 8; at += 8)
        *(uint64_t *)at = word;
    while (at < end)
        *at++ = (uint8_t)byte;
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    if (((uintptr_t)t | (uintptr_t)f) % 8 == 0) {
#pragma GCC unroll 8
        for (; bytes >= 8; bytes -= 8, t += 8, f += 8)
            *(uint64_t *)t = *(const uint64_t *)f;
    }
    while (bytes-- > 0)
        *t++ = *f++;
    return to;
}
