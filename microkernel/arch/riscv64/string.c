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
    for (; end - at >= 128; at += 128) {
        uint64_t *words = (uint64_t *)at;

        words[0] = words[1] = words[2] = words[3] = word;
        words[4] = words[5] = words[6] = words[7] = word;
        words[8] = words[9] = words[10] = words[11] = word;
        words[12] = words[13] = words[14] = words[15] = word;
    }
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
        for (; bytes >= 64; bytes -= 64, t += 64, f += 64) {
            uint64_t *to_words = (uint64_t *)t;
            const uint64_t *words = (const uint64_t *)f;
            uint64_t a = words[0], b = words[1], c = words[2], d = words[3];

            to_words[0] = a, to_words[1] = b, to_words[2] = c, to_words[3] = d;
            a = words[4], b = words[5], c = words[6], d = words[7];
            to_words[4] = a, to_words[5] = b, to_words[6] = c, to_words[7] = d;
        }
        for (; bytes >= 8; bytes -= 8, t += 8, f += 8)
            *(uint64_t *)t = *(const uint64_t *)f;
    }
    while (bytes-- > 0)
        *t++ = *f++;
    return to;
}
