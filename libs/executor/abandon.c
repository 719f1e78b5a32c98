/* SPDX-License-Identifier: BSD-2-Clause */
/* An end without being asked: for the kernel, whose coroutines hold nothing but their frame. */
#include "internal.h"

void co_abandon(struct co *co)
{
    struct executor *executor = executor_self();

    executor_cool(executor);
    if (co->status == CO_READY)
        ready_remove(executor, co);
    exit_root(executor, co);
}
