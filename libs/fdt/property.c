/* SPDX-License-Identifier: BSD-2-Clause */
/* Properties of a node and what they mean. */
#include "internal.h"

const void *fdt_prop(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                     uint32_t *bytes)
{
    struct fdt_token token;
    const char *found;

    if (node->offset == 0)
        return NULL;
    for (uint32_t at = node->offset; fdt_token(fdt, at, &token); at = token.next) {
        if (token.kind == TOKEN_NOP)
            continue;
        if (token.kind != TOKEN_PROP)
            return NULL; /* §5.4.2: properties come before children */
        found = fdt_token_name(fdt, &token);
        if (found != NULL && fdt_equal(found, name)) {
            if (bytes != NULL)
                *bytes = token.bytes;
            return fdt->blob + token.at;
        }
    }
    return NULL;
}

bool fdt_cell(const struct fdt *fdt, const struct fdt_node *node, const char *name, unsigned i,
              uint32_t *value)
{
    uint32_t bytes;
    const uint8_t *cell = fdt_prop(fdt, node, name, &bytes);

    if (cell == NULL || i >= bytes / 4)
        return false;
    *value = fdt_load32(cell + (size_t)i * 4);
    return true;
}

bool fdt_u32(const struct fdt *fdt, const struct fdt_node *node, const char *name, uint32_t *value)
{
    uint32_t bytes;
    const uint8_t *cell = fdt_prop(fdt, node, name, &bytes);

    if (cell == NULL || bytes != 4)
        return false;
    *value = fdt_load32(cell);
    return true;
}

const char *fdt_string(const struct fdt *fdt, const struct fdt_node *node, const char *name)
{
    uint32_t bytes;
    const char *text = fdt_prop(fdt, node, name, &bytes);

    if (text == NULL)
        return NULL;
    for (uint32_t i = 0; i < bytes; i++)
        if (text[i] == 0)
            return text;
    return NULL;
}

/* A number of 0, 1 or 2 cells. */
static uint64_t load_cells(const uint8_t *p, unsigned count)
{
    return count == 2 ? fdt_load64(p) : count == 1 ? fdt_load32(p) : 0;
}

bool fdt_reg(const struct fdt *fdt, const struct fdt_node *node, unsigned i, uint64_t *address,
             uint64_t *size)
{
    uint32_t bytes;
    const uint8_t *reg = fdt_prop(fdt, node, "reg", &bytes);
    unsigned entry_bytes = 4u * (node->address_cells + node->size_cells);

    if (reg == NULL || node->address_cells == 0 || node->address_cells > 2 ||
        node->size_cells > 2 || i >= bytes / entry_bytes)
        return false;
    reg += (size_t)i * entry_bytes;
    *address = load_cells(reg, node->address_cells);
    *size = load_cells(reg + 4u * node->address_cells, node->size_cells);
    return true;
}

/* Whether the zero-terminated string at list[*at] is name; *at moves behind it. */
static bool next_is(const char *list, uint32_t bytes, uint32_t *at, const char *name)
{
    uint32_t i = *at;
    bool same = true;

    for (; i < bytes && list[i] != 0; i++) {
        if (same && *name == list[i])
            name++;
        else
            same = false;
    }
    *at = i + 1;
    return same && *name == 0 && i < bytes;
}

bool fdt_compatible(const struct fdt *fdt, const struct fdt_node *node, const char *name)
{
    uint32_t bytes;
    uint32_t at = 0;
    const char *list = fdt_prop(fdt, node, "compatible", &bytes);

    if (list == NULL)
        return false;
    while (at < bytes)
        if (next_is(list, bytes, &at, name))
            return true;
    return false;
}

bool fdt_okay(const struct fdt *fdt, const struct fdt_node *node)
{
    const char *status;

    if (fdt_prop(fdt, node, "status", NULL) == NULL)
        return true;
    status = fdt_string(fdt, node, "status");
    return status != NULL && (fdt_equal(status, "okay") || fdt_equal(status, "ok"));
}

bool fdt_irq(const struct fdt *fdt, const struct fdt_node *node, unsigned i, uint32_t *line)
{
    if (fdt_prop(fdt, node, "interrupts", NULL) != NULL)
        return fdt_cell(fdt, node, "interrupts", i, line);
    /* Pairs of controller and line. */
    return i < 0x40000000 && fdt_cell(fdt, node, "interrupts-extended", i * 2 + 1, line);
}
