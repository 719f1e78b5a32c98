/* SPDX-License-Identifier: BSD-2-Clause */
/* Reader of flattened device trees (Devicetree Specification v0.4, chapter 5).
 *
 * Pure: no allocation, no libc, no alignment asked of the blob. Every access is checked against
 * the blob's bounds, so a hostile blob gives an error or wrong contents, never a wild access.
 * Pointers that the functions return point into the blob and live as long as it does.
 *
 *     struct fdt fdt;
 *     struct fdt_node node;
 *
 *     if (fdt_open(&fdt, blob, max_bytes) < 0)
 *         ...;
 *     fdt_start(&node);
 *     while (fdt_next(&fdt, &node))
 *         if (fdt_compatible(&fdt, &node, "ns16550a") && fdt_reg(&fdt, &node, 0, &addr, &size))
 *             ...;
 *
 * Addresses are as the node's bus sees them: `ranges` of the parents are not applied (they are
 * empty, which means equal, for the devices of all supported boards).
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FDT_DEPTH_MAX 16 /* levels of nodes; a deeper tree is refused by fdt_open */

/* Why fdt_open refused. */
#define FDT_BAD_MAGIC     (-1)
#define FDT_BAD_SIZE      (-2)
#define FDT_BAD_VERSION   (-3)
#define FDT_BAD_STRUCTURE (-4)

struct fdt {
    const uint8_t *blob;
    uint32_t bytes; /* of the whole blob */
    uint32_t tree;  /* offsets and lengths of its three blocks */
    uint32_t tree_bytes;
    uint32_t strings;
    uint32_t strings_bytes;
    uint32_t reservations;
};

/* What one node on the path from the root tells its children. */
struct fdt_scope {
    uint32_t offset;           /* of its first property in the blob */
    uint32_t name;             /* offset of its name in the blob */
    uint32_t interrupt_parent; /* phandle, own or inherited; 0: none */
    uint8_t address_cells;     /* of its children's reg */
    uint8_t size_cells;
};

/* A node, and the position of a walk. Copy it to remember a node. */
struct fdt_node {
    uint32_t offset;           /* of its first property in the blob; 0: the walk has not begun */
    uint32_t depth;            /* the root's is 0 */
    const char *name;          /* with unit address, zero-terminated; the root's is "" */
    uint32_t interrupt_parent; /* phandle of its interrupt controller; 0: none */
    uint8_t address_cells;     /* of its own reg, as its parent says */
    uint8_t size_cells;
    struct fdt_scope path[FDT_DEPTH_MAX]; /* path[0] is the root, path[depth] the node */
};

/* ---------------------------------------------------------------- the blob */

/* Total length that the header claims; 0 if blob does not begin with the magic number. Reads
 * 8 bytes. */
uint32_t fdt_total_bytes(const void *blob);

/* Check the whole structure of the blob and set fdt. max_bytes: how much may be read at blob.
 * Value: 0, or FDT_BAD_*. */
int fdt_open(struct fdt *fdt, const void *blob, uint64_t max_bytes);

/* The i-th memory reservation (§5.3). False past the last. */
bool fdt_reservation(const struct fdt *fdt, unsigned i, uint64_t *address, uint64_t *bytes);

/* ---------------------------------------------------------------- nodes */

/* Make node the position before the root. */
void fdt_start(struct fdt_node *node);

/* Go to the next node, parents before children. False at the end. */
bool fdt_next(const struct fdt *fdt, struct fdt_node *node);

/* The node that contains node; false for the root. */
bool fdt_parent(const struct fdt *fdt, const struct fdt_node *node, struct fdt_node *parent);

/* Find a node by its path ("/", "/chosen", "/soc/serial@10000000"). A unit address may be left
 * out: then the first that fits. The path ends at a zero byte or at ':' (as in stdout-path). */
bool fdt_find(const struct fdt *fdt, const char *path, struct fdt_node *node);

/* Find the node with this phandle. */
bool fdt_find_phandle(const struct fdt *fdt, uint32_t phandle, struct fdt_node *node);

/* ---------------------------------------------------------------- properties */

/* The value of the property and its length (bytes may be NULL); NULL if the node has none. An
 * empty property gives a pointer that is not NULL, and 0. */
const void *fdt_prop(const struct fdt *fdt, const struct fdt_node *node, const char *name,
                     uint32_t *bytes);

/* The i-th 32-bit cell of a property. False if there is none. */
bool fdt_cell(const struct fdt *fdt, const struct fdt_node *node, const char *name, unsigned i,
              uint32_t *value);

/* The property as one 32-bit number: its length must be 4. */
bool fdt_u32(const struct fdt *fdt, const struct fdt_node *node, const char *name, uint32_t *value);

/* The property as one zero-terminated string (the first of a list); NULL if it is none. */
const char *fdt_string(const struct fdt *fdt, const struct fdt_node *node, const char *name);

/* The i-th entry of reg. size is 0 where the parent has no size cells. False if there is none or
 * a number is wider than 64 bits. */
bool fdt_reg(const struct fdt *fdt, const struct fdt_node *node, unsigned i, uint64_t *address,
             uint64_t *size);

/* Whether the list of compatible names holds name. */
bool fdt_compatible(const struct fdt *fdt, const struct fdt_node *node, const char *name);

/* Whether the node's status lets it be used: absent, "okay" or "ok" (§2.3.4). */
bool fdt_okay(const struct fdt *fdt, const struct fdt_node *node);

/* The i-th interrupt line, from interrupts or interrupts-extended, for controllers with one cell
 * for an interrupt (PLIC). */
bool fdt_irq(const struct fdt *fdt, const struct fdt_node *node, unsigned i, uint32_t *line);
