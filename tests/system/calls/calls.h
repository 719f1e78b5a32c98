/* SPDX-License-Identifier: BSD-2-Clause */
/* The protocol "calls" of ../calls.toml. A call comes back with word[i] + i + 1. */
#pragma once
#include <inttypes.h>
#include <string.h>
#include <sys/program.h>
#include <sys/syscall.h>
#include <ipc/channel.h>
#include <ipc/fast.h>

#define PROTOCOL "calls"
#define SLOW_US  150
#define LATE_US  1000
#define FORGED   0xbadbadbadull /* words of a message that may never be taken for a reply */

enum calls_label {
    CALLS_ADD = 1,
    CALLS_SLOW, /* after SLOW_US */
    CALLS_LATE, /* after LATE_US */
};
