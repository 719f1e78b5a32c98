/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the compiled system file. Pure. The host has checked it already, with line numbers; here
 * everything is checked again that root relies on. */
#pragma once
#include <stddef.h>
#include <sys/system.h>

struct system_file {
    const struct system_header *header;
    const struct system_process_row *processes;
    const struct system_channel_row *channels;
    const struct system_device_row *devices;
};

/* Value: NULL, or what is wrong. */
const char *system_file_open(struct system_file *file, const void *data, uint64_t bytes);
