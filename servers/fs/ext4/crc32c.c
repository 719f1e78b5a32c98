/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32C (polynomial 0x1edc6f41, reflected), four bits at a time: a table of 64 bytes stays in
 * the cache, and metadata is checked once for each time that it is read from the disk. */
#include "crc32c.h"

static const uint32_t table[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static uint32_t add_byte(uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    crc = crc >> 4 ^ table[crc & 15];
    return crc >> 4 ^ table[crc & 15];
}

uint32_t crc32c(uint32_t crc, const void *bytes, size_t count)
{
    const uint8_t *at = bytes;

    while (count-- > 0)
        crc = add_byte(crc, *at++);
    return crc;
}

uint32_t crc32c_32(uint32_t crc, uint32_t number)
{
    uint8_t bytes[4] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                        (uint8_t)(number >> 24)};

    return crc32c(crc, bytes, sizeof bytes);
}

uint32_t crc32c_zeros(uint32_t crc, size_t count)
{
    while (count-- > 0)
        crc = add_byte(crc, 0);
    return crc;
}
