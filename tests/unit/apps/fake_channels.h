/* SPDX-License-Identifier: BSD-2-Clause */
/* The web server's two channels: net with scripted clients, fs with files in memory. What is called
 * waits until it is answered, in random order. */
#pragma once
#include "web.h"

#define REGION  (WEB_CONNECTIONS * 16384u)
#define CLIENTS 300u

struct ipc_end {
    uint8_t *region;
    bool is_net;
    bool dead;
};

extern struct ipc_end net, fs;
extern unsigned pending_count; /* calls that wait */

struct client {
    const char *sends;
    size_t bytes;
    size_t at;
    size_t most; /* bytes that arrive at once */
    bool stays;  /* keeps the connection open after the last byte */
    bool closed; /* by the server */
    bool resets; /* refuses what is sent to it */
    char *got;
    size_t got_bytes;
    size_t got_most;
};
extern struct client clients[CLIENTS];

struct file {
    const char *path;
    uint64_t size;
    bool directory;
    long error;
};
extern const struct file files[];
extern unsigned handles_open;
/* The byte of a file, by its index. */
uint8_t file_byte(uint64_t file, uint64_t at);

/* Answer one call, chosen at random. False: none can be answered now. */
bool answer_one(void);
