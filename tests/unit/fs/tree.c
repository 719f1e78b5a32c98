/* SPDX-License-Identifier: BSD-2-Clause */
/* Source trees for the images, and other things of the host. */
#include "reader.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static uint64_t state;

uint64_t random_seed(void)
{
    const char *given = getenv("HEDDLE_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 0x9e3779b9u;

    printf("seed: HEDDLE_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

void random_start(uint64_t seed)
{
    state = seed;
}

uint32_t random_below(uint32_t n)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u; /* splitmix64 */

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ z >> 31) % n);
}

static char folder[] = "/tmp/heddle-fs-XXXXXX";

static void remove_scratch(void)
{
    char command[64];

    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s is left behind\n", folder);
}

const char *scratch(void)
{
    static bool made;

    if (!made) {
        assert_non_null(mkdtemp(folder));
        atexit(remove_scratch);
        made = true;
    }
    return folder;
}

void run(const char *format, ...)
{
    char command[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

static int create(const char *path)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);

    if (fd < 0)
        fail_msg("cannot create %s", path);
    return fd;
}

static void write_random(int fd, size_t bytes)
{
    uint8_t piece[4096];

    while (bytes > 0) {
        size_t n = bytes < sizeof piece ? bytes : sizeof piece;

        for (size_t i = 0; i < n; i++)
            piece[i] = (uint8_t)(random_below(255) + 1);
        assert_int_equal(write(fd, piece, n), n);
        bytes -= n;
    }
}

static void make_sizes(const char *tree)
{
    static const unsigned sizes[] = {0,     1,     59,    60,    1023,   1024,
                                     1025,  4095,  4096,  4097,  16383,  16384,
                                     16385, 12288, 13313, 70000, 300000, 3000001};
    char path[512];

    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int fd;

        snprintf(path, sizeof path, "%s/size-%u", tree, sizes[i]);
        fd = create(path);
        write_random(fd, sizes[i]);
        close(fd);
    }
}

/* A file with a page of data, then two of hole, `pieces` times: as many extents. */
static void make_sparse(const char *tree, const char *name, unsigned pieces)
{
    char path[512];
    int fd;

    snprintf(path, sizeof path, "%s/%s", tree, name);
    fd = create(path);
    for (unsigned i = 0; i < pieces; i++) {
        assert_true(lseek(fd, (off_t)i * 12288 + 8192, SEEK_SET) >= 0);
        write_random(fd, 4096);
    }
    assert_int_equal(ftruncate(fd, (off_t)pieces * 12288 + 5000), 0);
    close(fd);
}

static void make_many(const char *tree, unsigned many)
{
    char path[512];

    snprintf(path, sizeof path, "%s/many", tree);
    assert_int_equal(mkdir(path, 0755), 0);
    for (unsigned i = 0; i < many; i++) {
        FILE *file;

        snprintf(path, sizeof path, "%s/many/entry-number-%u", tree, i);
        file = fopen(path, "w");
        assert_non_null(file);
        fprintf(file, "entry %u", i);
        fclose(file);
    }
}

static void make_deep(const char *tree)
{
    char path[2048];
    size_t at = (size_t)snprintf(path, sizeof path, "%s", tree);

    for (unsigned i = 0; i < 30; i++) {
        at += (size_t)snprintf(path + at, sizeof path - at, "/folder-%u", i);
        assert_int_equal(mkdir(path, 0755), 0);
    }
    snprintf(path + at, sizeof path - at, "/leaf");
    close(create(path));
    at = (size_t)snprintf(path, sizeof path, "%s/", tree);
    memset(path + at, 'n', 255);
    path[at + 255] = 0;
    close(create(path));
}

static void make_link(const char *tree, const char *name, const char *target)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", tree, name);
    assert_int_equal(symlink(target, path), 0);
}

static void make_links(const char *tree)
{
    char target[1200];

    make_link(tree, "link-fast", "size-4097");
    make_link(tree, "link-absolute", "/folder-0/folder-1");
    make_link(tree, "link-to-link", "link-absolute/folder-2");
    make_link(tree, "link-up", "folder-0/folder-1/../../size-1025");
    make_link(tree, "link-dangling", "nowhere");
    make_link(tree, "link-loop", "link-loop-back");
    make_link(tree, "link-loop-back", "link-loop");
    make_link(tree, "link-trailing", "folder-0/");
    memset(target, 0, sizeof target);
    for (unsigned i = 0; i < 40; i++)
        strcat(target, "folder-0/../");
    make_link(tree, "link-slow", strcat(target, "size-70000"));
    memset(target, 0, sizeof target); /* the longest fast one and the shortest slow one */
    for (unsigned i = 0; i < 25; i++)
        strcat(target, "./");
    make_link(tree, "link-59", strcat(target, ".//size-1"));
    strcpy(target + 50, ".///size-1");
    make_link(tree, "link-60", target);
}

void tree_make(const char *tree, unsigned many)
{
    assert_int_equal(mkdir(tree, 0755), 0);
    make_sizes(tree);
    make_sparse(tree, "sparse-few", 3);
    make_sparse(tree, "sparse-many", 2000);
    make_many(tree, many);
    make_deep(tree);
    make_links(tree);
}
