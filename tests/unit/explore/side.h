/* SPDX-License-Identifier: BSD-2-Clause */
/* The two processes of peers.c: each has an executor and one end of the channel, over a kernel of a
 * few steps. */
#pragma once
#include <setjmp.h>
#include <sys/program.h>
#include "../../../libs/ipc/internal.h"
#include "explore.h"

struct side {
    struct executor executor;
    struct executor_line line __attribute__((aligned(64)));
    uint64_t wake_words[64];
    struct co_slot rows[8];
    struct wake_slot slots[1];
    struct ipc_process ipc;
    jmp_buf kernel;
    uint64_t awake; /* 0: idle in the kernel */
    bool has_message;
    bool rung; /* while idle: enters with EVENT_RUNG */
    uint64_t word[6];
    uint64_t header;
};
extern struct side client_side, server_side;

/* What the functions of the libraries find belongs to this one from now on. */
void side_enter(void *side);
/* Both as new, over an empty channel. */
void sides_begin(void);
/* Make an agent of each. */
void sides_start(void);
/* The server has died in this execution. */
bool side_died(void);
