/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader against images of the host's mke2fs: every file byte for byte, every directory entry
 * for entry. */
#include "reader.h"
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <protocol/fs.h>

#define MANY 5000u

static struct reader reader;
static char tree[256];
static uint8_t buffer[1 << 20];
static uint8_t expected[1 << 20];

static void compare_file(const char *host, const char *path)
{
    struct ext4_inode inode;
    struct stat st;
    uint64_t at = 0;
    long n;
    int fd = open(host, O_RDONLY);

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(reader_walk(&reader, path, &inode), 0);
    assert_int_equal(inode.mode, st.st_mode);
    assert_int_equal(inode.size, st.st_size);
    assert_int_equal(inode.mtime, st.st_mtime);
    do {
        uint32_t want = random_below(4) == 0 ? 1 + random_below(5000) : 65536;

        n = reader_read(&reader, &inode, at, buffer, want);
        assert_int_equal(n, pread(fd, expected, want, (off_t)at));
        if (memcmp(buffer, expected, (size_t)n) != 0)
            fail_msg("%s differs in the %ld bytes at %lu", path, n, at);
        at += (uint64_t)n;
    } while (n > 0);
    assert_int_equal(at, st.st_size);
    close(fd);
}

/* One listed entry against the host's. */
static void compare_entry(const char *host, const struct fs_entry *entry)
{
    char path[5000];
    struct stat st;

    snprintf(path, sizeof path, "%s/%.*s", host, (int)entry->name_bytes, entry->name);
    if (lstat(path, &st) != 0) {
        assert_string_equal(strrchr(path, '/'), "/lost+found");
        return;
    }
    assert_int_equal(entry->mode, st.st_mode);
    if (!S_ISDIR(st.st_mode))
        assert_int_equal(entry->size, st.st_size);
}

static unsigned list_all(const char *host, const struct ext4_inode *inode, uint64_t bytes)
{
    uint64_t cursor = 0;
    unsigned count = 0;
    long n;

    while ((n = reader_list(&reader, inode, &cursor, buffer, bytes)) > 0) {
        uint64_t at = 0;

        for (long i = 0; i < n; i++) {
            struct fs_entry *entry = (struct fs_entry *)(buffer + at);

            compare_entry(host, entry);
            at += FS_ENTRY_BYTES(entry->name_bytes);
            count++;
        }
        assert_true(at <= bytes);
    }
    assert_int_equal(n, 0);
    return count;
}

static void compare_tree(const char *host, const char *path)
{
    struct ext4_inode inode;
    struct dirent *entry;
    DIR *dir = opendir(host);
    unsigned count = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        char below[5000], host_below[5000];

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        snprintf(host_below, sizeof host_below, "%s/%s", host, entry->d_name);
        if (entry->d_type == DT_REG)
            compare_file(host_below, below);
        else if (entry->d_type == DT_DIR)
            compare_tree(host_below, below);
    }
    closedir(dir);
    assert_int_equal(reader_walk(&reader, *path ? path : "/", &inode), 0);
    count += *path == 0; /* lost+found */
    assert_int_equal(list_all(host, &inode, sizeof buffer), count);
    assert_int_equal(list_all(host, &inode, 300), count);
}

static void same_as(const char *path, const char *target)
{
    struct ext4_inode a, b;

    assert_int_equal(reader_walk(&reader, path, &a), 0);
    assert_int_equal(reader_walk(&reader, target, &b), 0);
    assert_int_equal(a.number, b.number);
}

static void check_links(void)
{
    struct ext4_inode inode;

    same_as("/link-fast", "/size-4097");
    same_as("/link-absolute", "/folder-0/folder-1");
    same_as("/link-absolute/folder-2/folder-3", "/folder-0/folder-1/folder-2/folder-3");
    same_as("/link-to-link", "/folder-0/folder-1/folder-2");
    same_as("/link-up", "/size-1025");
    same_as("/link-slow", "/size-70000");
    same_as("/link-59", "/size-1");
    same_as("/link-60", "/size-1");
    same_as("/link-trailing", "/folder-0");
    assert_int_equal(reader_walk(&reader, "/link-dangling", &inode), E_NOT_FOUND);
    assert_int_equal(reader_walk(&reader, "/link-loop", &inode), E_LOOP);
    assert_int_equal(reader_walk(&reader, "/link-fast/", &inode), E_NOT_DIRECTORY);
}

static void check_paths(void)
{
    static char path[5000];
    struct ext4_inode inode;

    same_as("/", "/");
    same_as("//./folder-0//../folder-0/./", "/folder-0");
    same_as("/../..", "/");
    assert_int_equal(reader_walk(&reader, "", &inode), E_BAD_ARGUMENT);
    assert_int_equal(reader_walk(&reader, "size-1", &inode), E_BAD_ARGUMENT);
    assert_int_equal(reader_walk(&reader, "/missing", &inode), E_NOT_FOUND);
    assert_int_equal(reader_walk(&reader, "/many/entry-number-1x", &inode), E_NOT_FOUND);
    assert_int_equal(reader_walk(&reader, "/size-1/x", &inode), E_NOT_DIRECTORY);
    assert_int_equal(reader_walk(&reader, "/size-1/", &inode), E_NOT_DIRECTORY);
    path[0] = '/';
    memset(path + 1, 'n', 256);
    assert_int_equal(reader_walk(&reader, path, &inode), E_NAME_TOO_LONG);
    for (unsigned i = 0; i < 4096; i++)
        path[i] = i % 2 ? '.' : '/';
    assert_int_equal(reader_walk(&reader, path, &inode), E_NAME_TOO_LONG);
    path[4095] = 0;
    assert_int_equal(reader_walk(&reader, path, &inode), 0);
}

/* Reads at the edges, and a cursor that no call has given. */
static void check_edges(void)
{
    struct ext4_inode inode;
    uint64_t cursor;

    assert_int_equal(reader_walk(&reader, "/size-1025", &inode), 0);
    assert_int_equal(reader_read(&reader, &inode, 1025, buffer, 10), 0);
    assert_int_equal(reader_read(&reader, &inode, UINT64_MAX, buffer, UINT64_MAX), 0);
    assert_int_equal(reader_read(&reader, &inode, 1020, buffer, UINT64_MAX), 5);
    assert_int_equal(reader_read(&reader, &inode, 0, buffer, 0), 0);
    cursor = 0;
    assert_int_equal(reader_list(&reader, &inode, &cursor, buffer, 4096), E_NOT_DIRECTORY);
    assert_int_equal(reader_walk(&reader, "/many", &inode), 0);
    assert_int_equal(reader_list(&reader, &inode, &cursor, buffer, 20), E_BAD_ARGUMENT);
    for (unsigned i = 0; i < 200; i++) {
        cursor = random_below(4) ? random_below((uint32_t)inode.size + 100) : UINT64_MAX - i;
        assert_true(reader_list(&reader, &inode, &cursor, buffer, 4096) >= 0);
    }
}

/* Make an image and compare everything in it. */
static void check_image(const char *options, bool index, bool at_once, uint64_t memory_bytes)
{
    char image[512];

    snprintf(image, sizeof image, "%s/image", scratch());
    run("truncate -s 0 %s && truncate -s 96M %s && mke2fs -q -F %s -d %s %s", image, image, options,
        tree, image);
    if (index)
        run("e2fsck -fyD %s >/dev/null 2>&1; [ $? -le 1 ]", image);
    run("e2fsck -fn %s >/dev/null 2>&1", image);
    assert_int_equal(reader_open(&reader, image, memory_bytes), 0);
    assert_string_equal(reader.fs.note, "");
    reader.disk.at_once = at_once;
    compare_tree(tree, "");
    check_links();
    check_paths();
    check_edges();
    reader_close(&reader);
}

static void test_1k(void **state)
{
    (void)state;
    check_image("-t ext4 -b 1024", false, true, 1 << 20);
}

static void test_1k_index(void **state)
{
    (void)state;
    check_image("-t ext4 -b 1024", true, false, 1 << 18);
}

static void test_2k(void **state)
{
    (void)state;
    check_image("-t ext4 -b 2048 -I 128", true, false, 1 << 18);
}

static void test_4k(void **state)
{
    (void)state;
    check_image("-t ext4 -b 4096", false, false, 1 << 20);
}

static void test_4k_index(void **state)
{
    (void)state;
    check_image("-t ext4 -b 4096 -O metadata_csum_seed", true, true, 1 << 18);
}

/* Two lines of cache are enough for anything. */
static void test_tiny_cache(void **state)
{
    (void)state;
    check_image("-t ext4 -b 4096", true, false, 2 * CACHE_LINE_BYTES);
}

static void test_without_checksums(void **state)
{
    (void)state;
    check_image("-t ext4 -b 1024 -O ^metadata_csum,^64bit,^flex_bg", true, true, 1 << 20);
}

static void test_block_maps(void **state)
{
    (void)state;
    check_image("-t ext3 -b 1024", true, false, 1 << 18);
    check_image("-t ext2 -b 4096", false, true, 1 << 18);
}

static void test_features(void **state)
{
    char image[512];

    (void)state;
    snprintf(image, sizeof image, "%s/image", scratch());
    run("truncate -s 8M %s && mke2fs -q -F -t ext4 -O inline_data,encrypt %s", image, image);
    assert_int_equal(reader_open(&reader, image, 1 << 18), E_UNSUPPORTED);
    assert_non_null(strstr(reader.fs.note, "inline_data"));
    assert_non_null(strstr(reader.fs.note, "encrypt"));
    reader_close(&reader);
}

/* A filesystem that was in use when the power went is read as it stands, with a note. */
static void test_needs_recovery(void **state)
{
    char image[512];
    struct ext4_inode inode;

    (void)state;
    snprintf(image, sizeof image, "%s/image", scratch());
    run("truncate -s 0 %s && truncate -s 8M %s && mke2fs -q -F -t ext4 %s && "
        "debugfs -w -R 'feature +needs_recovery' %s >/dev/null 2>&1",
        image, image, image, image);
    assert_int_equal(reader_open(&reader, image, 1 << 18), 0);
    assert_non_null(strstr(reader.fs.note, "recovery"));
    assert_int_equal(reader_walk(&reader, "/lost+found", &inode), 0);
    reader_close(&reader);
}

static int setup(void **state)
{
    (void)state;
    alarm(600);
    executor_start();
    random_start(random_seed());
    snprintf(tree, sizeof tree, "%s/tree", scratch());
    tree_make(tree, MANY);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_1k),
        cmocka_unit_test(test_1k_index),
        cmocka_unit_test(test_2k),
        cmocka_unit_test(test_4k),
        cmocka_unit_test(test_4k_index),
        cmocka_unit_test(test_tiny_cache),
        cmocka_unit_test(test_without_checksums),
        cmocka_unit_test(test_block_maps),
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_needs_recovery),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
