/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of HTTP/1.0 and 1.1: from bytes to a path, and nothing else. Pure; knows no socket. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEAD_MAX   8192u /* bytes of request line and headers */
#define HTTP_TARGET_MAX 4096u /* bytes of the target as it was sent */
#define HTTP_PATH_MAX   2047u /* bytes of the path, decoded */

struct http_request {
    unsigned status;     /* 0: good; else the status to answer with */
    bool head;           /* HEAD: no body in the answer */
    bool keep_alive;     /* the connection may go on after the answer */
    uint64_t body_bytes; /* follow the head and are to be skipped */
    const char *target;  /* as it was sent, without query; in the caller's bytes */
    uint32_t target_bytes;
    uint32_t path_bytes;
    char path[HTTP_PATH_MAX + 1]; /* absolute, decoded, without `..`; ends with a zero byte */
};

/* Parse a request at the start of the bytes received so far. Value: bytes of its head, which are
 * done with, 0: more are needed. Where status is set and keep_alive is not, the rest of the
 * connection's bytes means nothing. */
size_t http_parse(const char *bytes, size_t count, struct http_request *request);

/* The peer will send no more, and http_parse wants more: what to answer. */
void http_cut_short(struct http_request *request);
