/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes: the walk over the tree, and finding a node by path or phandle. */
#include "internal.h"

void fdt_start(struct fdt_node *node)
{
    node->offset = 0;
    node->depth = 0;
    node->name = NULL;
}

/* Set the node's own fields from the path that leads to it. */
static void describe(const struct fdt *fdt, struct fdt_node *node)
{
    const struct fdt_scope *own = &node->path[node->depth];

    node->offset = own->offset;
    node->name = (const char *)fdt->blob + own->name;
    node->interrupt_parent = own->interrupt_parent;
    /* §2.3.5: without a say from the parent, two cells of address and one of size. */
    node->address_cells = node->depth > 0 ? own[-1].address_cells : 2;
    node->size_cells = node->depth > 0 ? own[-1].size_cells : 1;
}

static uint8_t cells(const struct fdt *fdt, const struct fdt_node *node, const char *property,
                     uint8_t otherwise)
{
    uint32_t value;

    if (!fdt_u32(fdt, node, property, &value))
        return otherwise;
    return value < 255 ? (uint8_t)value : 255; /* fdt_reg refuses what is wider than two */
}

/* Step into the node that the token begins, at the given depth. */
static void enter(const struct fdt *fdt, struct fdt_node *node, const struct fdt_token *token,
                  uint32_t depth)
{
    struct fdt_scope *own = &node->path[depth];

    *own = (struct fdt_scope){.offset = token->next, .name = token->at};
    node->offset = own->offset;
    node->depth = depth;
    if (!fdt_u32(fdt, node, "interrupt-parent", &own->interrupt_parent) && depth > 0)
        own->interrupt_parent = own[-1].interrupt_parent;
    own->address_cells = cells(fdt, node, "#address-cells", 2);
    own->size_cells = cells(fdt, node, "#size-cells", 1);
    describe(fdt, node);
}

bool fdt_next(const struct fdt *fdt, struct fdt_node *node)
{
    struct fdt_token token;
    uint32_t at = node->offset == 0 ? fdt->tree : node->offset;
    uint32_t open = node->offset == 0 ? 0 : node->depth + 1; /* nodes begun and not ended */

    for (; fdt_token(fdt, at, &token); at = token.next) {
        if (token.kind == TOKEN_BEGIN_NODE) {
            if (open >= FDT_DEPTH_MAX)
                return false;
            enter(fdt, node, &token, open);
            return true;
        }
        if (token.kind == TOKEN_END_NODE && open-- == 0)
            return false;
        if (token.kind == TOKEN_END)
            return false;
    }
    return false;
}

bool fdt_parent(const struct fdt *fdt, const struct fdt_node *node, struct fdt_node *parent)
{
    if (node->offset == 0 || node->depth == 0)
        return false;
    if (parent != node)
        *parent = *node;
    parent->depth--;
    describe(fdt, parent);
    return true;
}

/* Compare one component of a path with a node's name. Value: the rest of the path, or NULL. */
static const char *match_component(const char *path, const char *name)
{
    while (*path != 0 && *path != '/' && *path != ':' && *path == *name) {
        path++;
        name++;
    }
    if (*path != 0 && *path != '/' && *path != ':')
        return NULL;
    return *name == 0 || *name == '@' ? path : NULL;
}

static const char *skip_slashes(const char *path)
{
    while (*path == '/')
        path++;
    return path;
}

static bool path_leads_to(const struct fdt *fdt, const char *path, const struct fdt_node *node)
{
    for (uint32_t i = 1; i <= node->depth; i++) {
        path = skip_slashes(path);
        if (*path == 0 || *path == ':')
            return false;
        path = match_component(path, (const char *)fdt->blob + node->path[i].name);
        if (path == NULL)
            return false;
    }
    path = skip_slashes(path);
    return *path == 0 || *path == ':';
}

bool fdt_find(const struct fdt *fdt, const char *path, struct fdt_node *node)
{
    if (*path != '/')
        return false;
    fdt_start(node);
    while (fdt_next(fdt, node))
        if (path_leads_to(fdt, path, node))
            return true;
    return false;
}

bool fdt_find_phandle(const struct fdt *fdt, uint32_t phandle, struct fdt_node *node)
{
    uint32_t value;

    fdt_start(node);
    while (fdt_next(fdt, node))
        if (fdt_u32(fdt, node, "phandle", &value) && value == phandle)
            return true;
    return false;
}
