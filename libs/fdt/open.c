/* SPDX-License-Identifier: BSD-2-Clause */
/* The blob: header, memory reservations, tokens, and the check of the whole structure. */
#include "internal.h"

#define FDT_MAGIC        0xd00dfeedu
#define FDT_VERSION      17u /* §5.2: what we read; 17 is the one with size_dt_struct */
#define FDT_HEADER_BYTES 40u

/* Offsets in the header (§5.2). */
enum {
    HEADER_TOTAL = 4,
    HEADER_TREE = 8,
    HEADER_STRINGS = 12,
    HEADER_RESERVATIONS = 16,
    HEADER_VERSION = 20,
    HEADER_LAST_COMPATIBLE = 24,
    HEADER_STRINGS_BYTES = 32,
    HEADER_TREE_BYTES = 36,
};

uint32_t fdt_total_bytes(const void *blob)
{
    const uint8_t *p = blob;

    return fdt_load32(p) == FDT_MAGIC ? fdt_load32(p + HEADER_TOTAL) : 0;
}

static bool lies_in(uint32_t offset, uint32_t bytes, uint32_t total)
{
    return offset <= total && bytes <= total - offset;
}

/* Bytes of the zero-terminated string at offset at, without the zero; end if there is none. */
static uint32_t string_bytes(const struct fdt *fdt, uint32_t at, uint32_t end)
{
    uint32_t i = at;

    while (i < end && fdt->blob[i] != 0)
        i++;
    return i < end ? i - at : end;
}

bool fdt_token(const struct fdt *fdt, uint32_t at, struct fdt_token *token)
{
    uint32_t end = fdt->tree + fdt->tree_bytes;
    uint32_t padded;

    if (at < fdt->tree || at > end || end - at < 4)
        return false;
    token->kind = fdt_load32(fdt->blob + at);
    token->at = at + 4;
    token->bytes = 0;
    token->name = 0;
    if (token->kind == TOKEN_BEGIN_NODE) {
        token->bytes = string_bytes(fdt, token->at, end);
        if (token->bytes == end)
            return false;
        padded = token->bytes + 1;
    } else if (token->kind == TOKEN_PROP) {
        if (end - token->at < 8)
            return false;
        token->bytes = fdt_load32(fdt->blob + token->at);
        token->name = fdt_load32(fdt->blob + token->at + 4);
        token->at += 8;
        if (token->bytes > end - token->at)
            return false;
        padded = token->bytes;
    } else {
        padded = 0;
    }
    /* Tokens stand at multiples of four from the block's start; the last value may end short. */
    padded += -(token->at + padded - fdt->tree) & 3;
    if (padded > end - token->at)
        return false;
    token->next = token->at + padded;
    return true;
}

const char *fdt_token_name(const struct fdt *fdt, const struct fdt_token *token)
{
    uint32_t end = fdt->strings + fdt->strings_bytes;

    if (token->name >= fdt->strings_bytes)
        return NULL;
    if (string_bytes(fdt, fdt->strings + token->name, end) == end)
        return NULL;
    return (const char *)fdt->blob + fdt->strings + token->name;
}

/* One root, balanced nodes, properties before children, nothing deeper than we can follow. */
static bool structure_is_sound(const struct fdt *fdt)
{
    struct fdt_token token;
    uint32_t at = fdt->tree;
    uint32_t depth = 0;
    bool begun = false;
    bool child_seen = false;

    for (;; at = token.next) {
        if (!fdt_token(fdt, at, &token))
            return false;
        switch (token.kind) {
        case TOKEN_BEGIN_NODE:
            if ((depth == 0 && begun) || depth == FDT_DEPTH_MAX)
                return false;
            begun = true;
            child_seen = false;
            depth++;
            break;
        case TOKEN_END_NODE:
            if (depth == 0)
                return false;
            child_seen = true;
            depth--;
            break;
        case TOKEN_PROP:
            if (depth == 0 || child_seen || fdt_token_name(fdt, &token) == NULL)
                return false;
            break;
        case TOKEN_NOP:
            break;
        case TOKEN_END:
            return begun && depth == 0;
        default:
            return false;
        }
    }
}

/* The list of reservations ends with a pair of zeros within the blob. */
static bool reservations_are_sound(const struct fdt *fdt)
{
    uint64_t address, bytes;
    unsigned i = 0;

    while (fdt_reservation(fdt, i, &address, &bytes))
        i++;
    return lies_in(fdt->reservations, (i + 1) * 16, fdt->bytes);
}

int fdt_open(struct fdt *fdt, const void *blob, uint64_t max_bytes)
{
    const uint8_t *header = blob;

    if (max_bytes < FDT_HEADER_BYTES)
        return FDT_BAD_SIZE;
    if (fdt_load32(header) != FDT_MAGIC)
        return FDT_BAD_MAGIC;
    *fdt = (struct fdt){
        .blob = header,
        .bytes = fdt_load32(header + HEADER_TOTAL),
        .tree = fdt_load32(header + HEADER_TREE),
        .tree_bytes = fdt_load32(header + HEADER_TREE_BYTES),
        .strings = fdt_load32(header + HEADER_STRINGS),
        .strings_bytes = fdt_load32(header + HEADER_STRINGS_BYTES),
        .reservations = fdt_load32(header + HEADER_RESERVATIONS),
    };
    if (fdt_load32(header + HEADER_VERSION) < FDT_VERSION ||
        fdt_load32(header + HEADER_LAST_COMPATIBLE) > FDT_VERSION)
        return FDT_BAD_VERSION;
    /* Half of 32 bits is far more than any tree, and keeps sums of two offsets from wrapping. */
    if (fdt->bytes > max_bytes || fdt->bytes > 0x7fffffff || fdt->bytes < FDT_HEADER_BYTES ||
        fdt->tree < FDT_HEADER_BYTES || !lies_in(fdt->tree, fdt->tree_bytes, fdt->bytes) ||
        !lies_in(fdt->strings, fdt->strings_bytes, fdt->bytes))
        return FDT_BAD_SIZE;
    if (!reservations_are_sound(fdt) || !structure_is_sound(fdt))
        return FDT_BAD_STRUCTURE;
    return 0;
}

bool fdt_reservation(const struct fdt *fdt, unsigned i, uint64_t *address, uint64_t *bytes)
{
    const uint8_t *entry;

    if (fdt->reservations > fdt->bytes || i >= (fdt->bytes - fdt->reservations) / 16)
        return false;
    entry = fdt->blob + fdt->reservations + (size_t)i * 16;
    *address = fdt_load64(entry);
    *bytes = fdt_load64(entry + 8);
    return *address != 0 || *bytes != 0;
}
