/* SPDX-License-Identifier: BSD-2-Clause */
/* An executor to test, and coroutines that write down what they do. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <executor/executor.h>

#define SLOTS              8
#define FIXTURE_WAKE_SLOTS 130 /* two words and a bit */

struct fixture {
    struct executor_line line;
    struct executor executor;
    struct co_slot slots[SLOTS];
    struct wake_slot wake_slots[FIXTURE_WAKE_SLOTS];
    uint64_t wake_words[64];
};
extern struct fixture fixture;

/* What happened, in order; LOG appends, assert_log compares and empties. */
void log_clear(void);
void log_add(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The value of an await and a blank; the errors that the tests provoke by name. */
void log_value(long value);
#define assert_log(text)                                                                           \
    do {                                                                                           \
        assert_string_equal(log_text(), text);                                                     \
        log_clear();                                                                               \
    } while (0)
const char *log_text(void);

/* A fresh executor and an empty log, before each test. */
int setup(void **state);
/* Make an executor on its line. */
void fixture_init(struct fixture *f);
/* The invariants of libs/executor/internal.h, and that exactly `live` coroutines live. */
void check_invariants(const struct fixture *f, unsigned live);

/* Run until nothing is ready. */
void run(void);

/* What the kernel does when somebody rings a slot of the fixture. */
void ring(unsigned slot);

/* A coroutine that logs "name:value " for each await that ends. */
enum op { OP_PARK, OP_YIELD, OP_EVENT, OP_SEMAPHORE, OP_MUTEX, OP_SLEEP, OP_JOIN, OP_NEVER };
struct tracer {
    struct co co;
    const char *name;
    enum op op;
    unsigned times; /* awaits before it returns */
    intptr_t argument;
    bool released;
    cid_t cid;
};
/* Spawn one; its value is 100 + the number of awaits. */
cid_t trace(struct tracer *t, const char *name, unsigned priority, enum op op, unsigned times,
            intptr_t argument);
enum co_state tracer_body(struct co *co);
/* An operation that only co_complete ends: it cannot be cancelled. */
enum co_state never(struct co *co);
