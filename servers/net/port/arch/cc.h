/* SPDX-License-Identifier: BSD-2-Clause */
/* What lwIP wants to know of the compiler and the platform. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Protocol headers are not packed: frames are placed so that they are aligned (frames.h), and a
 * field is then one load instead of a load for each byte. link.c asserts their sizes. */
#define PACK_STRUCT_STRUCT
#define LWIP_SKIP_PACKING_CHECK 1

#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(message) net_assert_failed(message, __FILE__, __LINE__)
#define LWIP_RAND()                   net_random()

/* Report a broken invariant of lwIP and stop. */
void net_assert_failed(const char *message, const char *file, int line) __attribute__((noreturn));
/* 32 bits that a stranger cannot guess easily; see random.c. */
uint32_t net_random(void);
/* The Internet checksum of the bytes, not inverted (RFC 1071), in the host's byte order. */
uint16_t net_checksum(const void *data, int bytes);
