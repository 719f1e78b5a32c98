/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices: from a row of the system file to registers, interrupt and DMA memory.
 *
 * A row selects by `compatible`; several nodes of the device tree may match (QEMU's eight virtio
 * slots do), so they are taken in order of address. A virtio slot is asked for its type first: its
 * registers are mapped into root's window for that.
 */
#include <stdio.h>
#include <string.h>
#include <sys/program.h>
#include <sys/syscall.h>
#include "build.h"

#define READ_WRITE (RIGHT_READ | RIGHT_WRITE)

/* virtio 1.2 §4.2.2 */
#define VIRTIO_MAGIC  0x74726976u
#define VIRTIO_REG_ID 2 /* in words */
#define CLAIMS_MAX    128

/* Device registers of which frames were made: an Untyped gives each page only once. */
struct claim {
    uint64_t paddr;
    uint32_t first;
    uint32_t pages;
    const struct process *owner; /* NULL: only looked at */
};

/* A node of the tree that a row may mean. */
struct node {
    uint64_t base;
    uint64_t bytes;
    uint32_t line; /* of its interrupt, 0: none */
};

struct device devices[DEVICES_MAX];
uint32_t device_count;
static struct claim claims[CLAIMS_MAX];
static uint32_t claim_count;

/* The Untyped that begins at this address. */
static const struct boot_untyped *find_untyped(uint64_t paddr)
{
    for (uint32_t i = 0; i < boot_info()->untyped_count; i++) {
        const struct boot_untyped *row = &boot_info()->untyped[i];

        if (row->device && row->paddr == paddr)
            return row;
    }
    return NULL;
}

/* Frames for all pages of a run of registers; the kernel may have cut it into several Untypeds. */
static long make_frames(uint64_t paddr, uint32_t pages, uint32_t first)
{
    for (uint32_t done = 0; done < pages;) {
        const struct boot_untyped *untyped = find_untyped(paddr + done * PAGE_BYTES);
        uint32_t some = pages - done < RETYPE_COUNT_MAX ? pages - done : RETYPE_COUNT_MAX;
        long error;

        if (!untyped)
            return E_NO_DEVICE;
        if (untyped->size_bits < 20 && some > 1u << (untyped->size_bits - PAGE_BITS))
            some = 1u << (untyped->size_bits - PAGE_BITS);
        error = sys_untyped_retype(untyped->cptr, OBJECT_FRAME, PAGE_BITS, ROOT_CNODE, first + done,
                                   some);
        if (error)
            return error;
        done += some;
    }
    return E_OK;
}

static long claim_registers(const struct node *node, struct claim **out)
{
    uint64_t paddr = node->base & ~(PAGE_BYTES - 1);
    uint64_t bytes = whole_pages(node->base + node->bytes) - paddr;
    struct claim *claim = &claims[claim_count];
    long error;

    for (uint32_t i = 0; i < claim_count; i++) {
        *out = &claims[i];
        if (claims[i].paddr == paddr)
            return claims[i].pages * PAGE_BYTES >= bytes ? E_OK : E_IN_USE;
    }
    if (claim_count == CLAIMS_MAX || bytes / PAGE_BYTES > WINDOW_PAGES)
        return E_TOO_MANY;
    *claim = (struct claim){.paddr = paddr, .pages = (uint32_t)(bytes / PAGE_BYTES)};
    error = slots_take(&root_process()->holding.slots, claim->pages, &claim->first);
    if (error == E_OK)
        error = make_frames(paddr, claim->pages, claim->first);
    if (error)
        return error;
    claim_count++;
    *out = claim;
    return E_OK;
}

/* The type that a virtio slot reports; 0: empty, or no virtio device. */
static long virtio_type(const struct node *node, uint32_t *type)
{
    const volatile uint32_t *registers;
    struct claim *claim;
    void *window;
    long error = claim_registers(node, &claim);

    *type = 0;
    if (error || claim->owner) /* whoever owns it was looked at before */
        return error;
    error = window_open(claim->first, 1, &window);
    if (error)
        return error;
    registers = (const volatile uint32_t *)((char *)window + node->base % PAGE_BYTES);
    if (registers[0] == VIRTIO_MAGIC)
        *type = registers[VIRTIO_REG_ID];
    return window_close(claim->first, 1);
}

/* The matching node with the lowest address above `above`. */
static bool next_node(const struct fdt *fdt, const char *compatible, uint64_t above, bool any,
                      struct node *out)
{
    struct fdt_node node;
    struct node found;
    bool is_found = false;

    fdt_start(&node);
    while (fdt_next(fdt, &node)) {
        if (!fdt_compatible(fdt, &node, compatible) || !fdt_okay(fdt, &node) ||
            !fdt_reg(fdt, &node, 0, &found.base, &found.bytes) || found.bytes == 0)
            continue;
        if ((!any && found.base <= above) || (is_found && found.base >= out->base))
            continue;
        if (!fdt_irq(fdt, &node, 0, &found.line))
            found.line = 0;
        *out = found;
        is_found = true;
    }
    return is_found;
}

/* The node that the row means. */
static long find_node(const struct fdt *fdt, const struct system_device_row *row, struct node *node)
{
    uint32_t left = row->index;

    for (bool first = true; next_node(fdt, row->compatible, node->base, first, node);
         first = false) {
        uint32_t type = 0;
        long error = row->virtio ? virtio_type(node, &type) : E_OK;

        if (error)
            return error;
        if (type == row->virtio && left-- == 0)
            return E_OK;
    }
    return E_NO_DEVICE;
}

static long map_registers(struct device *device, const struct node *node)
{
    struct process *owner = device->owner;
    struct claim *claim;
    uint64_t vaddr = owner->device_next;
    long error = claim_registers(node, &claim);

    if (error)
        return error;
    if (claim->owner)
        return E_IN_USE;
    claim->owner = owner;
    for (uint32_t i = 0; error == E_OK && i < claim->pages; i++)
        error = space_map_copy(owner, claim->first + i, vaddr + i * PAGE_BYTES, READ_WRITE);
    device->base = vaddr + node->base % PAGE_BYTES;
    device->bytes = node->bytes;
    owner->device_next += claim->pages * PAGE_BYTES;
    return error;
}

static long map_dma(struct device *device)
{
    uint64_t bytes = device->row->dma_bytes, vaddr = device->owner->device_next;
    struct area area;
    long error;

    if (bytes == 0)
        return E_OK;
    if (bytes >= LARGE_BYTES)
        vaddr = (vaddr + LARGE_BYTES - 1) & ~(LARGE_BYTES - 1);
    error = memory_make_area(&device->holding, bytes, &area);
    if (error == E_OK)
        error = space_map_area(device->owner, &area, vaddr, true);
    device->dma = vaddr;
    device->dma_paddr = area.paddr;
    device->owner->device_next = vaddr + bytes;
    return error;
}

static long connect_irq(struct device *device, uint32_t line)
{
    struct process *owner = device->owner;
    uint32_t irq;
    long error;

    if (line == 0)
        return E_OK;
    error =
        process_make_wake(owner, &owner->holding, OBJECT_IRQ, owner->ceiling, &irq, &device->slot);
    if (error == E_OK)
        error = sys_irq_get(ROOT_IRQ_CONTROL, irq, line);
    return error ? error : process_give(owner, irq, RIGHT_WRITE, &device->irq);
}

/* Whether an alternative, a row of the same process with the same name, was built before. */
static bool has_alternative(const struct device *device)
{
    for (const struct device *other = devices; other < device; other++) {
        if (other->built && other->owner == device->owner &&
            strcmp(other->row->name, device->row->name) == 0)
            return true;
    }
    return false;
}

void device_build(const struct fdt *fdt, struct device *device)
{
    struct node node = {0};
    char item[128];
    long error;

    if (device->owner->stage == STAGE_FAILED || has_alternative(device))
        return;
    snprintf(item, sizeof item, "the device %s (%s, virtio type %u, number %u)", device->row->name,
             device->row->compatible, device->row->virtio, device->row->index);
    error = find_node(fdt, device->row, &node);
    if (error == E_NO_DEVICE && device->row->flags & SYSTEM_DEVICE_OPTIONAL)
        return;
    if (error == E_OK)
        error = map_registers(device, &node);
    if (error == E_IN_USE) {
        process_problem_text(device->owner, item, "another process has it, or a part of its page");
        return;
    }
    if (error == E_OK)
        error = map_dma(device);
    if (error == E_OK)
        error = connect_irq(device, node.line);
    if (error)
        process_problem(device->owner, item, error);
    device->built = error == E_OK;
}
