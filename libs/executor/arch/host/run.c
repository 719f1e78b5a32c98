/* SPDX-License-Identifier: BSD-2-Clause */
/* The host: there is no kernel that enters, so the loop simply runs on the caller's stack. */
#include "../../internal.h"
#include "../../run.h"
#include <executor/cpus.h>

_Thread_local struct executor_line *executor_host_line;

struct executor_line *executor_set_line(struct executor_line *line)
{
    struct executor_line *before = executor_host_line;

    executor_host_line = line;
    return before;
}

void executor_run(void)
{
    executor_loop(NULL);
}

void executor_entry(void)
{
    __builtin_trap(); /* executor_enter is the host's entry */
}

void executor_entry_shared(void)
{
    __builtin_trap();
}

void executor_enter(uint64_t event, const uint64_t word[6], uint64_t header)
{
    struct co *first = NULL;

    if ((event & 0xff) == EVENT_MESSAGE)
        first =
            executor_message(word[0], word[1], word[2], word[3], word[4], word[5], header, event);
    if ((event & 0xff) == EVENT_RUNG && event >> 8 < executor_self()->wake_slot_count) {
        struct wake_slot *slot =
            (struct wake_slot *)(uintptr_t)executor_line()->slots + (event >> 8);

        first = slot->rung ? slot->rung(slot) : executor_rung(slot);
    }
    executor_loop(first);
}
