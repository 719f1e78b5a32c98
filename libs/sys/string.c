/* SPDX-License-Identifier: BSD-2-Clause */
/* memcpy, memmove and memset by words, wherever source and destination lie: the C library's own for
 * rv64imac go byte by byte. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint64_t __attribute__((may_alias)) word;

/* Both aligned. Value: bytes copied, all but the last n % 8. */
static size_t copy_aligned(uint8_t *to, const uint8_t *from, size_t n)
{
    word *t = (word *)(void *)to;
    const word *f = (const word *)(const void *)from;
    size_t words = n / 8;

    for (; words >= 4; words -= 4, t += 4, f += 4) {
        uint64_t a = f[0], b = f[1], c = f[2], d = f[3];
        t[0] = a;
        t[1] = b;
        t[2] = c;
        t[3] = d;
    }
    for (; words > 0; words--)
        *t++ = *f++;
    return n & ~(size_t)7;
}

/* Only `to` aligned: each word is put together from two of the source, and none is read that does
 * not lie in it whole. Value: bytes copied. */
static size_t copy_shifted(uint8_t *to, const uint8_t *from, size_t n)
{
    unsigned kept = 8 - (unsigned)((uintptr_t)from & 7); /* bytes in `carry`, 1..7 */
    const word *f = (const word *)(const void *)(from + kept);
    word *t = (word *)(void *)to;
    size_t left = n;
    uint64_t carry = 0;

    if (n < kept + 8)
        return 0;
    for (unsigned i = 0; i < kept; i++)
        carry |= (uint64_t)from[i] << 8 * i;
    for (; left >= kept + 8; left -= 8) {
        uint64_t next = *f++;
        *t++ = carry | next << 8 * kept;
        carry = next >> 8 * (8 - kept);
    }
    return n - left;
}

void *memcpy(void *restrict to_, const void *restrict from_, size_t n)
{
    uint8_t *to = to_;
    const uint8_t *from = from_;
    size_t done;

    for (; n > 0 && ((uintptr_t)to & 7) != 0; n--)
        *to++ = *from++;
    done = ((uintptr_t)from & 7) == 0 ? copy_aligned(to, from, n) : copy_shifted(to, from, n);
    to += done;
    from += done;
    for (n -= done; n > 0; n--)
        *to++ = *from++;
    return to_;
}

void *memmove(void *to_, const void *from_, size_t n)
{
    uint8_t *to = to_;
    const uint8_t *from = from_;

    /* memcpy goes upwards and reads each word before it writes it. */
    if ((uintptr_t)to <= (uintptr_t)from - 32 || to >= from + n)
        return memcpy(to_, from_, n);
    if (to < from)
        for (size_t i = 0; i < n; i++)
            to[i] = from[i];
    else
        while (n-- > 0)
            to[n] = from[n];
    return to_;
}

void *memset(void *to_, int byte, size_t n)
{
    uint8_t *to = to_;
    word pattern = 0x0101010101010101ull * (uint8_t)byte, *t;

    for (; n > 0 && ((uintptr_t)to & 7) != 0; n--)
        *to++ = (uint8_t)byte;
    for (t = (word *)(void *)to; n >= 8; n -= 8)
        *t++ = pattern;
    for (to = (uint8_t *)t; n > 0; n--)
        *to++ = (uint8_t)byte;
    return to_;
}
