/* SPDX-License-Identifier: BSD-2-Clause */
/* Between disk.c and request.c. */
#pragma once
#include "disk.h"

/* Give count requests their memory and put them into the free list. E_NO_MEMORY. */
enum error requests_init(unsigned count);

/* What to answer for a request that the device finished. */
int64_t request_result(const struct request *request);

/* Whether the device has a cache that a flush writes out. */
bool disk_has_cache(void);
