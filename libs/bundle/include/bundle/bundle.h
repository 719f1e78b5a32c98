/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the boot bundle. Pure: everything is checked against the bundle's bounds. */
#pragma once
#include <stdint.h>
#include <abi/abi.h>

struct bundle {
    const uint8_t *base;
    uint64_t bytes;
    const struct bundle_entry *entries;
    uint64_t entry_count;
};

/* Check a bundle of which `bytes` bytes may be read. Value: NULL, or what is wrong. */
const char *bundle_open(struct bundle *bundle, const void *base, uint64_t bytes);

/* The entry of that name; NULL if there is none. */
const struct bundle_entry *bundle_find(const struct bundle *bundle, const char *name);

/* Whether the entry is an image that can be mapped as it says. Value: NULL, or what is wrong. */
const char *bundle_check_image(const struct bundle *bundle, const struct bundle_entry *entry);

/* The bytes of a file; NULL if it is none or does not lie in the bundle whole. */
const void *bundle_file(const struct bundle *bundle, const struct bundle_entry *entry);
