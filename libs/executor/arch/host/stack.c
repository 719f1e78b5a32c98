/* SPDX-License-Identifier: BSD-2-Clause */
/* Switching stacks by ucontext; the address sanitizer is told of each switch. */
#include "../../stack.h"
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define LEAVE(save, to)     __sanitizer_start_switch_fiber(save, (to)->low, (to)->bytes)
#define ARRIVE(saved, from) __sanitizer_finish_switch_fiber(saved, &(from)->low, &(from)->bytes)
#else
#define LEAVE(save, to)     ((void)(save))
#define ARRIVE(saved, from) ((void)(saved))
#endif

/* Where a stack was left, and which one it is. */
struct left {
    ucontext_t context;
    const void *low;
    size_t bytes;
    void (*entry)(void *);
    void *argument;
    struct left *from; /* who switched to it last */
};

static void first(unsigned high, unsigned low)
{
    struct left *self = (struct left *)((uintptr_t)high << 32 | low);

    ARRIVE(NULL, self->from);
    self->entry(self->argument);
    abort();
}

/* At the top of the stack: what a switch needs to get there. */
void *executor_stack_prepare(char *low, size_t bytes, void (*entry)(void *), void *argument)
{
    uintptr_t top = ((uintptr_t)low + bytes - sizeof(struct left)) & ~(uintptr_t)63;
    struct left *self = (struct left *)top;

    *self = (struct left){
        .low = low, .bytes = top - (uintptr_t)low, .entry = entry, .argument = argument};
    if (getcontext(&self->context) != 0)
        abort();
    self->context.uc_stack.ss_sp = low;
    self->context.uc_stack.ss_size = self->bytes;
    makecontext(&self->context, (void (*)(void))first, 2, (unsigned)(top >> 32), (unsigned)top);
    return self;
}

void executor_stack_switch(void **from, void *to)
{
    struct left here, *there = to;
    void *fake = NULL;

    *from = &here;
    there->from = &here;
    LEAVE(&fake, there);
    if (swapcontext(&here.context, &there->context) != 0)
        abort();
    ARRIVE(fake, here.from);
}
