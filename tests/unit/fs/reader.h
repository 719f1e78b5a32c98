/* SPDX-License-Identifier: BSD-2-Clause */
/* For the tests of servers/fs: images made by mke2fs, a disk in memory that answers at once or in
 * random order, and a way to run an awaitable operation to its end. */
#pragma once
#include "ext4/ext4.h"
#include "list.h"
#include <stdio.h>

/* ---------------------------------------------------------------- random numbers with a seed */

/* The seed of this run: HEDDLE_SEED, or a new one, which is printed. */
uint64_t random_seed(void);
void random_start(uint64_t seed);
uint32_t random_below(uint32_t n);

/* ---------------------------------------------------------------- source trees and images */

/* Make an empty folder for the test's files, removed at exit. */
const char *scratch(void);
/* Fill folder `tree` with files of all kinds. many: entries of its largest directory. */
void tree_make(const char *tree, unsigned many);
/* Run a command line; fails the test if it fails. */
void run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---------------------------------------------------------------- the fake disk */

#define DISK_PENDING 64

struct disk_read {
    struct co *co;
    uint64_t sector, count, offset;
};

struct disk {
    struct block_device device; /* first */
    uint8_t *bytes;
    uint64_t size;
    bool at_once;      /* answer within the call; else by disk_step, in random order */
    bool dead;         /* every read ends with E_PEER_DEAD */
    uint64_t bad_from; /* sectors bad_from .. bad_to - 1 cannot be read */
    uint64_t bad_to;
    uint64_t reads;
    uint64_t sectors_read;
    unsigned pending_count;
    unsigned pending_most;
    struct disk_read pending[DISK_PENDING];
};

/* Load an image file (NULL: none, zeros of `size`) and give the cache `memory_bytes`. */
void disk_open(struct disk *disk, const char *image, uint64_t size, uint64_t memory_bytes);
void disk_close(struct disk *disk);
/* End one pending read, chosen at random. False if there was none. */
bool disk_step(struct disk *disk);

/* ---------------------------------------------------------------- running operations */

struct reader {
    struct disk disk;
    struct cache cache;
    struct ext4 fs;
    struct ext4_mount mount;
};

/* One coroutine that awaits one operation. */
struct job {
    struct co co;
    enum co_state (*operation)(struct co *co, void *argument);
    void *argument;
    long value;
    bool done;
};

void executor_start(void);
/* Start without waiting. */
void job_start(struct job *job, enum co_state (*operation)(struct co *, void *), void *argument);
/* Run everything until nothing is ready and no read is pending. */
void settle(struct disk *disk);
/* Start, settle, and give the value; fails the test if the operation hangs. */
long await(struct disk *disk, enum co_state (*operation)(struct co *, void *), void *argument);

/* Open an image and mount it. Value: as ext4_mount. */
long reader_open(struct reader *reader, const char *image, uint64_t memory_bytes);
long reader_mount(struct reader *reader);
void reader_close(struct reader *reader);
/* Resolve a path. */
long reader_walk(struct reader *reader, const char *path, struct ext4_inode *inode);
/* Read up to bytes from a file. */
long reader_read(struct reader *reader, const struct ext4_inode *inode, uint64_t at, void *to,
                 uint64_t bytes);
/* List entries from the cursor on. */
long reader_list(struct reader *reader, const struct ext4_inode *inode, uint64_t *cursor, void *to,
                 uint64_t bytes);
