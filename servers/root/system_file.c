/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <string.h>
#include "root.h"
#include "system_file.h"

static bool is_string(const char *text, size_t bytes)
{
    return memchr(text, '\0', bytes) != NULL;
}

static const char *check_process(const struct system_process_row *row)
{
    if (!is_string(row->name, sizeof row->name) || !is_string(row->image, sizeof row->image) ||
        !is_string(row->arguments, sizeof row->arguments))
        return "a string of a process has no end";
    if (row->priority >= PRIORITY_COUNT || row->ceiling > row->priority)
        return "a process has an impossible priority";
    if (row->co_count == 0 || row->co_count >= 131072)
        return "a process has an impossible number of coroutines";
    if (row->heap_bytes % PAGE_BYTES || row->heap_bytes > (CHANNEL_BASE - DATA_BASE) / 2)
        return "a process has an impossible heap";
    if (row->stack_bytes % PAGE_BYTES || row->stack_bytes == 0 || row->stack_bytes > 16u << 20)
        return "a process has an impossible stack";
    if (row->untyped_bytes & (row->untyped_bytes - 1) || row->untyped_bytes % PAGE_BYTES ||
        row->untyped_bytes > 64u << 20)
        return "a process has impossible untyped memory";
    if (row->budget_us > row->period_us || row->period_us > BUDGET_PERIOD_MS_MAX * 1000ull)
        return "a process has an impossible budget";
    return NULL;
}

static const char *check_channel(const struct system_channel_row *row, uint32_t process_count)
{
    if (!is_string(row->name_client, sizeof row->name_client) ||
        !is_string(row->name_server, sizeof row->name_server) ||
        !is_string(row->protocol, sizeof row->protocol))
        return "a string of a channel has no end";
    if ((row->client >= process_count && row->client != SYSTEM_ROOT) ||
        (row->server >= process_count && row->server != SYSTEM_ROOT) || row->client == row->server)
        return "a channel has an end that is no process";
    if (row->depth < 4 || row->depth > 1024 || (row->depth & (row->depth - 1)))
        return "a channel has an impossible depth";
    if (row->region_bytes % PAGE_BYTES || row->region_bytes > DEVICE_BASE - CHANNEL_BASE)
        return "a channel has an impossible region";
    if (row->ceiling_client >= PRIORITY_COUNT || row->ceiling_server >= PRIORITY_COUNT)
        return "a channel has an impossible ceiling";
    return NULL;
}

static const char *check_device(const struct system_device_row *row, uint32_t process_count)
{
    if (!is_string(row->name, sizeof row->name) ||
        !is_string(row->compatible, sizeof row->compatible))
        return "a string of a device has no end";
    if (row->process >= process_count)
        return "a device has an owner that is no process";
    if (row->dma_bytes % PAGE_BYTES || row->dma_bytes > 64u << 20)
        return "a device has impossible DMA memory";
    return NULL;
}

static const char *check_counts(const struct system_header *header, uint64_t bytes)
{
    if (bytes < sizeof *header || header->magic != SYSTEM_MAGIC)
        return "it does not begin with its magic number";
    if (header->version != SYSTEM_VERSION)
        return "it was compiled for another version of root";
    if (header->process_count >= PROCESSES_MAX || header->device_count > DEVICES_MAX ||
        header->channel_count + header->process_count > CHANNELS_MAX ||
        header->channel_count > CHANNELS_MAX)
        return "it has more processes, channels or devices than root can hold";
    if (header->bytes != bytes ||
        header->bytes != sizeof *header +
                             header->process_count * sizeof(struct system_process_row) +
                             header->channel_count * sizeof(struct system_channel_row) +
                             header->device_count * sizeof(struct system_device_row))
        return "its length is wrong";
    return NULL;
}

const char *system_file_open(struct system_file *file, const void *data, uint64_t bytes)
{
    const struct system_header *header = data;
    const char *problem = check_counts(header, bytes);

    if (problem)
        return problem;
    file->header = header;
    file->processes = (const struct system_process_row *)(header + 1);
    file->channels = (const struct system_channel_row *)(file->processes + header->process_count);
    file->devices = (const struct system_device_row *)(file->channels + header->channel_count);
    for (uint32_t i = 0; !problem && i < header->process_count; i++)
        problem = check_process(&file->processes[i]);
    for (uint32_t i = 0; !problem && i < header->channel_count; i++)
        problem = check_channel(&file->channels[i], header->process_count);
    for (uint32_t i = 0; !problem && i < header->device_count; i++)
        problem = check_device(&file->devices[i], header->process_count);
    return problem;
}
