/* SPDX-License-Identifier: BSD-2-Clause */
/* The coroutines that the tests run: callers and servers. */
#pragma once
#include "machine.h"

/* Calls `left` times and checks the answers. */
struct caller {
    struct co co;
    struct ipc_end *end;
    struct ipc_request *request; /* NULL: with copies */
    struct ipc_message message;
    uint64_t tag; /* of its words: each call has another */
    uint8_t own;  /* priority that it takes before each call; 0: the one it has */
    unsigned left;
    unsigned answered; /* calls that were answered right */
    unsigned wrong;    /* answers to another call */
    unsigned torn;     /* values that are not word[0] */
    long last;         /* the value of the last call */
    cid_t cid;
};

#define CALLERS 100
extern struct caller callers[CALLERS];
/* Spawn a caller in process 0 on its i-th channel. */
struct caller *caller_start(unsigned n, struct ipc_end *end, unsigned calls, unsigned priority);

/* A server that answers at once, word[k] + k + 1. */
struct echo {
    struct co co;
    struct ipc_end *end;
    struct ipc_job job;
    struct ipc_message message;
    uint64_t order[256];   /* word[0] of the calls, as they came */
    uint8_t priority[256]; /* that it had */
    unsigned at[256];      /* how many calls all echoes together had taken before */
    unsigned count;
    long last;
};
extern struct echo echoes[4];
extern unsigned echo_calls;
/* Whether those that are started from now on keep a request, or a job. */
extern bool without_copies;
extern bool at_a_stretch; /* without copies: servers keep the call in a local (struct ipc_call) */
struct echo *echo_start(unsigned n, struct ipc_end *end, unsigned priority);

/* What the server makes of a message. */
void answer(struct ipc_message *message);
