/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include "fixture.h"

struct fixture fixture;
static char text[4096];

void log_clear(void)
{
    text[0] = 0;
}

void log_add(const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, sizeof text - used, format, arguments);
    va_end(arguments);
}

void log_value(long value)
{
    if (value == E_CANCELLED)
        log_add("cancelled ");
    else if (value == E_STALE)
        log_add("stale ");
    else
        log_add("%ld ", value);
}

const char *log_text(void)
{
    return text;
}

void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    executor_init(&f->executor, &f->line, f->slots, SLOTS);
    f->executor.wake_words = f->wake_words;
    f->executor.wake_slot_count = FIXTURE_WAKE_SLOTS;
    f->line.slots = (uintptr_t)f->wake_slots;
}

int setup(void **state)
{
    (void)state;
    fixture_init(&fixture);
    executor_set_line(&fixture.line);
    log_clear();
    return 0;
}

/* Check one ready queue; value: its length. */
static unsigned check_queue(const struct fixture *f, unsigned priority)
{
    const struct co_ready_queue *queue = &f->executor.ready[priority];
    struct co *const *link = &queue->first;
    unsigned length = 0;

    for (const struct co *co; (co = *link) != NULL; link = &co->next) {
        assert_int_equal(co->status, CO_READY);
        assert_int_equal(co->priority, priority);
        assert_ptr_equal(f->slots[co->index / sizeof f->slots[0]].leaf, co);
        assert_true(++length <= SLOTS);
    }
    assert_ptr_equal(queue->last, link);
    assert_int_equal(f->line.bitmap >> priority & 1, length != 0);
    return length;
}

/* Value: the coroutine that is next without standing in a queue, or NULL. */
static const struct co *check_hot(const struct fixture *f)
{
    const struct executor *executor = &f->executor;
    const struct co *next = NULL;
    unsigned priority = executor->next & 0xff;

    if (executor->next == EXECUTOR_COLD)
        return NULL;
    if (executor->next > EXECUTOR_NEXT_MAX) {
        next = (const struct co *)executor->next;
        assert_int_equal(next->status, CO_PARKED);
        assert_ptr_equal(f->slots[next->index / sizeof f->slots[0]].leaf, next);
        priority = next->priority;
    } else if (executor->next != EXECUTOR_OPEN(priority)) {
        assert_int_equal(executor->next, EXECUTOR_QUEUED(priority));
        assert_non_null(executor->queue->first);
    }
    assert_ptr_equal(executor->queue, &executor->ready[priority]);
    assert_true((executor->queue->first != NULL) == (executor->next == EXECUTOR_QUEUED(priority)));
    /* Nothing runs while the executor idles. */
    assert_true(f->line.running == priority ||
                (f->line.running == PRIORITY_NONE && !executor->current && !f->line.bitmap));
    assert_true(executor->deferred >= priority);
    assert_int_equal(executor->no_heat, 0);
    assert_true((f->line.bitmap & ((1ull << priority) - 1)) == 0);
    assert_true(executor->bitmap_rest == (f->line.bitmap & ~(1ull << priority)));
    return next;
}

void check_invariants(const struct fixture *f, unsigned live)
{
    unsigned queued = 0, ready = 0, found = 0, cancelled = 0;
    const struct co *next = check_hot(f);

    for (unsigned priority = 0; priority < PRIORITY_COUNT; priority++)
        queued += check_queue(f, priority);
    for (unsigned i = 0; i < SLOTS; i++) {
        const struct co *leaf = f->slots[i].leaf;

        if (!leaf)
            continue;
        found++;
        assert_int_equal(leaf->index, i * sizeof f->slots[0]);
        assert_int_equal((uint32_t)f->slots[i].cid, leaf->index);
        ready += leaf->status == CO_READY;
        cancelled += (leaf->flags & CO_FLAG_CANCELLED) != 0;
        assert_true((co_status(leaf) == CO_RUNNING) ==
                    (leaf == f->executor.current && leaf != next));
        assert_true(leaf != next || co_status(leaf) == CO_READY);
    }
    assert_int_equal(queued, ready);
    assert_int_equal(cancelled, f->executor.no_heat);
    assert_int_equal(found, f->executor.live);
    assert_int_equal(found, live);
}

void run(void)
{
    co_run(false);
    assert_null(fixture.executor.current);
    assert_int_equal(fixture.line.running, PRIORITY_NONE);
    assert_int_equal(fixture.line.bitmap, 0);
}

void ring(unsigned slot)
{
    fixture.wake_words[slot / 64] |= 1ull << slot % 64;
    fixture.line.wakes |= 1ull << slot / 64;
}

enum co_state never(struct co *co)
{
    (void)co;
    return CO_PENDING;
}

static enum co_state operate(struct tracer *t)
{
    switch (t->op) {
    case OP_PARK:
        return co_park(&t->co);
    case OP_YIELD:
        return co_yield(&t->co);
    case OP_EVENT:
        return co_event_wait(&t->co, (struct co_event *)t->argument);
    case OP_SEMAPHORE:
        return co_semaphore_take(&t->co, (struct co_semaphore *)t->argument);
    case OP_MUTEX:
        return co_mutex_lock(&t->co, (struct co_mutex *)t->argument);
    case OP_SLEEP:
        return co_sleep_until(&t->co, (uint64_t)t->argument);
    case OP_JOIN:
        return co_join(&t->co, (cid_t){(uint64_t)t->argument});
    case OP_NEVER:
        break;
    }
    return never(&t->co);
}

CO_BODY enum co_state tracer_body(struct co *co)
{
    struct tracer *t = co_frame(struct tracer, co);
    long value;

    assert_int_equal(co_current().raw, t->cid.raw);
    assert_int_equal(executor_line()->running, co->priority);
    co_begin(co);
    log_add("%s ", t->name);
    while (t->times > 0) {
        t->times--;
        co_await(value, operate(t));
        assert_int_equal(executor_line()->running, co->priority);
        log_add("%s:", t->name);
        log_value(value);
    }
    co_return(100);
}

static void tracer_release(struct co *co)
{
    struct tracer *t = co_frame(struct tracer, co);

    assert_int_equal(co->status, CO_EXITED);
    assert_false(t->released);
    t->released = true;
    log_add("%s. ", t->name);
}

cid_t trace(struct tracer *t, const char *name, unsigned priority, enum op op, unsigned times,
            intptr_t argument)
{
    memset(t, 0xa5, sizeof *t); /* a frame need not be zero */
    t->name = name;
    t->op = op;
    t->times = times;
    t->argument = argument;
    t->released = false;
    t->cid = co_spawn(&t->co, tracer_body, priority, tracer_release);
    return t->cid;
}
