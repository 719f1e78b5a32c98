/* SPDX-License-Identifier: BSD-2-Clause */
/* Attacks on the system call interface. */
#include <stdbool.h>
#include <sys/startup.h>
#include <sys/syscall.h>
#include "hostile.h"

#define ADDRESSES 2048u /* more than any CNode of a test process has */

static bool is_own(uint32_t cptr)
{
    const struct startup *s = startup();

    if (cptr == s->debug_put || cptr == s->timer)
        return true;
    for (uint32_t i = 0; i < s->channel_count; i++) {
        if (cptr == s->channels[i].endpoint)
            return true;
    }
    return false;
}

/* Calls that invoke no capability: they concern the caller alone. */
static bool invokes_nothing(unsigned number)
{
    return number == SYS_THREAD_YIELD || number == SYS_THREAD_WAIT ||
           number == SYS_USER_INTERRUPT || number == SYS_UPCALL_RETURN ||
           number == SYS_SUBMIT || number == SYS_THREAD_DEADLINE;
}

/* Calls of threads only. */
static bool of_threads(unsigned number)
{
    return number == SYS_CALL || number == SYS_CALL_CAP || number == SYS_SEND ||
           number == SYS_RECEIVE || number == SYS_REPLY_RECEIVE;
}

/* One call with plausible arguments: the same small number everywhere. Value: its result, which the
 * calls of threads give in a6. */
static long attempt(unsigned number, uint32_t cptr, uint64_t argument)
{
    uint64_t x[8] = {argument, argument, argument, argument, argument, argument, argument, 0};

    syscall_arch(SYS_INVOKED_(number, cptr), x);
    return (long)(of_threads(number) ? x[6] : x[0]);
}

/* Whether a call was refused for this reason; a virtual CPU hears of the calls of threads only that
 * they are not for it. */
static bool refused(unsigned number, long result, enum error why)
{
    return result == (of_threads(number) ? E_STATE : why);
}

unsigned attack_capabilities(unsigned *tries)
{
    unsigned through = 0;

    for (uint32_t cptr = 0; cptr < ADDRESSES; cptr++) {
        for (unsigned number = SYS_DOORBELL; number < SYS_COUNT; number++) {
            if (is_own(cptr) || invokes_nothing(number))
                continue;
            (*tries)++;
            through += !refused(number, attempt(number, cptr, 1), E_BAD_CAP);
        }
    }
    return through;
}

unsigned attack_wakes(unsigned *tries)
{
    static const uint32_t far[] = {0x7fffffff, 0x80000000, 0xffffffff, 0xdeadbeef, 1u << 20};
    unsigned through = 0;

    for (unsigned i = 0; i < sizeof far / sizeof far[0]; i++) {
        const uint64_t words[6] = {0};

        *tries += 3;
        through += sys_doorbell(far[i], 0) != E_BAD_CAP;
        through += sys_doorbell_yield(far[i], 0) != E_BAD_CAP;
        through += sys_deliver(far[i], words, ~0ull) != E_BAD_CAP;
    }
    return through;
}

unsigned attack_types(unsigned *tries)
{
    const struct startup *s = startup();
    unsigned through = 0;

    /* A Timer is not an endpoint, a process, memory or a table. */
    for (unsigned number = SYS_DOORBELL; number < SYS_COUNT; number++) {
        if (number == SYS_TIMER_SET || invokes_nothing(number))
            continue;
        (*tries)++;
        through += !refused(number, attempt(number, s->timer, 1), E_BAD_TYPE);
    }
    /* A priority that does not exist. */
    (*tries)++;
    through += sys_timer_set(s->timer, 0, PRIORITY_COUNT) != E_BAD_ARGUMENT;
    return through;
}
