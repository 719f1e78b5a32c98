/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel asks of a device tree, on trees of QEMU's machines and on a made-up one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fdt/machine.h>

static void open_tree(struct fdt *fdt, const char *name)
{
    char path[512];
    uint8_t *bytes = malloc(2 << 20);
    FILE *file;

    snprintf(path, sizeof path, "%s/%s.dtb", BLOBS, name);
    file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fdt_open(fdt, bytes, fread(bytes, 1, 2 << 20, file)), 0);
    fclose(file);
}

static void close_tree(struct fdt *fdt)
{
    free((void *)fdt->blob);
}

static void expect(const struct machine_pieces *pieces, uint64_t begin, uint64_t end)
{
    for (unsigned i = 0; i < pieces->count; i++) {
        if (pieces->piece[i].begin == begin && pieces->piece[i].end == end)
            return;
    }
    fail_msg("%lx..%lx is missing", (unsigned long)begin, (unsigned long)end);
}

static uint64_t sum(const struct machine_pieces *pieces)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < pieces->count; i++)
        bytes += pieces->piece[i].end - pieces->piece[i].begin;
    return bytes;
}

static void test_virt(void **state)
{
    struct machine_pieces memory = {0};
    struct fdt fdt;
    uint64_t registers, hartids[8];
    uint32_t lines;

    open_tree(&fdt, "virt");
    assert_int_equal(machine_timebase(&fdt), 10000000);
    assert_int_equal(machine_harts(&fdt, 0, hartids, 8), 1);
    assert_true(machine_plic(&fdt, &registers, &lines));
    assert_int_equal(registers, 0xc000000);
    assert_int_equal(lines, 0x60);
    assert_int_equal(machine_plic_context(&fdt, 0), 1);
    assert_int_equal(machine_plic_context(&fdt, 1), MACHINE_NO_CONTEXT);
    assert_int_equal(machine_memory(&fdt, 64ull << 30, &memory), 256 << 20);
    assert_int_equal(sum(&memory), 256 << 20);
    close_tree(&fdt);
}

static void test_sifive(void **state)
{
    struct fdt fdt;
    uint64_t hartids[8];

    open_tree(&fdt, "sifive_u");
    assert_int_equal(machine_harts(&fdt, 1, hartids, 8), 1); /* hart 0 has no S-mode */
    assert_int_equal(machine_plic_context(&fdt, 1), 2);
    assert_int_equal(machine_plic_context(&fdt, 0), MACHINE_NO_CONTEXT);
    close_tree(&fdt);
}

static void test_harts(void **state)
{
    struct fdt fdt;
    uint64_t hartids[8];

    open_tree(&fdt, "machine");
    assert_int_equal(machine_harts(&fdt, 7, hartids, 8), 2);
    assert_int_equal(hartids[0], 7);
    assert_int_equal(hartids[1], 5);
    assert_int_equal(machine_harts(&fdt, 7, hartids, 1), 1);
    assert_int_equal(machine_plic_context(&fdt, 5), 2);
    assert_int_equal(machine_plic_context(&fdt, 7), MACHINE_NO_CONTEXT);
    close_tree(&fdt);
}

static void test_arguments(void **state)
{
    struct fdt fdt;
    uint32_t bytes;

    open_tree(&fdt, "machine");
    assert_non_null(machine_argument(&fdt, "asid=off", &bytes));
    assert_int_equal(bytes, 0);
    assert_null(machine_argument(&fdt, "sid", &bytes));
    assert_null(machine_argument(&fdt, "asid=offside", &bytes));
    assert_int_equal(machine_argument_number(&fdt, "floor="), 12);
    assert_int_equal(machine_argument_number(&fdt, "floors="), 7);
    assert_int_equal(machine_argument_number(&fdt, "last="), 3);
    assert_int_equal(machine_argument_number(&fdt, "none="), 0);
    close_tree(&fdt);
    open_tree(&fdt, "virt"); /* no arguments at all */
    assert_null(machine_argument(&fdt, "asid=off", &bytes));
    close_tree(&fdt);
}

static void test_memory(void **state)
{
    struct machine_pieces memory = {0};
    struct fdt fdt;

    open_tree(&fdt, "machine");
    assert_int_equal(machine_memory(&fdt, 64ull << 30, &memory), 0x10000 + 0x3000 + 0x1000);
    expect(&memory, 0x80002000, 0x80004000);
    expect(&memory, 0x80006000, 0x80010000);
    expect(&memory, 0x90001000, 0x90003000);
    expect(&memory, 0xffffff000, 0x1000000000);
    assert_int_equal(sum(&memory), 0x2000 + 0xa000 + 0x2000 + 0x1000);
    close_tree(&fdt);
}

static void test_devices(void **state)
{
    struct machine_devices walk = {0};
    struct machine_range range;
    struct fdt fdt;

    open_tree(&fdt, "machine");
    assert_true(machine_device(&fdt, &walk, &range));
    assert_int_equal(range.begin, 0x10000000);
    assert_int_equal(range.end, 0x10001000);
    assert_true(machine_device(&fdt, &walk, &range));
    assert_int_equal(range.begin, 0x10002000);
    assert_int_equal(range.end, 0x10004000);
    assert_false(machine_device(&fdt, &walk, &range));
    close_tree(&fdt);
}

static void test_pieces(void **state)
{
    struct machine_pieces pieces = {0};

    assert_true(machine_add(&pieces, 0x5000, 0x5000));
    assert_int_equal(pieces.count, 0);
    assert_true(machine_add(&pieces, 0x1000, 0x100000));
    /* Out of the midst, over an edge, a whole one. */
    machine_take(&pieces, 0x8001, 0x8002);
    expect(&pieces, 0x1000, 0x8000);
    expect(&pieces, 0x9000, 0x100000);
    machine_take(&pieces, 0, 0x8000);
    assert_int_equal(sum(&pieces), 0x100000 - 0x9000);
    /* When the list is full what is behind the hole is lost, and said to be. */
    for (unsigned i = 0; pieces.count < MACHINE_PIECES; i++)
        machine_take(&pieces, 0xa000 + i * 0x2000, 0xb000 + i * 0x2000);
    machine_take(&pieces, 0xf0000, 0xf1000);
    assert_int_equal(pieces.lost, 0xf000);
    assert_false(machine_add(&pieces, 0x200000, 0x201000));
    assert_int_equal(pieces.lost, 0x10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_virt),   cmocka_unit_test(test_sifive),
        cmocka_unit_test(test_harts),  cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_memory), cmocka_unit_test(test_devices),
        cmocka_unit_test(test_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
