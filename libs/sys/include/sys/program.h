/* SPDX-License-Identifier: BSD-2-Clause */
/* What every program links: its first coroutine, time, messages for the developer, statistics. */
#pragma once
#include <executor/co.h>
#include <sys/startup.h>

/* The program's first coroutine. Each program defines one with PROGRAM(frame, body). The frame is
 * static and zero. When it returns, the process has ended: libs/program reports its value, and the
 * process idles. */
struct program {
    struct co *co;
    co_body_t body;
};
extern const struct program program;
#define PROGRAM(frame_type, body_function)                                                         \
    static frame_type program_frame;                                                               \
    const struct program program = {&program_frame.co, body_function}

/* Ticks of rdtime since the machine started. */
uint64_t time_now(void);
uint64_t time_from_us(uint64_t us);
uint64_t time_to_us(uint64_t ticks);
/* Await a length of time. Value 0. */
enum co_state sleep_us(struct co *co, uint64_t us);

/* One line on the firmware's console, `name: text`, for those with a DebugPut capability; silent
 * without. printf formats of picolibc without floats. Slow: for starts, faults and surprises. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* log_line and stop this process for ever. For what cannot be handled at start. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The one-line meaning of an error. */
const char *error_text(long error);

/* A number that the shell's `mem` shows for this process. name: at most 8 letters. At most 12. */
void stats_gauge(const char *name, const uint64_t *value);
