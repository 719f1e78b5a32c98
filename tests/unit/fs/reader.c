/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader.h"
#include <executor/executor.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

/* ---------------------------------------------------------------- the fake disk */

void disk_open(struct disk *disk, const char *image, uint64_t size, uint64_t memory_bytes)
{
    struct stat st;
    FILE *file = NULL;

    memset(disk, 0, sizeof *disk);
    if (image) {
        file = fopen(image, "rb");
        assert_non_null(file);
        assert_int_equal(fstat(fileno(file), &st), 0);
        size = (uint64_t)st.st_size;
    }
    disk->size = size;
    disk->bytes = calloc(1, size ? size : 1);
    assert_non_null(disk->bytes);
    if (file) {
        assert_int_equal(fread(disk->bytes, 1, size, file), size);
        fclose(file);
    }
    disk->at_once = true;
    disk->device.memory_bytes = memory_bytes;
    disk->device.memory = malloc(memory_bytes);
    disk->device.sectors = size / CACHE_SECTOR_BYTES;
    disk->device.transfer_sectors = 256;
}

void disk_close(struct disk *disk)
{
    free(disk->device.memory);
    free(disk->bytes);
}

/* What the device does with a read: bytes, or an error. */
static long transfer(struct disk *disk, const struct disk_read *read)
{
    uint64_t bytes = read->count * CACHE_SECTOR_BYTES;

    assert_true(read->count > 0 && read->count <= disk->device.transfer_sectors);
    assert_true(read->sector + read->count <= disk->device.sectors);
    assert_true(read->offset + bytes <= disk->device.memory_bytes);
    disk->sectors_read += read->count;
    if (disk->dead)
        return E_PEER_DEAD;
    if (read->sector < disk->bad_to && read->sector + read->count > disk->bad_from)
        return E_IO;
    memcpy(disk->device.memory + read->offset, disk->bytes + read->sector * CACHE_SECTOR_BYTES,
           bytes);
    return (long)bytes;
}

static enum co_state disk_start(struct co *co, struct block_device *device,
                                struct ipc_message *message, uint64_t sector, uint64_t count,
                                uint64_t offset)
{
    struct disk *disk = (struct disk *)device;
    struct disk_read read = {co, sector, count, offset};

    memset(message, 0x5a, sizeof *message); /* it is the operation's to spoil */
    disk->reads++;
    if (disk->at_once) {
        co->value = transfer(disk, &read);
        return CO_DONE;
    }
    assert_true(disk->pending_count < DISK_PENDING);
    disk->pending[disk->pending_count++] = read;
    if (disk->pending_count > disk->pending_most)
        disk->pending_most = disk->pending_count;
    return CO_PENDING;
}

bool disk_step(struct disk *disk)
{
    struct disk_read read;
    unsigned i;

    if (disk->pending_count == 0)
        return false;
    i = random_below(disk->pending_count);
    read = disk->pending[i];
    disk->pending[i] = disk->pending[--disk->pending_count];
    co_complete(read.co, transfer(disk, &read));
    return true;
}

/* ---------------------------------------------------------------- running operations */

CO_BODY static enum co_state job_body(struct co *co)
{
    struct job *job = co_frame(struct job, co);

    co_begin(co);
    co_await(job->value, job->operation(co, job->argument));
    job->done = true;
    co_return(0);
}

void job_start(struct job *job, enum co_state (*operation)(struct co *, void *), void *argument)
{
    memset(job, 0, sizeof *job);
    job->operation = operation;
    job->argument = argument;
    assert_true(co_spawn(&job->co, job_body, 20, NULL).raw != 0);
}

void settle(struct disk *disk)
{
    do
        co_run(false);
    while (disk_step(disk));
}

long await(struct disk *disk, enum co_state (*operation)(struct co *, void *), void *argument)
{
    static struct job job;

    job_start(&job, operation, argument);
    settle(disk);
    assert_true(job.done);
    return job.value;
}

static enum co_state mount_operation(struct co *co, void *argument)
{
    struct reader *reader = argument;

    return ext4_mount(co, &reader->mount, &reader->fs, &reader->cache, &reader->disk.device);
}

long reader_mount(struct reader *reader)
{
    reader->disk.device.read = disk_start;
    return await(&reader->disk, mount_operation, reader);
}

long reader_open(struct reader *reader, const char *image, uint64_t memory_bytes)
{
    disk_open(&reader->disk, image, 0, memory_bytes);
    return reader_mount(reader);
}

/* Nothing may be left behind: no pin, no waiting coroutine, no pending read. */
void reader_close(struct reader *reader)
{
    assert_int_equal(reader->cache.pinned, 0);
    assert_null(reader->cache.starved.first);
    assert_int_equal(reader->disk.pending_count, 0);
    disk_close(&reader->disk);
}

static enum co_state walk_operation(struct co *co, void *argument)
{
    struct ext4_walk *walk = argument;

    return ext4_walk(co, walk, walk->fs);
}

long reader_walk(struct reader *reader, const char *path, struct ext4_inode *inode)
{
    static struct ext4_walk walk;
    long n;

    walk.fs = &reader->fs;
    walk.bytes = (uint32_t)strlen(path);
    memcpy(walk.path, path, walk.bytes < EXT4_PATH_BYTES ? walk.bytes : EXT4_PATH_BYTES);
    n = await(&reader->disk, walk_operation, &walk);
    *inode = walk.inode;
    return n;
}

static enum co_state read_operation(struct co *co, void *argument)
{
    return ext4_read(co, argument);
}

long reader_read(struct reader *reader, const struct ext4_inode *inode, uint64_t at, void *to,
                 uint64_t bytes)
{
    static struct ext4_read read;

    read.fs = &reader->fs;
    read.inode = *inode;
    read.at = at;
    read.to = to;
    read.bytes = bytes;
    return await(&reader->disk, read_operation, &read);
}

static enum co_state list_operation(struct co *co, void *argument)
{
    struct list *list = argument;

    return list_directory(co, list, list->fs);
}

long reader_list(struct reader *reader, const struct ext4_inode *inode, uint64_t *cursor, void *to,
                 uint64_t bytes)
{
    static struct list list;
    long n;

    list.fs = &reader->fs;
    list.directory = *inode;
    list.cursor = *cursor;
    list.to = to;
    list.bytes = bytes;
    n = await(&reader->disk, list_operation, &list);
    *cursor = list.cursor;
    return n;
}
