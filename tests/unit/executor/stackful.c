/* SPDX-License-Identifier: BSD-2-Clause */
/* Coroutines with a stack of their own: awaits from below, guards, cancellation, limits of time. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fixture.h"

#define PAGE  4096
#define STACK (16 * PAGE)

struct deep {
    struct co_stackful stackful;
    struct co_event *event;
    unsigned depth;
    long sum;
    struct tracer child;
    cid_t cid;
};

/* The page below the stack is a guard. */
static char *make_stack(void)
{
    char *memory =
        mmap(NULL, STACK + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(memory, MAP_FAILED);
    assert_int_equal(mprotect(memory, PAGE, PROT_NONE), 0);
    return memory + PAGE;
}

static void release(struct co *co)
{
    struct deep *d = co_frame(struct deep, co);

    assert_int_equal(munmap(d->stackful.stack - PAGE, STACK + PAGE), 0);
    log_add("released ");
}

static void start(struct deep *d, intptr_t (*function)(struct co_stackful *))
{
    d->stackful.stack = make_stack();
    d->stackful.stack_bytes = STACK;
    d->stackful.function = function;
    d->cid = co_spawn_stackful(&d->stackful, 5, release);
    assert_int_not_equal(d->cid.raw, 0);
    run();
}

/* Awaits at the bottom of a recursion, with locals that live over it. */
static long descend(struct deep *d, unsigned depth)
{
    volatile char local[64];
    long n;

    memset((char *)local, (int)depth, sizeof local);
    assert_int_equal(co_current().raw, d->cid.raw);
    if (depth == 0)
        return co_stackful_await(&d->stackful, co_event_wait(&d->stackful.co, d->event));
    n = descend(d, depth - 1);
    for (unsigned i = 0; i < sizeof local; i++)
        assert_int_equal(local[i], depth);
    return n < 0 ? n : n + depth;
}

static intptr_t deep_function(struct co_stackful *self)
{
    struct deep *d = co_frame(struct deep, self);
    long n;

    assert_false(executor_only_current(&self->co));
    for (unsigned i = 0; i < 3; i++) {
        n = descend(d, d->depth);
        log_value(n);
        if (n < 0)
            return n;
        d->sum += n;
    }
    return d->sum;
}

static void test_await_from_below(void **state)
{
    static struct deep d[2];
    struct co_event events[2] = {{.set = false}, {.set = true}};
    static struct tracer joiner;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        d[i] = (struct deep){.event = &events[i], .depth = 10 + i};
        start(&d[i], deep_function);
    }
    assert_log("66 "); /* the second had its event at once */
    trace(&joiner, "j", 5, OP_JOIN, 1, (intptr_t)d[0].cid.raw);
    check_invariants(&fixture, 3);
    for (unsigned i = 0; i < 3; i++) {
        co_event_set(&events[0]);
        if (i < 2)
            co_event_set(&events[1]);
        run();
        check_invariants(&fixture, fixture.executor.live);
    }
    assert_int_equal(d[0].sum, 3 * 55);
    assert_int_equal(d[1].sum, 3 * 66);
    assert_log("j 55 66 55 66 released 55 released j:165 j. ");
    check_invariants(&fixture, 0);
}

static void test_cancel(void **state)
{
    static struct deep d;
    struct co_event event = {0};

    (void)state;
    d = (struct deep){.event = &event, .depth = 5};
    start(&d, deep_function);
    co_cancel(d.cid);
    run();
    assert_log("cancelled released ");
    assert_null(event.waiters.first);
    check_invariants(&fixture, 0);
}

/* A body without a stack, awaited from one with, suspends on the loop's stack. */
static intptr_t calling_function(struct co_stackful *self)
{
    struct deep *d = co_frame(struct deep, self);

    d->child = (struct tracer){.name = "c", .op = OP_PARK, .times = 2, .cid = d->cid};
    d->sum = co_stackful_await(self, co_call(&self->co, &d->child.co, tracer_body));
    assert_int_equal(co_stackful_await(self, co_yield(&self->co)), E_OK);
    assert_int_equal(co_stackful_await(self, co_park(&self->co)), E_OK);
    return 1;
}

static void test_calls_a_body(void **state)
{
    static struct deep d;

    (void)state;
    d = (struct deep){.depth = 0};
    d.cid = (cid_t){1ull << 32};
    start(&d, calling_function);
    for (unsigned i = 0; i < 3; i++) {
        co_wake(d.cid);
        run();
    }
    assert_int_equal(d.sum, 100);
    assert_log("c c:0 c:0 released ");
    check_invariants(&fixture, 0);
}

/* A limit of time is the same pair of calls as in the macro. */
static intptr_t limited_function(struct co_stackful *self)
{
    struct co_timeout timeout;
    long n = co_timeout_start(&self->co, &timeout, 10);

    assert_int_equal(n, E_OK);
    n = co_stackful_await(self, co_park(&self->co));
    n = co_timeout_end(&self->co, &timeout, n);
    log_add("%s ", n == E_TIMEOUT ? "timeout" : "?");
    return n;
}

static void test_timeout(void **state)
{
    static struct deep d;

    (void)state;
    d = (struct deep){.depth = 0};
    start(&d, limited_function);
    executor_expire(&fixture.executor, 10);
    run();
    assert_log("timeout released ");
    check_invariants(&fixture, 0);
}

/* ---------------------------------------------------------------- overflow */

static __attribute__((noinline)) int overrun(volatile char *above)
{
    volatile char local[256];

    local[0] = *above;
    return *above ? overrun(local) + local[0] : 0; /* always */
}

static intptr_t overrunning_function(struct co_stackful *self)
{
    (void)self;
    return overrun(&(volatile char){1});
}

/* The guard page stops it at once; in a process of its own, without the sanitizer's handler. */
static void test_guard_page(void **state)
{
    static struct deep d;
    pid_t child = fork();
    int status;

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        (void)!freopen("/dev/null", "w", stderr);
        signal(SIGSEGV, SIG_DFL);
        start(&d, overrunning_function);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
}

static intptr_t spoiling_function(struct co_stackful *self)
{
    self->stack[8] = 1; /* the lowest frame reached as far as that */
    (void)co_stackful_await(self, co_park(&self->co));
    return 0;
}

static jmp_buf stopped;

static void overflow(struct executor *executor, struct co *co)
{
    assert_ptr_equal(executor, &fixture.executor);
    log_add("overflow of %u ", co->index >> CO_SLOT_SHIFT);
    longjmp(stopped, 1);
}

static void test_guard_words(void **state)
{
    static struct deep d;

    (void)state;
    fixture.executor.overflow = overflow;
    if (setjmp(stopped) == 0)
        start(&d, spoiling_function);
    assert_log("overflow of 0 ");
}

static void test_refusals(void **state)
{
    static struct tracer others[SLOTS];
    static struct deep d;
    static char stack[CO_STACK_MIN_BYTES + 8] __attribute__((aligned(16)));

    (void)state;
    d.stackful.function = deep_function;
    d.stackful.stack = stack;
    d.stackful.stack_bytes = CO_STACK_MIN_BYTES - 1;
    assert_int_equal(co_spawn_stackful(&d.stackful, 5, NULL).raw, 0);
    d.stackful.stack_bytes = CO_STACK_MIN_BYTES;
    d.stackful.stack = stack + 1;
    assert_int_equal(co_spawn_stackful(&d.stackful, 5, NULL).raw, 0);
    d.stackful.stack = stack;
    assert_int_equal(co_spawn_stackful(&d.stackful, 64, NULL).raw, 0);
    for (unsigned i = 0; i < SLOTS; i++)
        trace(&others[i], "o", 9, OP_PARK, 1, 0);
    assert_int_equal(co_spawn_stackful(&d.stackful, 5, NULL).raw, 0);
    check_invariants(&fixture, SLOTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_await_from_below, setup),
        cmocka_unit_test_setup(test_cancel, setup),
        cmocka_unit_test_setup(test_calls_a_body, setup),
        cmocka_unit_test_setup(test_timeout, setup),
        cmocka_unit_test_setup(test_guard_page, setup),
        cmocka_unit_test_setup(test_guard_words, setup),
        cmocka_unit_test_setup(test_refusals, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
