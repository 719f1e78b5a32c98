/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader.h"
#include <executor/executor.h>

#define SLOTS 1024

void executor_start(void)
{
    static struct executor executor;
    static struct executor_line line;
    static struct co_slot slots[SLOTS];

    executor_set_line(&line);
    executor_init(&executor, &line, slots, SLOTS);
}
