/* SPDX-License-Identifier: BSD-2-Clause */
/* The device tree reader never looks outside of the blob, whatever stands in it. The blob is as many
 * bytes as there are; its blocks lie anywhere inside (fdt_open checks no more before it reads). */
#include "proof.h"
#include <libs/fdt/open.c>
#include <libs/fdt/property.c>

#define BYTES 32

static uint8_t blob[BYTES];

static struct fdt any_fdt(void)
{
    struct fdt fdt = {.blob = blob, .bytes = BYTES};

    __CPROVER_havoc_object(blob);
    fdt.tree = nondet_u32();
    fdt.tree_bytes = nondet_u32();
    fdt.strings = nondet_u32();
    fdt.strings_bytes = nondet_u32();
    fdt.reservations = nondet_u32();
    ASSUME(lies_in(fdt.tree, fdt.tree_bytes, BYTES));
    ASSUME(lies_in(fdt.strings, fdt.strings_bytes, BYTES));
    return fdt;
}

void proof_fdt_inside(void)
{
    uint32_t offset = nondet_u32(), bytes = nondet_u32(), total = nondet_u32();

    CHECK(lies_in(offset, bytes, total) == ((uint64_t)offset + bytes <= total));
    COVER(lies_in(offset, bytes, total) && total == UINT32_MAX);
    COVER(offset + bytes < offset);
}

void proof_fdt_token(void)
{
    struct fdt fdt = any_fdt();
    uint32_t at = nondet_u32(), end = fdt.tree + fdt.tree_bytes;
    struct fdt_token token;

    if (fdt_token(&fdt, at, &token)) {
        CHECK(at >= fdt.tree && token.next > at && token.next <= end); /* a walk ends */
        CHECK(token.at > at && token.at + (uint64_t)token.bytes <= token.next);
        CHECK(token.kind != TOKEN_BEGIN_NODE || blob[token.at + token.bytes] == 0);
        CHECK((token.next - fdt.tree) % 4 == 0);
    }
    COVER(fdt_token(&fdt, at, &token) && token.kind == TOKEN_PROP && token.bytes == 5);
    COVER(fdt_token(&fdt, at, &token) && token.kind == TOKEN_BEGIN_NODE && token.bytes > 0);
}

void proof_fdt_token_name(void)
{
    struct fdt fdt = any_fdt();
    struct fdt_token token = {.name = nondet_u32()};
    const char *name = fdt_token_name(&fdt, &token);
    uint32_t end = fdt.strings + fdt.strings_bytes;
    bool ends = false;

    if (name) {
        CHECK(name == (const char *)blob + fdt.strings + token.name);
        for (uint32_t i = 0; i < BYTES; i++)
            ends = ends || (i >= fdt.strings + token.name && i < end && blob[i] == 0);
        CHECK(ends);
    }
    COVER(name && *name);
    COVER(!name && token.name < fdt.strings_bytes);
}

void proof_fdt_reservation(void)
{
    struct fdt fdt = any_fdt();
    unsigned i = nondet_u32();
    uint64_t address, bytes;
    bool there = fdt_reservation(&fdt, i, &address, &bytes);

    CHECK(!there || fdt.reservations + ((uint64_t)i + 1) * 16 <= BYTES);
    COVER(there && i == 1);
}
