/* SPDX-License-Identifier: BSD-2-Clause */
/* What the three files of the reader share: loads, and the tokens of the structure block. */
#pragma once
#include <fdt/fdt.h>

/* Devicetree Specification v0.4 §5.4.1. */
#define TOKEN_BEGIN_NODE 1u
#define TOKEN_END_NODE   2u
#define TOKEN_PROP       3u
#define TOKEN_NOP        4u
#define TOKEN_END        9u

struct fdt_token {
    uint32_t kind;
    uint32_t at;    /* offset in the blob of the node's name or the property's value */
    uint32_t bytes; /* of that name or value */
    uint32_t name;  /* property: offset of its name in the strings block */
    uint32_t next;  /* offset in the blob of the next token */
};

/* Byte loads: neither the blob nor what it points to need be aligned. */
static inline uint32_t fdt_load32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline uint64_t fdt_load64(const uint8_t *p)
{
    return (uint64_t)fdt_load32(p) << 32 | fdt_load32(p + 4);
}

static inline bool fdt_equal(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* Decode the token at offset at. False if it does not lie whole in the structure block. */
bool fdt_token(const struct fdt *fdt, uint32_t at, struct fdt_token *token);

/* The property's name, zero-terminated within the strings block; NULL if it is not. */
const char *fdt_token_name(const struct fdt *fdt, const struct fdt_token *token);
