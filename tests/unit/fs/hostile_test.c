/* SPDX-License-Identifier: BSD-2-Clause */
/* Damaged and malicious images: the reader answers each with an error or with the truth, and never
 * crashes, hangs, or keeps anything. */
#include "reader.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <protocol/fs.h>

#define IMAGE_BYTES  (4u << 20)
#define FILES        24u
#define FILE_BYTES   150000u
#define MEMORY_BYTES (8u * CACHE_LINE_BYTES)
#define LIST_BYTES   2000u

static struct reader reader;
static uint8_t *pristine;    /* the undamaged image */
static uint8_t *data_blocks; /* for each KiB of the image: 1 where a file's bytes lie */
static uint8_t truth[FILES][FILE_BYTES];
static uint32_t truth_bytes[FILES];
static unsigned refused; /* files that gave an error instead of bytes */

/* ---------------------------------------------------------------- the image */

static void name_of(char *path, unsigned i)
{
    sprintf(path, i % 3 ? "/folder/sub/a-file-named-%u" : "/file-%u", i);
}

static void make_files(const char *tree)
{
    char path[600];
    char name[64];

    run("mkdir -p %s/folder/sub", tree);
    for (unsigned i = 0; i < FILES; i++) {
        FILE *file;

        name_of(name, i);
        snprintf(path, sizeof path, "%s%s", tree, name);
        file = fopen(path, "w");
        assert_non_null(file);
        truth_bytes[i] = i == 0 ? FILE_BYTES : random_below(6000);
        for (uint32_t at = 0; at < truth_bytes[i]; at++) /* the first one is full of holes */
            truth[i][at] = i == 0 && at / 4096 % 2 ? 0 : (uint8_t)random_below(256);
        fwrite(truth[i], 1, truth_bytes[i], file);
        fclose(file);
    }
    run("cd %s && truncate -s 0 file-0 && for i in $(seq 0 2 35); do "
        "dd if=/dev/urandom of=file-0 bs=4096 seek=$i count=1 conv=notrunc status=none; done; "
        "ln -s a-very-long-target/that-does-not-fit-into-the-inode/../../file-3-or-so s; "
        "ln -s folder/sub l",
        tree);
    snprintf(path, sizeof path, "%s/file-0", tree);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    truth_bytes[0] = (uint32_t)fread(truth[0], 1, FILE_BYTES, file);
    fclose(file);
}

static void make_image(const char *options)
{
    char image[512], tree[512];

    snprintf(image, sizeof image, "%s/image", scratch());
    snprintf(tree, sizeof tree, "%s/tree", scratch());
    run("rm -rf %s", tree);
    make_files(tree);
    run("truncate -s 0 %s && truncate -s %u %s && mke2fs -q -F %s -d %s %s && "
        "{ e2fsck -fyD %s >/dev/null 2>&1; [ $? -le 1 ]; }",
        image, IMAGE_BYTES, image, options, tree, image, image);
    disk_open(&reader.disk, image, 0, MEMORY_BYTES);
    assert_int_equal(reader.disk.size, IMAGE_BYTES);
    memcpy(pristine, reader.disk.bytes, IMAGE_BYTES);
}

/* ---------------------------------------------------------------- looking at everything */

static long read_whole(const struct ext4_inode *inode, uint8_t *to, uint64_t limit)
{
    return reader_read(&reader, inode, 0, to, inode->size < limit ? inode->size : limit);
}

/* Read each known file. Value: how many gave bytes other than the truth. */
static unsigned read_files(bool names_are_certain)
{
    static uint8_t bytes[FILE_BYTES];
    struct ext4_inode inode;
    unsigned wrong = 0;
    char path[64];

    for (unsigned i = 0; i < FILES; i++) {
        long n;

        name_of(path, i);
        n = reader_walk(&reader, path, &inode);
        if (names_are_certain && n < 0)
            assert_true(n == E_CORRUPT || n == E_UNSUPPORTED);
        if (n == 0)
            n = read_whole(&inode, bytes, sizeof bytes);
        if (n < 0) {
            refused++;
            continue;
        }
        wrong += inode.size != truth_bytes[i] || n != (long)truth_bytes[i] ||
                 memcmp(bytes, truth[i], (size_t)n) != 0;
    }
    return wrong;
}

/* List and enter what there is, to a depth, whatever the damage made of it. */
static void explore(const char *path, unsigned depth, unsigned *budget)
{
    static uint8_t bytes[1 << 16];
    uint8_t entries[LIST_BYTES];
    struct ext4_inode inode;
    uint64_t cursor = 0;
    long n;

    if (*budget == 0 || reader_walk(&reader, path, &inode) < 0)
        return;
    (*budget)--;
    if ((inode.mode & FS_MODE_TYPE) != FS_MODE_DIRECTORY) {
        (void)reader_read(&reader, &inode, 0, bytes, sizeof bytes);
        (void)reader_read(&reader, &inode, inode.size / 2, bytes, sizeof bytes);
        (void)reader_read(&reader, &inode, inode.size - 1, bytes, sizeof bytes);
        return;
    }
    while (depth > 0 && *budget > 0 &&
           (n = reader_list(&reader, &inode, &cursor, entries, sizeof entries)) > 0) {
        uint64_t at = 0;

        for (long i = 0; i < n; i++) {
            const struct fs_entry *entry = (const struct fs_entry *)(entries + at);
            char below[2048];

            at += FS_ENTRY_BYTES(entry->name_bytes);
            assert_true(at <= sizeof entries);
            snprintf(below, sizeof below, "%s/%.*s", path, (int)entry->name_bytes, entry->name);
            explore(below, depth - 1, budget);
        }
    }
}

static long look(bool names_are_certain, unsigned *wrong)
{
    unsigned budget = 60;
    long n = reader_mount(&reader);

    if (n < 0) {
        assert_true(reader.fs.note[0] != 0);
        return n;
    }
    *wrong = read_files(names_are_certain);
    explore("", 5, &budget);
    assert_int_equal(reader.cache.pinned, 0);
    return 0;
}

/* Whether a KiB of the image begins with these bytes; a few may do so by chance, so behind them it
 * must be empty, as behind the end of a file. */
static bool holds(const uint8_t *kib, const uint8_t *bytes, unsigned length)
{
    static const uint8_t nothing[1024];

    return memcmp(kib, bytes, length) == 0 &&
           (length >= 16 || memcmp(kib + length, nothing, sizeof nothing - length) == 0);
}

/* Mark which parts of the image hold files' bytes: those have no checksum. */
static void mark_data(void)
{
    static struct ext4_inode inode;
    char path[64];

    memset(data_blocks, 0, IMAGE_BYTES / 1024);
    assert_int_equal(reader_mount(&reader), 0);
    for (unsigned i = 0; i < FILES; i++) {
        name_of(path, i);
        assert_int_equal(reader_walk(&reader, path, &inode), 0);
        for (uint32_t at = 0; at < truth_bytes[i]; at += 1024) {
            unsigned length = truth_bytes[i] - at < 1024 ? truth_bytes[i] - at : 1024;

            for (uint32_t k = 0; k < IMAGE_BYTES / 1024; k++)
                data_blocks[k] |= holds(pristine + k * 1024, truth[i] + at, length);
        }
    }
}

/* ---------------------------------------------------------------- random damage */

/* A place to damage: mostly where something is, often where the filesystem itself is. */
static uint32_t choose_byte(void)
{
    for (;;) {
        uint32_t at = random_below(3) ? random_below(IMAGE_BYTES) : random_below(64 * 1024);

        if (random_below(50) == 0 || pristine[at / 64 * 64] || pristine[at])
            return at;
    }
}

static void damage(void)
{
    static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
    unsigned count = 1 + random_below(random_below(2) ? 4 : 200);

    for (unsigned i = 0; i < count; i++) {
        uint32_t at = choose_byte();

        if (random_below(2))
            reader.disk.bytes[at] ^= (uint8_t)(1u << random_below(8));
        else
            memset(reader.disk.bytes + at, values[random_below(sizeof values)],
                   at < IMAGE_BYTES - 4 ? 1 + random_below(4) : 1);
    }
}

static void flip(const char *options, unsigned rounds)
{
    unsigned mounted = 0, wrong;

    make_image(options);
    for (unsigned i = 0; i < rounds; i++) {
        memcpy(reader.disk.bytes, pristine, IMAGE_BYTES);
        damage();
        mounted += look(false, &wrong) == 0;
    }
    print_message("%s: %u of %u damaged images mounted\n", options, mounted, rounds);
    reader_close(&reader);
}

/* Without checksums damage reaches every line of the reader. */
static void test_flips_1k(void **state)
{
    (void)state;
    flip("-t ext4 -b 1024 -N 256 -O ^metadata_csum,^has_journal", 1500);
}

static void test_flips_4k(void **state)
{
    (void)state;
    flip("-t ext4 -b 4096 -N 256 -O ^metadata_csum,^has_journal,^64bit", 1500);
}

static void test_flips_block_map(void **state)
{
    (void)state;
    flip("-t ext2 -b 1024 -N 256", 1000);
}

static void test_flips_checksums(void **state)
{
    (void)state;
    flip("-t ext4 -b 1024 -N 256 -O ^has_journal", 500);
}

/* One byte of the filesystem's own blocks is changed: what is read is the truth or E_CORRUPT. */
static void check_detection(const char *options, unsigned rounds)
{
    unsigned failed = 0, wrong = 0;

    make_image(options);
    mark_data();
    refused = 0;
    assert_int_equal(look(true, &wrong), 0);
    assert_int_equal(wrong + refused, 0);
    for (unsigned i = 0; i < rounds; i++) {
        uint32_t at = choose_byte();
        long n;

        if (data_blocks[at / 1024])
            continue;
        memcpy(reader.disk.bytes, pristine, IMAGE_BYTES);
        reader.disk.bytes[at] ^= (uint8_t)(1u << random_below(8));
        n = look(true, &wrong);
        assert_true(n == 0 || n == E_CORRUPT || n == E_UNSUPPORTED);
        failed += n != 0;
        if (n == 0 && wrong)
            fail_msg("byte %u: %u files differ silently", at, wrong);
    }
    assert_true(failed > 0 && refused > 0);
    reader_close(&reader);
}

static void test_detection(void **state)
{
    (void)state;
    check_detection("-t ext4 -b 1024 -N 256 -O ^has_journal", 8000);
    check_detection("-t ext4 -b 4096 -N 256 -O ^has_journal", 8000);
}

/* ---------------------------------------------------------------- certain damage */

/* Change byte `at` of the image, and what mounting or reading /file-1 and listing give for it. */
static long with_byte(uint32_t at, uint8_t value)
{
    struct ext4_inode inode;
    uint8_t entries[LIST_BYTES];
    uint64_t cursor = 0;
    long n;

    memcpy(reader.disk.bytes, pristine, IMAGE_BYTES);
    reader.disk.bytes[at] = value;
    n = reader_mount(&reader);
    if (n == 0)
        n = reader_walk(&reader, "/", &inode);
    if (n == 0)
        n = reader_list(&reader, &inode, &cursor, entries, sizeof entries);
    return n;
}

static void test_superblock(void **state)
{
    (void)state;
    make_image("-t ext4 -b 1024 -N 256 -O ^metadata_csum,^has_journal");
    assert_true(with_byte(0, 0) > 0);
    assert_int_equal(with_byte(1024 + SUPER_MAGIC, 0x54), E_UNSUPPORTED);
    assert_int_equal(with_byte(1024 + SUPER_BLOCK_SHIFT, 3), E_UNSUPPORTED);
    assert_int_equal(with_byte(1024 + SUPER_BLOCK_SHIFT, 200), E_CORRUPT);
    assert_int_equal(with_byte(1024 + SUPER_BLOCK_SHIFT, 2), E_CORRUPT);
    assert_int_equal(with_byte(1024 + SUPER_INODE_BYTES + 1, 0), E_CORRUPT);
    assert_int_equal(with_byte(1024 + SUPER_INODE_BYTES, 8), E_CORRUPT);
    assert_int_equal(with_byte(1024 + SUPER_DESCRIPTOR_BYTES, 0), E_CORRUPT);
    assert_int_equal(with_byte(1024 + SUPER_DESCRIPTOR_BYTES, 65), E_CORRUPT);
    assert_int_equal(with_byte(1024 + SUPER_BLOCKS_LOW + 3, 1), E_CORRUPT);
    assert_int_equal(with_byte(1024 + SUPER_BLOCKS_HIGH + 3, 0xff), E_CORRUPT);
    assert_int_equal(with_byte(1024 + SUPER_INODES + 3, 0xff), E_CORRUPT);
    assert_int_equal(with_byte(1024 + SUPER_GROUP_INODES + 1, 0), E_CORRUPT);
    assert_int_equal(with_byte(1024 + SUPER_GROUP_BLOCKS + 1, 0), E_CORRUPT);
    assert_int_equal(with_byte(1024 + SUPER_FIRST_BLOCK, 0), E_CORRUPT);
    assert_int_equal(with_byte(1024 + SUPER_REVISION, 0), E_UNSUPPORTED);
    assert_int_equal(with_byte(1024 + SUPER_INCOMPAT + 3, 0x80), E_UNSUPPORTED);
    assert_non_null(strstr(reader.fs.note, "bit-31"));
    reader_close(&reader);
}

static enum co_state map_operation(struct co *co, void *argument)
{
    static struct ext4_map map;
    struct ext4_inode *inode = argument;
    enum co_state state = ext4_map(co, &map, &reader.fs, inode, 0);

    assert_int_equal(state, CO_DONE); /* the disk answers at once */
    co->value = co->value < 0 ? co->value : (intptr_t)map.physical;
    return state;
}

/* Entries of the root directory that do not fit into their block, or name what cannot be. */
static void test_entries(void **state)
{
    struct ext4_inode root;
    uint32_t at;

    (void)state;
    make_image("-t ext4 -b 1024 -N 256 -O ^metadata_csum,^has_journal,^dir_index");
    assert_int_equal(reader_mount(&reader), 0);
    assert_int_equal(reader_walk(&reader, "/", &root), 0);
    at = (uint32_t)await(&reader.disk, map_operation, &root) * 1024;
    assert_true(with_byte(at + 24 + ENTRY_NAME, 'L') > 0); /* the third: lost+found */
    assert_int_equal(with_byte(at + 24 + ENTRY_NAME_BYTES, 13), E_CORRUPT);
    assert_int_equal(with_byte(at + 24 + ENTRY_NAME_BYTES, 255), E_CORRUPT);
    assert_int_equal(with_byte(at + 24 + ENTRY_NAME_BYTES, 0), E_CORRUPT);
    assert_int_equal(with_byte(at + 24 + ENTRY_BYTES, 0), E_CORRUPT);
    assert_int_equal(with_byte(at + 24 + ENTRY_BYTES, 4), E_CORRUPT);
    assert_int_equal(with_byte(at + 24 + ENTRY_BYTES, 21), E_CORRUPT);
    assert_int_equal(with_byte(at + 24 + ENTRY_BYTES + 1, 4), E_CORRUPT);
    assert_int_equal(with_byte(at + 24 + ENTRY_INODE + 3, 1), E_CORRUPT);
    assert_int_equal(with_byte(at + 24 + ENTRY_NAME + 2, '/'), E_CORRUPT);
    assert_int_equal(with_byte(at + 24 + ENTRY_NAME + 2, 0), E_CORRUPT);
    reader_close(&reader);
}

/* An image cut off anywhere is refused, with a reason. */
static void test_truncated(void **state)
{
    static const uint32_t sizes[] = {0, 512, 1024, 2048, 4096, 65536, IMAGE_BYTES - 512};

    (void)state;
    make_image("-t ext4 -b 4096 -N 256");
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        reader.disk.device.sectors = sizes[i] / 512;
        assert_int_equal(reader_mount(&reader), E_CORRUPT);
        assert_non_null(strstr(reader.fs.note, "truncated"));
    }
    reader_close(&reader);
}

static void test_not_ext4(void **state)
{
    (void)state;
    disk_open(&reader.disk, NULL, 1 << 20, MEMORY_BYTES);
    assert_int_equal(reader_mount(&reader), E_UNSUPPORTED);
    for (uint32_t i = 0; i < 1 << 20; i++)
        reader.disk.bytes[i] = (uint8_t)random_below(256);
    assert_int_equal(reader_mount(&reader), E_UNSUPPORTED);
    assert_non_null(strstr(reader.fs.note, "no ext4"));
    reader.disk.dead = true;
    assert_int_equal(reader_mount(&reader), E_PEER_DEAD);
    reader_close(&reader);
}

/* A driver that claims anything. */
static void test_impossible_device(void **state)
{
    (void)state;
    disk_open(&reader.disk, NULL, 1 << 20, MEMORY_BYTES);
    reader.disk.device.transfer_sectors = 0;
    assert_int_equal(reader_mount(&reader), E_UNSUPPORTED);
    reader.disk.device.transfer_sectors = 1;
    assert_int_equal(reader_mount(&reader), E_UNSUPPORTED);
    reader.disk.device.transfer_sectors = 256;
    reader.disk.device.memory_bytes = 512;
    assert_int_equal(reader_mount(&reader), E_UNSUPPORTED);
    reader.disk.device.memory_bytes = MEMORY_BYTES;
    reader.disk.device.sectors = UINT64_MAX;
    assert_int_equal(reader_mount(&reader), E_UNSUPPORTED);
    reader_close(&reader);
}

/* Each sector in turn cannot be read: whatever is read nevertheless is right. */
static void test_bad_sectors(void **state)
{
    unsigned wrong = 0, failed = 0;

    (void)state;
    make_image("-t ext4 -b 1024 -N 256 -O ^has_journal");
    for (uint32_t sector = 0; sector < 1200; sector++) {
        long n;

        reader.disk.bad_from = sector;
        reader.disk.bad_to = sector + 1;
        n = reader_mount(&reader);
        if (n == 0)
            wrong = read_files(false);
        failed += n != 0;
        assert_int_equal(wrong, 0);
        assert_int_equal(reader.cache.pinned, 0);
    }
    assert_true(failed > 0);
    reader_close(&reader);
}

static int setup(void **state)
{
    (void)state;
    alarm(600);
    executor_start();
    random_start(random_seed());
    pristine = malloc(IMAGE_BYTES);
    data_blocks = malloc(IMAGE_BYTES / 1024);
    return pristine && data_blocks ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(pristine);
    free(data_blocks);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_superblock),        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_entries),           cmocka_unit_test(test_not_ext4),
        cmocka_unit_test(test_impossible_device), cmocka_unit_test(test_detection),
        cmocka_unit_test(test_bad_sectors),       cmocka_unit_test(test_flips_1k),
        cmocka_unit_test(test_flips_4k),          cmocka_unit_test(test_flips_block_map),
        cmocka_unit_test(test_flips_checksums),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
