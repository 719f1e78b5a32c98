/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of answers: heads, error pages, content types. Pure. */
#pragma once
#include "http.h"

#define PAGE_HEAD_MAX (HTTP_TARGET_MAX + 512u) /* a head fits into this, and an error page does */

struct page {
    unsigned status;
    uint64_t bytes; /* of the body */
    const char *type;
    bool keep_alive;
    const char *location; /* of a redirect: target_bytes of it, then a slash; NULL: none */
    uint32_t location_bytes;
};

/* Write the head. Value: its bytes, less than PAGE_HEAD_MAX. */
size_t page_head(char *to, const struct page *page);

/* Write the body that goes with a status that is no success. Value: its bytes. */
size_t page_error(char *to, unsigned status);

/* The content type for a path, by its suffix. */
const char *page_type(const char *path);
