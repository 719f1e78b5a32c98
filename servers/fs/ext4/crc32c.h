/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32C as ext4 uses it: start with ~0 or with an earlier result; nothing is inverted at the end.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(uint32_t crc, const void *bytes, size_t count);
/* The same over a number in little-endian order. */
uint32_t crc32c_32(uint32_t crc, uint32_t number);
/* The same over count zero bytes. */
uint32_t crc32c_zeros(uint32_t crc, size_t count);
