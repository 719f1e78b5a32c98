/* SPDX-License-Identifier: BSD-2-Clause */
/* Coroutines with a stack of their own. The loop calls their body like any other; it switches to
 * that stack, and comes back when the function there suspends or ends.
 *
 *     loop's stack                        its own
 *     body ------- executor_stack_switch -----> function ... co_stackful_wait
 *          <------ executor_stack_switch ----------------------------+
 *
 * So nothing of it lies on the loop's stack while it waits, and the loop may be abandoned then as
 * for any other coroutine. */
#include "internal.h"
#include "stack.h"

#define GUARD_WORD 0x5afe57acc0ffee77ull

static uint64_t *guard(const struct co_stackful *self)
{
    return (uint64_t *)(void *)self->stack;
}

static bool is_whole(const struct co_stackful *self)
{
    uint64_t changed = 0;

    for (unsigned i = 0; i < CO_STACK_GUARD_BYTES / sizeof(uint64_t); i++)
        changed |= guard(self)[i] ^ GUARD_WORD;
    return changed == 0;
}

static void begin(void *argument)
{
    struct co_stackful *self = argument;

    self->co.value = self->function(self);
    self->ended = true;
    executor_stack_switch(&self->own, self->loop);
    __builtin_unreachable();
}

static enum co_state stackful_body(struct co *co)
{
    struct co_stackful *self = co_frame(struct co_stackful, co);
    struct executor *executor = executor_self();

    executor_stack_switch(&self->loop, self->own);
    if (!is_whole(self)) {
        if (executor->overflow)
            executor->overflow(executor, co);
        __builtin_trap();
    }
    return self->ended ? CO_DONE : CO_PENDING;
}

cid_t co_spawn_stackful(struct co_stackful *self, unsigned priority, void (*release)(struct co *co))
{
    cid_t cid = {0};

    if (self->stack_bytes < CO_STACK_MIN_BYTES || (uintptr_t)self->stack % sizeof(uint64_t))
        return cid;
    cid = co_spawn(&self->co, stackful_body, priority, release);
    if (!cid.raw)
        return cid;
    self->co.flags |= CO_FLAG_STACKFUL;
    self->ended = false;
    for (unsigned i = 0; i < CO_STACK_GUARD_BYTES / sizeof(uint64_t); i++)
        guard(self)[i] = GUARD_WORD;
    self->own = executor_stack_prepare(self->stack, self->stack_bytes, begin, self);
    return cid;
}

intptr_t co_stackful_wait(struct co_stackful *self, enum co_state state)
{
    if (state != CO_DONE)
        executor_stack_switch(&self->own, self->loop);
    return self->co.value;
}
