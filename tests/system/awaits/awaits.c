/* SPDX-License-Identifier: BSD-2-Clause */
/* Awaits on the target: each part ends in a line that test_awaits.py reads. The last part overruns
 * a stack, and is the program's end. */
#include <program/stack.h>
#include <string.h>
#include <sys/program.h>

#define STACKS      3
#define STACK_BYTES 8192
#define DEPTH       8
#define LONG_US     60000000
#define SHORT_US    2000

static unsigned wrong;

static void check(bool right, const char *what)
{
    if (right)
        return;
    log_line("wrong: %s", what);
    wrong++;
}

static uint64_t in_us(uint64_t us)
{
    return time_now() + time_from_us(us);
}

/* ---------------------------------------------------------------- with a stack */

struct worker {
    struct co_stackful stackful;
    struct process_stack stack;
    struct co_event event;
    unsigned number;
    uint64_t slept;
    cid_t cid;
};
static struct worker workers[STACKS];

/* Sleeps at the bottom of a recursion whose locals live over it. */
static long descend(struct worker *w, unsigned depth)
{
    volatile uint64_t local[8];
    long n;

    for (unsigned i = 0; i < 8; i++)
        local[i] = depth * 100 + w->number * 10 + i;
    if (depth == 0)
        n = co_stackful_await(&w->stackful, co_sleep_until(&w->stackful.co, in_us(500)));
    else
        n = descend(w, depth - 1);
    for (unsigned i = 0; i < 8; i++)
        check(local[i] == depth * 100 + w->number * 10 + i, "a local on its stack");
    return n;
}

static intptr_t work(struct co_stackful *self)
{
    struct worker *w = co_frame(struct worker, self);

    for (unsigned i = 0; i < 20; i++)
        w->slept += descend(w, DEPTH) == E_OK;
    return co_stackful_await(self, co_event_wait(&self->co, &w->event)) == E_OK ? 1 : -1;
}

static __attribute__((noinline)) long overrun(volatile char *above)
{
    volatile char local[128];

    memset((char *)local, *above, sizeof local);
    return *above ? overrun(local) + local[1] : 0; /* always */
}

/* Without a guard page it stops before it has destroyed more than what is its own: the words at the
 * end of the stack tell. */
static intptr_t fail(struct co_stackful *self)
{
    struct worker *w = co_frame(struct worker, self);

    if (w->stack.guarded)
        return overrun(&(volatile char){1});
    memset(w->stack.low, 0, 8);
    return co_stackful_await(self, co_yield(&self->co));
}

static void start(struct worker *w, intptr_t (*function)(struct co_stackful *))
{
    long error = process_stack_make(STACK_BYTES, &w->stack);

    if (error)
        die("no stack: %s", error_text(error));
    w->number = (unsigned)(w - workers);
    w->stackful.stack = w->stack.low;
    w->stackful.stack_bytes = w->stack.bytes;
    w->stackful.function = function;
    w->cid = co_spawn_stackful(&w->stackful, 42, NULL);
    check(w->cid.raw != 0, "co_spawn_stackful");
}

/* ---------------------------------------------------------------- the rest */

struct sleeper {
    struct co co;
};
static struct sleeper sleepers[40];
static unsigned sleepers_ended;

static CO_BODY enum co_state sleeper_body(struct co *co)
{
    long n;

    co_begin(co);
    co_await(n, co_sleep_until(co, in_us(LONG_US)));
    check(n == E_CANCELLED, "a sleeper is cancelled");
    sleepers_ended++;
    co_return(n);
}

static struct self {
    struct co co;
    struct co_timeout timeout;
    struct co_any any;
    struct co_branch branch[2];
    struct co_event event;
    struct co child;
    uint64_t before;
    unsigned i, count;
    cid_t cids[40];
    long n;
} self;

static CO_BODY enum co_state main_body(struct co *co)
{
    co_begin(co);
    self.before = time_now();
    co_await_until(self.n, &self.timeout, in_us(SHORT_US), co_event_wait(co, &self.event));
    check(self.n == E_TIMEOUT, "an event that does not come");
    check(time_now() - self.before >= time_from_us(SHORT_US), "not before its time");
    co_await_until(self.n, &self.timeout, in_us(LONG_US), co_sleep_until(co, in_us(SHORT_US)));
    check(self.n == E_OK, "a sleep within its time");
    co_await_until(self.n, &self.timeout, in_us(SHORT_US), co_call(co, &self.child, sleeper_body));
    check(self.n == E_TIMEOUT && sleepers_ended == 1, "a body is cancelled");
    co_await(self.n, sleep_us(co, 100));
    check(self.n == E_OK, "not cancelled itself");
    log_line("limits of time");

    for (self.i = 0; self.i < 2; self.i++) {
        co_any_begin(co, &self.any);
        self.event.set = self.i;
        co_branch(&self.any, &self.branch[0], co_event_wait(&self.branch[0].co, &self.event));
        co_branch(&self.any, &self.branch[1], sleep_us(&self.branch[1].co, SHORT_US));
        co_await(self.n, co_any_wait(co, &self.any));
        check(self.n == !self.i, "the first branch");
        check(self.branch[self.i].value == E_CANCELLED, "the other branch");
    }
    log_line("whichever comes first");

    while (self.count < 40 &&
           (self.cids[self.count] = co_spawn(&sleepers[self.count].co, sleeper_body, 42, NULL)).raw)
        self.count++;
    check(self.count > 20 && self.count < 31, "rows run out");
    co_await(self.n, sleep_us(co, SHORT_US));
    for (unsigned i = 0; i < self.count; i++)
        check(co_cancel(self.cids[i]) == E_OK, "co_cancel");
    for (self.i = 0; self.i < self.count; self.i++)
        co_await(self.n, co_join(co, self.cids[self.i]));
    check(sleepers_ended == self.count + 1, "all have ended");
    log_line("no row left");

    for (unsigned i = 0; i < STACKS; i++)
        start(&workers[i], work);
    co_await(self.n, sleep_us(co, SHORT_US));
    for (self.i = 0; self.i < STACKS; self.i++) {
        co_event_set(&workers[self.i].event);
        co_await(self.n, co_join(co, workers[self.i].cid));
        check(self.n == 1, "the value of one with a stack");
        check(workers[self.i].slept == 20, "all its awaits");
        process_stack_free(&workers[self.i].stack);
    }
    start(&workers[0], work);
    co_await(self.n, sleep_us(co, SHORT_US));
    co_cancel(workers[0].cid);
    co_await(self.n, co_join(co, workers[0].cid));
    check(self.n == -1, "one with a stack is cancelled");
    log_line("%s stacks at 0x%lx", workers[0].stack.guarded ? "guarded" : "bare",
             (unsigned long)workers[0].stack.low);
    process_stack_free(&workers[0].stack);

    log_line("%u wrong", wrong);
    start(&workers[0], fail);
    co_await(self.n, co_join(co, workers[0].cid));
    log_line("wrong: nobody has seen the overflow");
    co_return(0);
}

const struct program program = {&self.co, main_body};
