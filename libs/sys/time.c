/* SPDX-License-Identifier: BSD-2-Clause */
/* Time in ticks of rdtime. */
#include <sys/counter_arch.h>
#include <sys/program.h>

uint64_t time_now(void)
{
    return counter_arch_time();
}

/* value * to / from without overflow, while value / from * to fits. */
static uint64_t scale(uint64_t value, uint64_t from, uint64_t to)
{
    return value / from * to + value % from * to / from;
}

uint64_t time_from_us(uint64_t us)
{
    return scale(us, 1000000, startup()->timebase_hz);
}

uint64_t time_to_us(uint64_t ticks)
{
    return scale(ticks, startup()->timebase_hz, 1000000);
}

enum co_state sleep_us(struct co *co, uint64_t us)
{
    return co_sleep_until(co, time_now() + time_from_us(us));
}
