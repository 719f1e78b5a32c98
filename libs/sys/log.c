/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines for the developer, through the firmware. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/log.h>
#include <sys/program.h>
#include <sys/syscall.h>

#define LINE_BYTES 256

static const char *log_name = "?";
static uint32_t log_debug_put;

void log_open(const char *name, uint32_t debug_put)
{
    log_name = name;
    log_debug_put = debug_put;
}

/* In pieces of one system call, which nobody's output can come between. */
static void put(const char *text, size_t bytes)
{
    while (bytes > 0) {
        size_t n = bytes < DEBUG_PUT_BYTES ? bytes : DEBUG_PUT_BYTES;
        uint64_t word[6] = {0};

        memcpy(word, text, n);
        sys_debug_put(log_debug_put, n, word);
        text += n;
        bytes -= n;
    }
}

static void log_args(const char *format, va_list args)
{
    char line[LINE_BYTES];
    int n;

    if (log_debug_put == 0)
        return;
    n = snprintf(line, sizeof line - 2, "%s: ", log_name);
    n += vsnprintf(line + n, sizeof line - 2 - (size_t)n, format, args);
    if (n > LINE_BYTES - 3)
        n = LINE_BYTES - 3;
    line[n++] = '\r';
    line[n++] = '\n';
    put(line, (size_t)n);
}

void log_line(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_args(format, args);
    va_end(args);
}

/* A breakpoint, not a loop: root sees it as a fault and tells the peers. */
static void __attribute__((noreturn)) stop(void)
{
    for (;;)
        trap_arch();
}

void die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_args(format, args);
    va_end(args);
    stop();
}

/* The C library's way to give up: abort() and failed assertions end here. */
void _exit(int status)
{
    log_line("exit with status %d", status);
    stop();
}
