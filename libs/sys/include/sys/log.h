/* SPDX-License-Identifier: BSD-2-Clause */
/* Who speaks in log_line(); for crt0 and root. */
#pragma once
#include <stdint.h>

/* Name the process (the string must stay) and its DebugPut capability; 0: log_line is silent. */
void log_open(const char *name, uint32_t debug_put);
