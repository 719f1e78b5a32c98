/* SPDX-License-Identifier: BSD-2-Clause */
/* User interrupts: wakes that come in the midst of a long computation.
 *
 * The inline functions of fast.h change queues without masking anything, so an interrupt may not
 * come just anywhere. It comes only where the running coroutine has said that it touches nothing of
 * the executor: between co_interruptible(true) and co_interruptible(false), while the word that the
 * kernel looks at is not zero. There the handler runs as if the coroutine had called it.
 *
 *     wake while the word is 0         the kernel remembers; seen by co_interruptible(true), or by
 *                                      the loop, which looks before each coroutine
 *     wake while the word is 1         the kernel enters the handler
 *     wake while the handler runs      the kernel enters it again when it returns
 *
 * No wake is lost between the first two, because the word is set before the summary is looked at
 * (tests/model/upcall.pml).
 */
#include "internal.h"

static void set_word(const struct executor *executor, uint64_t value)
{
    /* The handler runs on this hart: what it must see need only be ordered for the compiler. */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(executor->interruptible, value, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void co_interruptible(bool yes)
{
    struct executor *executor = executor_self();
    struct executor_line *line = executor_line();

    if (!executor->interruptible)
        return;
    set_word(executor, yes);
    while (yes && __atomic_load_n(&line->wakes, __ATOMIC_RELAXED)) {
        set_word(executor, 0);
        executor_drain(executor, line);
        set_word(executor, 1);
    }
}

void executor_interrupted(void)
{
    executor_drain(executor_self(), executor_line());
}
