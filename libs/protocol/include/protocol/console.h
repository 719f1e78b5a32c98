/* SPDX-License-Identifier: BSD-2-Clause */
/* Console protocol ("console"). Client: the shell; server: servers/console (a UART). Raw bytes. */
#pragma once
#include <ipc/ipc.h>

enum console_label {
    CONSOLE_WRITE = 1, /* region offset, bytes -> bytes, all of them */
    CONSOLE_READ,      /* region offset, bytes -> bytes, at least 1; waits for input */
};

static inline enum co_state console_write(struct co *co, struct ipc_end *console,
                                          struct ipc_message *m, uint64_t offset, uint64_t bytes)
{
    m->word[0] = offset;
    m->word[1] = bytes;
    return ipc_call(co, console, m, CONSOLE_WRITE);
}
static inline enum co_state console_read(struct co *co, struct ipc_end *console,
                                         struct ipc_message *m, uint64_t offset, uint64_t bytes)
{
    m->word[0] = offset;
    m->word[1] = bytes;
    return ipc_call(co, console, m, CONSOLE_READ);
}
