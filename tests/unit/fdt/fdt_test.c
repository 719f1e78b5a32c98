/* SPDX-License-Identifier: BSD-2-Clause */
/* The device tree reader on real trees, on corner cases, and on corrupted ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <fdt/fdt.h>

/* A blob in a heap block of exactly its size, at an odd address: the sanitizers see every byte
 * read beside it, and every aligned load. */
struct blob {
    uint8_t *block;
    uint8_t *bytes;
    uint32_t count;
};

static void blob_read(struct blob *blob, const char *name)
{
    char path[512];
    uint8_t head[8];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s.dtb", BLOBS, name);
    file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(head, 1, sizeof head, file), sizeof head);
    blob->count = fdt_total_bytes(head);
    assert_true(blob->count > 40);
    blob->block = malloc(blob->count + 1);
    blob->bytes = blob->block + 1;
    rewind(file);
    assert_int_equal(fread(blob->bytes, 1, blob->count, file), blob->count);
    fclose(file);
}

/* QEMU pads its trees to a megabyte: keep only what is used, so that corruption hits. */
static void blob_trim(struct blob *blob)
{
    struct fdt fdt;
    uint32_t used;

    assert_int_equal(fdt_open(&fdt, blob->bytes, blob->count), 0);
    used = fdt.tree + fdt.tree_bytes;
    if (fdt.strings + fdt.strings_bytes > used)
        used = fdt.strings + fdt.strings_bytes;
    for (int i = 0; i < 4; i++)
        blob->bytes[4 + i] = (uint8_t)(used >> (24 - 8 * i));
    blob->count = used;
    uint8_t *block = malloc(used + 1);
    memcpy(block + 1, blob->bytes, used);
    free(blob->block);
    blob->block = block;
    blob->bytes = block + 1;
}

static void test_virt(void **state)
{
    struct blob blob;
    struct fdt fdt;
    struct fdt_node node, parent;
    uint64_t address, size;
    uint32_t value, count = 0;

    (void)state;
    blob_read(&blob, "virt");
    assert_int_equal(fdt_open(&fdt, blob.bytes, blob.count), 0);

    assert_true(fdt_find(&fdt, "/", &node));
    assert_string_equal(node.name, "");
    assert_true(fdt_compatible(&fdt, &node, "riscv-virtio"));
    assert_false(fdt_parent(&fdt, &node, &parent));

    assert_true(fdt_find(&fdt, "/memory@80000000", &node));
    assert_true(fdt_reg(&fdt, &node, 0, &address, &size));
    assert_int_equal(address, 0x80000000);
    assert_int_equal(size, 256 << 20);
    assert_false(fdt_reg(&fdt, &node, 1, &address, &size));

    assert_true(fdt_find(&fdt, "/chosen", &node));
    assert_true(fdt_find(&fdt, fdt_string(&fdt, &node, "stdout-path"), &node));
    assert_true(fdt_compatible(&fdt, &node, "ns16550a"));
    assert_true(fdt_irq(&fdt, &node, 0, &value));
    assert_int_equal(value, 10);
    assert_true(fdt_parent(&fdt, &node, &parent));
    assert_string_equal(parent.name, "soc");
    assert_true(fdt_find_phandle(&fdt, node.interrupt_parent, &parent));
    assert_true(fdt_compatible(&fdt, &parent, "riscv,plic0"));

    fdt_start(&node);
    while (fdt_next(&fdt, &node)) {
        if (!fdt_compatible(&fdt, &node, "virtio,mmio"))
            continue;
        count++;
        assert_true(fdt_reg(&fdt, &node, 0, &address, &size));
        assert_true(fdt_irq(&fdt, &node, 0, &value));
        assert_int_equal((address - 0x10001000) / 0x1000 + 1, value);
    }
    assert_int_equal(count, 8);
    free(blob.block);
}

static void test_sifive(void **state)
{
    struct blob blob;
    struct fdt fdt;
    struct fdt_node node;
    uint64_t address, size;
    uint32_t harts = 0, value;

    (void)state;
    blob_read(&blob, "sifive_u");
    assert_int_equal(fdt_open(&fdt, blob.bytes, blob.count), 0);
    fdt_start(&node);
    while (fdt_next(&fdt, &node)) {
        if (fdt_string(&fdt, &node, "device_type") == NULL ||
            strcmp(fdt_string(&fdt, &node, "device_type"), "cpu") != 0)
            continue;
        assert_true(fdt_reg(&fdt, &node, 0, &address, &size));
        assert_int_equal(address, harts);
        assert_int_equal(size, 0);
        harts++;
    }
    assert_int_equal(harts, 2);
    assert_true(fdt_find(&fdt, "/cpus", &node));
    assert_true(fdt_u32(&fdt, &node, "timebase-frequency", &value));
    assert_int_equal(value, 1000000);
    assert_true(fdt_find(&fdt, "/soc/serial@10010000", &node));
    assert_true(fdt_compatible(&fdt, &node, "sifive,uart0"));
    assert_true(fdt_irq(&fdt, &node, 0, &value));
    assert_int_equal(value, 4);
    free(blob.block);
}

static void test_corner_nodes(void **state)
{
    static const struct {
        const char *name;
        unsigned depth;
    } order[] = {{"", 0},         {"chosen", 1},      {"controller@c000000", 1},
                 {"bus", 1},      {"serial@1000", 2}, {"serial@2000", 2},
                 {"defaults", 1}, {"child@3", 2},     {"wide", 1},
                 {"pci@0", 2}};
    struct blob blob;
    struct fdt fdt;
    struct fdt_node node;

    (void)state;
    blob_read(&blob, "corner");
    assert_int_equal(fdt_open(&fdt, blob.bytes, blob.count), 0);
    fdt_start(&node);
    for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++) {
        assert_true(fdt_next(&fdt, &node));
        assert_string_equal(node.name, order[i].name);
        assert_int_equal(node.depth, order[i].depth);
    }
    assert_false(fdt_next(&fdt, &node));
    assert_true(fdt_find(&fdt, "/bus/serial", &node));
    assert_string_equal(node.name, "serial@1000");
    assert_true(fdt_find(&fdt, "/bus//serial@2000/", &node));
    assert_false(fdt_find(&fdt, "/bus/seria", &node));
    assert_false(fdt_find(&fdt, "/bus/serial@3000", &node));
    assert_false(fdt_find(&fdt, "/chosen/serial", &node));
    assert_false(fdt_find(&fdt, "bus", &node));
    assert_false(fdt_find(&fdt, "", &node));
    free(blob.block);
}

static void test_corner_properties(void **state)
{
    struct blob blob;
    struct fdt fdt;
    struct fdt_node node;
    uint64_t address, size;
    uint32_t value, bytes;

    (void)state;
    blob_read(&blob, "corner");
    assert_int_equal(fdt_open(&fdt, blob.bytes, blob.count), 0);

    assert_true(fdt_reservation(&fdt, 0, &address, &size));
    assert_int_equal(address, 0x80000000);
    assert_true(fdt_reservation(&fdt, 1, &address, &size));
    assert_int_equal(address, 0x123456789000);
    assert_int_equal(size, 0x1000);
    assert_false(fdt_reservation(&fdt, 2, &address, &size));

    assert_true(fdt_find(&fdt, "/", &node));
    assert_non_null(fdt_prop(&fdt, &node, "empty", &bytes));
    assert_int_equal(bytes, 0);
    assert_null(fdt_prop(&fdt, &node, "absent", NULL));
    assert_null(fdt_prop(&fdt, &node, "reg", NULL)); /* a child's, not the root's */
    assert_false(fdt_u32(&fdt, &node, "odd", &value));
    assert_false(fdt_cell(&fdt, &node, "odd", 0, &value));
    assert_null(fdt_string(&fdt, &node, "unterminated"));

    assert_true(fdt_find(&fdt, "/bus/serial@1000:115200", &node));
    assert_true(fdt_compatible(&fdt, &node, "vendor,first"));
    assert_true(fdt_compatible(&fdt, &node, "ns16550a"));
    assert_false(fdt_compatible(&fdt, &node, "ns16550"));
    assert_false(fdt_compatible(&fdt, &node, "ns16550aa"));
    assert_true(fdt_reg(&fdt, &node, 1, &address, &size));
    assert_int_equal(address, 0x2000);
    assert_int_equal(size, 0);
    assert_true(fdt_irq(&fdt, &node, 1, &value));
    assert_int_equal(value, 8);
    assert_true(fdt_okay(&fdt, &node));

    assert_true(fdt_find(&fdt, "/bus/serial@2000", &node));
    assert_false(fdt_okay(&fdt, &node));
    assert_false(fdt_reg(&fdt, &node, 0, &address, &size)); /* one cell where two are due */
    assert_true(fdt_irq(&fdt, &node, 1, &value));
    assert_int_equal(value, 10);
    assert_false(fdt_irq(&fdt, &node, 2, &value));

    assert_true(fdt_find(&fdt, "/defaults/child", &node));
    assert_true(fdt_reg(&fdt, &node, 0, &address, &size));
    assert_int_equal(address, 3);
    assert_int_equal(size, 4);
    assert_true(fdt_find(&fdt, "/wide/pci", &node));
    assert_false(fdt_reg(&fdt, &node, 0, &address, &size)); /* wider than 64 bits */
    free(blob.block);
}

static void test_refusals(void **state)
{
    struct blob blob;
    struct fdt fdt;

    (void)state;
    blob_read(&blob, "corner");
    for (uint32_t bytes = 0; bytes < blob.count; bytes++)
        assert_int_equal(fdt_open(&fdt, blob.bytes, bytes), FDT_BAD_SIZE);
    blob.bytes[23] = 16; /* version */
    assert_int_equal(fdt_open(&fdt, blob.bytes, blob.count), FDT_BAD_VERSION);
    blob.bytes[23] = 17;
    blob.bytes[3] ^= 1;
    assert_int_equal(fdt_open(&fdt, blob.bytes, blob.count), FDT_BAD_MAGIC);
    assert_int_equal(fdt_total_bytes(blob.bytes), 0);
    free(blob.block);
}

static uint64_t sum; /* keeps the reads below from being optimised away */

/* Use every function on every node, reading all bytes that they hand out. */
static void use_all(const struct fdt *fdt)
{
    static const char *const names[] = {"reg", "compatible", "interrupts", "nothing", "status"};
    struct fdt_node node, other;
    uint64_t address, size;
    uint32_t value, bytes;
    unsigned nodes = 0;

    for (unsigned i = 0; fdt_reservation(fdt, i, &address, &size); i++)
        sum += address;
    fdt_start(&node);
    while (fdt_next(fdt, &node) && nodes++ < 1000) {
        sum += strlen(node.name);
        for (unsigned i = 0; i < 5; i++) {
            const uint8_t *p = fdt_prop(fdt, &node, names[i], &bytes);
            for (uint32_t k = 0; p != NULL && k < bytes; k++)
                sum += p[k];
        }
        for (unsigned i = 0; i < 4; i++)
            if (fdt_reg(fdt, &node, i, &address, &size) && fdt_irq(fdt, &node, i, &value))
                sum += address + size + value;
        sum += fdt_compatible(fdt, &node, "virtio,mmio") + fdt_okay(fdt, &node);
        sum += fdt_parent(fdt, &node, &other);
    }
    sum += fdt_find(fdt, "/soc/serial@10000000", &other);
    sum += fdt_find_phandle(fdt, 3, &other);
}

/* Corrupt a copy, sometimes after fdt_open has checked it: a blob may change under its reader. */
static void corrupt_once(const struct blob *blob, bool opened_before, unsigned *accepted)
{
    uint8_t *copy = malloc(blob->count);
    unsigned hits = 1 + (unsigned)rand() % 4;
    struct fdt fdt;
    bool usable = true;

    memcpy(copy, blob->bytes, blob->count);
    if (opened_before)
        assert_int_equal(fdt_open(&fdt, copy, blob->count), 0);
    for (unsigned i = 0; i < hits; i++) {
        /* Half of the hits in the header and the first nodes, where structure is dense. */
        uint32_t range = rand() % 2 ? blob->count : 256;
        uint32_t at = (uint32_t)rand() % (range < blob->count ? range : blob->count);
        copy[at] = rand() % 2 ? (uint8_t)rand() : (uint8_t)(copy[at] ^ (1u << rand() % 8));
    }
    if (!opened_before)
        usable = fdt_open(&fdt, copy, blob->count) == 0;
    if (usable) {
        (*accepted)++;
        use_all(&fdt);
    }
    free(copy);
}

static void test_corruption(void **state)
{
    static const char *const names[] = {"virt", "sifive_u", "corner"};
    const char *given = getenv("HEDDLE_SEED");
    unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 0) : (unsigned)time(NULL);
    unsigned accepted = 0;
    struct blob blob;

    (void)state;
    printf("seed %u\n", seed);
    srand(seed);
    for (unsigned i = 0; i < 3; i++) {
        blob_read(&blob, names[i]);
        blob_trim(&blob);
        for (unsigned round = 0; round < 2000; round++)
            corrupt_once(&blob, round % 4 == 0, &accepted);
        free(blob.block);
    }
    printf("%u of 6000 corrupted trees were accepted and walked (%llx)\n", accepted,
           (unsigned long long)sum);
    assert_true(accepted > 1500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_virt),         cmocka_unit_test(test_sifive),
        cmocka_unit_test(test_corner_nodes), cmocka_unit_test(test_corner_properties),
        cmocka_unit_test(test_refusals),     cmocka_unit_test(test_corruption),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
