/* SPDX-License-Identifier: BSD-2-Clause */
/* The suite as a process: its executor line, its wakes, its time. */
#include <stdio.h>
#include <string.h>
#include <fdt/fdt.h>
#include <sys/counter.h>
#include "suite.h"

#define SLEEP_SLOT 0
#define WAKES      ((uint64_t *)(EXECUTOR_BASE + EXECUTOR_WAKE_WORDS))

static uint32_t sleep_timer;
static uint64_t taken[64];
bool suite_traced;
char suite_only[64];

struct executor_line *suite_line(void)
{
    return (struct executor_line *)EXECUTOR_BASE;
}

void suite_priority(unsigned priority)
{
    __atomic_store_n(&suite_line()->running, priority, __ATOMIC_RELAXED);
}

/* The wake that came with the event shall look like any other. */
static void wake_rung(uint64_t event)
{
    if ((event & 0xff) != EVENT_RUNG)
        return;
    __atomic_fetch_or(&WAKES[event >> 14], 1ull << (event >> 8) % 64, __ATOMIC_RELAXED);
    __atomic_fetch_or(&suite_line()->wakes, 1ull << (event >> 14), __ATOMIC_RELEASE);
}

bool suite_call(struct registers *registers)
{
    registers_ecall(registers, EXECUTOR_BASE);
    if (registers->x[0])
        wake_rung(registers->x[REG_A7]);
    return registers->x[0];
}

bool suite_yield(struct registers *registers)
{
    struct registers own = {0};

    if (!registers)
        registers = &own;
    registers->x[REG_A7] = SYS_YIELD;
    return suite_call(registers);
}

uint64_t wake_summary(void)
{
    return __atomic_load_n(&suite_line()->wakes, __ATOMIC_ACQUIRE);
}

uint64_t wake_word(unsigned word)
{
    return __atomic_load_n(&WAKES[word], __ATOMIC_RELAXED);
}

void wakes_take(void)
{
    uint64_t summary = __atomic_exchange_n(&suite_line()->wakes, 0, __ATOMIC_ACQUIRE);

    for (unsigned i = 0; i < 64; i++) {
        if (summary >> i & 1)
            taken[i] |= __atomic_exchange_n(&WAKES[i], 0, __ATOMIC_RELAXED);
    }
}

void wakes_clear(void)
{
    wakes_take();
    memset(taken, 0, sizeof taken);
}

bool wake_taken(unsigned slot)
{
    uint64_t bit = 1ull << slot % 64;
    bool set;

    wakes_take();
    set = taken[slot / 64] & bit;
    taken[slot / 64] &= ~bit;
    return set;
}

uint64_t ticks_now(void)
{
    return counter_arch_time();
}

uint64_t ticks_ms(uint64_t ms)
{
    return ((const struct boot_info *)ROOT_BOOT_INFO_BASE)->timebase_hz / 1000 * ms;
}

void suite_sleep(uint64_t ticks)
{
    CHECK_OK(sys_timer_set(sleep_timer, ticks_now() + ticks, 4));
    while (!wake_taken(SLEEP_SLOT))
        suite_yield(NULL);
}

void suite_sleep_until(volatile uint64_t *word)
{
    for (unsigned i = 0; i < 20000 && *word == 0; i++)
        suite_sleep(ticks_ms(1));
    CHECK(*word != 0);
}

/* If the timer was due before the yield it is set again, later. */
void suite_yield_for_timer(struct registers *registers)
{
    struct registers before = *registers;
    uint32_t timer = suite_timer(90);

    for (uint64_t ms = 1; ms < 2000; ms *= 2) {
        *registers = before;
        CHECK_OK(sys_timer_set(timer, ticks_now() + ticks_ms(ms), SUITE_PRIORITY));
        if (suite_yield(registers))
            return;
        wakes_clear();
    }
    CHECK(!"a timer that is not due before the yield");
}

uint32_t suite_endpoint(unsigned slot, unsigned ceiling)
{
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0);

    CHECK_OK(sys_process_bind(ROOT_PROCESS, endpoint, slot, ceiling));
    return endpoint;
}

uint32_t suite_timer(unsigned slot)
{
    uint32_t timer = make(OBJECT_TIMER, 0);

    CHECK_OK(sys_process_bind(ROOT_PROCESS, timer, slot, 0));
    return timer;
}

/* Where the text begins in the boot arguments; NULL: it is not there. */
static const char *boot_argument(const char *text)
{
    struct fdt fdt;
    struct fdt_node chosen;
    const char *arguments = NULL;

    CHECK_OK(fdt_open(&fdt, (const void *)ROOT_FDT_BASE,
                      ((const struct boot_info *)ROOT_BOOT_INFO_BASE)->fdt_bytes));
    if (fdt_find(&fdt, "/chosen", &chosen))
        arguments = fdt_string(&fdt, &chosen, "bootargs");
    return arguments ? strstr(arguments, text) : NULL;
}

void self_open(void)
{
    const char *only = boot_argument("only=");

    suite_traced = boot_argument("trace=on") != NULL;
    if (only)
        snprintf(suite_only, sizeof suite_only, "%.*s", (int)strcspn(only + 5, " "), only + 5);
    sleep_timer = make_from(lasting, OBJECT_TIMER, 0);
    CHECK_OK(sys_process_bind(ROOT_PROCESS, sleep_timer, SLEEP_SLOT, 0));
    /* The order of events is that of one hart, but for the cases that ask for more. */
    CHECK_OK(sys_process_harts(ROOT_PROCESS, 1));
}

void self_reset(void)
{
    CHECK_OK(sys_trace_control(ROOT_TRACE, suite_traced));
    CHECK_OK(sys_timer_set(sleep_timer, ~0ull, 0));
    suite_line()->bitmap = 0;
    suite_priority(SUITE_PRIORITY);
    wakes_clear();
}
