/* SPDX-License-Identifier: BSD-2-Clause */
/* Bundle and system file: good ones are read, damaged ones are refused, none is read out of bounds
 * (each lies in memory of exactly its length, under ASan). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <bundle/bundle.h>
#include "root.h"
#include "system_file.h"

/* ---------------------------------------------------------------- bundle */

struct image {
    struct bundle_header header;
    struct bundle_entry entries[2];
};

static struct image *make_bundle(void)
{
    struct image *image = calloc(1, 3 * PAGE_BYTES);

    image->header = (struct bundle_header){BUNDLE_MAGIC, 3 * PAGE_BYTES, 2, 0};
    strcpy(image->entries[0].name, "file");
    image->entries[0].offset = PAGE_BYTES;
    image->entries[0].bytes = 100;
    strcpy(image->entries[1].name, "program");
    image->entries[1].segment_count = 1;
    image->entries[1].segments[0] =
        (struct bundle_segment){DATA_BASE, 2 * PAGE_BYTES, 4000, 9000, RIGHT_READ | RIGHT_WRITE};
    return image;
}

static void test_bundle(void **state)
{
    struct image *image = make_bundle();
    struct bundle bundle;

    (void)state;
    assert_null(bundle_open(&bundle, image, 3 * PAGE_BYTES));
    assert_null(bundle_find(&bundle, "none"));
    assert_ptr_equal(bundle_file(&bundle, bundle_find(&bundle, "file")),
                     (char *)image + PAGE_BYTES);
    assert_null(bundle_check_image(&bundle, bundle_find(&bundle, "program")));
    assert_non_null(bundle_check_image(&bundle, bundle_find(&bundle, "file")));
    assert_null(bundle_file(&bundle, bundle_find(&bundle, "program")));
    free(image);
}

static void test_bundle_damage(void **state)
{
    struct image *image = make_bundle();
    struct bundle_segment *segment = &image->entries[1].segments[0], good = *segment;
    struct bundle_segment bad[8];
    struct bundle bundle;

    (void)state;
    for (unsigned i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].vaddr++;
    bad[1].offset = 3 * PAGE_BYTES;
    bad[2].offset = ~0ull << 12;
    bad[3].bytes_memory = 10;
    bad[4].bytes_memory = ~0ull;
    bad[5].vaddr = VDSO_BASE;
    bad[6].rights = RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE;
    bad[7].rights = RIGHT_WRITE;
    assert_null(bundle_open(&bundle, image, 3 * PAGE_BYTES));
    for (unsigned i = 0; i < 8; i++) {
        *segment = bad[i];
        assert_non_null(bundle_check_image(&bundle, &image->entries[1]));
    }
    assert_non_null(bundle_open(&bundle, image, PAGE_BYTES));
    image->header.entry_count = 100;
    assert_non_null(bundle_open(&bundle, image, 3 * PAGE_BYTES));
    image->header.entry_count = 2;
    memset(image->entries[0].name, 'x', sizeof image->entries[0].name);
    assert_non_null(bundle_open(&bundle, image, 3 * PAGE_BYTES));
    image->header.magic++;
    assert_non_null(bundle_open(&bundle, image, 3 * PAGE_BYTES));
    free(image);
}

/* ---------------------------------------------------------------- system file */

struct system_data {
    struct system_header header;
    struct system_process_row processes[2];
    struct system_channel_row channel;
    struct system_device_row device;
};

static struct system_data good_system(void)
{
    struct system_process_row row = {.name = "p",
                                     .image = "p",
                                     .priority = 20,
                                     .ceiling = 16,
                                     .co_count = 64,
                                     .heap_bytes = 65536,
                                     .stack_bytes = 16384};

    return (struct system_data){
        .header = {SYSTEM_MAGIC, SYSTEM_VERSION, sizeof(struct system_data), 2, 1, 1, 0},
        .processes = {row, row},
        .channel = {.client = 0, .server = 1, .depth = 32, .region_bytes = 4096},
        .device = {.process = 1},
    };
}

static const char *open_copy(const struct system_data *data, uint64_t bytes)
{
    struct system_file file;
    void *copy = malloc(bytes);
    const char *problem;

    memcpy(copy, data, bytes);
    problem = system_file_open(&file, copy, bytes);
    free(copy);
    return problem;
}

static void test_system_file(void **state)
{
    struct system_data data = good_system();

    (void)state;
    assert_null(open_copy(&data, sizeof data));
    data.channel.server = SYSTEM_ROOT;
    assert_null(open_copy(&data, sizeof data));
    assert_non_null(open_copy(&data, sizeof data - 8));
    assert_non_null(open_copy(&data, 4));
}

#define REFUSED(change)                                                                            \
    do {                                                                                           \
        struct system_data data = good_system();                                                   \
        change;                                                                                    \
        assert_non_null(open_copy(&data, sizeof data));                                            \
    } while (0)

static void test_system_file_damage(void **state)
{
    (void)state;
    REFUSED(data.header.magic++);
    REFUSED(data.header.version++);
    REFUSED(data.header.bytes++);
    REFUSED(data.header.process_count = 3);
    REFUSED(data.header.channel_count = ~0u);
    REFUSED(data.header.device_count = DEVICES_MAX + 1);
    REFUSED(memset(data.processes[1].name, 'x', 32));
    REFUSED(memset(data.processes[1].arguments, 'x', 256));
    REFUSED(data.processes[0].priority = 64);
    REFUSED(data.processes[0].ceiling = 21);
    REFUSED(data.processes[0].co_count = 0);
    REFUSED(data.processes[0].heap_bytes = 1);
    REFUSED(data.processes[0].stack_bytes = 0);
    REFUSED(data.channel.client = 2);
    REFUSED(data.channel.client = 1);
    REFUSED(data.channel.depth = 3);
    REFUSED(data.channel.depth = 2048);
    REFUSED(data.channel.region_bytes = 100);
    REFUSED(data.channel.ceiling_client = 64);
    REFUSED(data.device.process = SYSTEM_ROOT);
    REFUSED(data.device.dma_bytes = 5);
}

static void test_random_damage(void **state)
{
    unsigned seed = (unsigned)time(NULL);

    (void)state;
    printf("seed %u\n", seed);
    srand(seed);
    for (int i = 0; i < 20000; i++) {
        struct system_data data = good_system();
        uint8_t *bytes = (uint8_t *)&data;

        for (int k = rand() % 4; k >= 0; k--)
            bytes[(size_t)rand() % sizeof data] = (uint8_t)rand();
        open_copy(&data, sizeof data); /* either is right; ASan watches */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bundle),        cmocka_unit_test(test_bundle_damage),
        cmocka_unit_test(test_system_file),   cmocka_unit_test(test_system_file_damage),
        cmocka_unit_test(test_random_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
