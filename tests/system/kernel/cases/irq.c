/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts, by the alarm of the real-time clock (Goldfish RTC) of QEMU's virt machine.
 *
 * QEMU 7.2's interrupt controller looks at a line only when its device sets it: where a line is to
 * be found high after an acknowledgement, the alarm is set again. */
#include "suite.h"

#define RTC_PADDR 0x101000
#define RTC_LINE  11

enum {
    TIME_LOW = 0,
    TIME_HIGH = 4,
    ALARM_LOW = 8,
    ALARM_HIGH = 12,
    IRQ_ENABLED = 16,
    CLEAR_INTERRUPT = 28
};

static uint32_t irq;

static volatile uint32_t *rtc(unsigned offset)
{
    return (volatile uint32_t *)(WINDOW + offset);
}

/* The frame at the clock's address: what was made of the device memory before is revoked. Whose
 * wakes the interrupts are, and how good. */
static void open_rtc_for(uint32_t process, unsigned slot, unsigned ceiling)
{
    uint64_t base;
    uint32_t untyped = device_untyped(RTC_PADDR, &base);
    uint32_t count = (uint32_t)((RTC_PADDR - base) / 4096) + 1, first = slots_take(count);

    CHECK(untyped && count <= RETYPE_COUNT_MAX);
    revoke(untyped);
    CHECK_OK(sys_untyped_retype(untyped, OBJECT_FRAME, 12, ROOT_CNODE, first, count));
    map(first + count - 1, ROOT_PROCESS, WINDOW, READ | WRITE);
    irq = make(OBJECT_IRQ, 0);
    CHECK_OK(sys_process_bind(process, irq, slot, ceiling));
    CHECK_OK(sys_irq_get(ROOT_IRQ_CONTROL, irq, RTC_LINE));
}

static void open_rtc(unsigned slot)
{
    open_rtc_for(ROOT_PROCESS, slot, 0);
}

static void raise_alarm(void)
{
    *rtc(IRQ_ENABLED) = 1;
    *rtc(ALARM_HIGH) = 0;
    *rtc(ALARM_LOW) = 1; /* long ago */
}

static void lower_alarm(void)
{
    *rtc(CLEAR_INTERRUPT) = 1;
    *rtc(IRQ_ENABLED) = 0;
}

static void wait_for(unsigned slot)
{
    while (!wake_taken(slot))
        suite_yield(NULL);
}

CASE(irq, wakes_until_acknowledged)
{
    open_rtc(70);
    raise_alarm();
    wait_for(70);
    raise_alarm();
    suite_sleep(ticks_ms(2));
    CHECK(!wake_taken(70)); /* masked, though the line is high */
    CHECK_OK(sys_irq_ack(irq));
    wait_for(70); /* once more */
    lower_alarm();
    CHECK_OK(sys_irq_ack(irq));
    suite_sleep(ticks_ms(2));
    CHECK(!wake_taken(70));
    raise_alarm();
    wait_for(70);
    lower_alarm();
    CHECK_OK(sys_irq_ack(irq));
}

CASE(irq, interrupts_a_running_process)
{
    open_rtc(70);
    raise_alarm();
    for (unsigned i = 0; i < 100000000 && !wake_summary(); i++)
        ;
    CHECK(wake_taken(70));
    lower_alarm();
    CHECK_OK(sys_irq_ack(irq));
}

/* In this many nanoseconds. */
static void raise_alarm_later(uint64_t ns)
{
    uint64_t at = *rtc(TIME_LOW);

    at |= (uint64_t)*rtc(TIME_HIGH) << 32; /* latched by the read before */
    at += ns;
    *rtc(IRQ_ENABLED) = 1;
    *rtc(ALARM_HIGH) = (uint32_t)(at >> 32);
    *rtc(ALARM_LOW) = (uint32_t)at;
}

static struct child driver;

CASE(irq, enters_an_idle_better_driver)
{
    struct registers r = {0};

    child_make(&driver, 0);
    open_rtc_for(driver.process, 9, BETTER);
    child_start(&driver, child_log, 5, BETTER);
    for (unsigned i = 1; i < 32; i++)
        r.x[i] = 99 * i;
    r.x[REG_T5] = (uint64_t)&SHARED->log[1]; /* its second entry ends the spinning */
    raise_alarm_later(2000000);
    registers_spin(&r, EXECUTOR_BASE);
    CHECK_EQ(SHARED->logged, 2);
    CHECK_EQ(r.x[0], 0);
    for (unsigned i = 1; i < 30; i++)
        CHECK(i == REG_SP || r.x[i] == 99 * i);
    lower_alarm();
    CHECK_OK(sys_irq_ack(irq));
    CHECK_EQ(child_state(&driver), PROCESS_IDLE);
}

CASE(irq, the_drivers_event_names_the_slot)
{
    child_make(&driver, 0);
    open_rtc_for(driver.process, 9, BETTER);
    child_start(&driver, child_idle, 0, BETTER);
    raise_alarm();
    for (unsigned i = 0; i < 100000000 && SHARED->entries == 0; i++)
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    CHECK_EQ(SHARED->entries, 1);
    for (unsigned i = 0; i < 7; i++)
        CHECK_EQ(SHARED->event[i], 0);
    CHECK_EQ(SHARED->event[7], EVENT_RUNG | 9 << 8);
    lower_alarm();
    CHECK_OK(sys_irq_ack(irq));
}

CASE(irq, a_worse_driver_waits)
{
    child_make(&driver, 0);
    open_rtc_for(driver.process, 9, WORSE);
    child_start(&driver, child_log, 5, WORSE);
    run_children();
    raise_alarm();
    for (unsigned i = 0; i < 100000000 && child_state(&driver) != PROCESS_READY; i++)
        ;
    CHECK_EQ(SHARED->logged, 1);
    run_children();
    CHECK_EQ(SHARED->logged, 2);
    lower_alarm();
    CHECK_OK(sys_irq_ack(irq));
}

CASE(irq, deleted_while_it_is_claimed)
{
    open_rtc(70);
    raise_alarm();
    wait_for(70);
    delete (irq);
    raise_alarm();
    suite_sleep(ticks_ms(2));
    CHECK(!wake_taken(70));
    lower_alarm();
    irq = make(OBJECT_IRQ, 0);
    CHECK_OK(sys_process_bind(ROOT_PROCESS, irq, 71, 0));
    CHECK_OK(sys_irq_get(ROOT_IRQ_CONTROL, irq, RTC_LINE));
    raise_alarm();
    wait_for(71);
    lower_alarm();
    CHECK_OK(sys_irq_ack(irq));
}

CASE(irq, ack_without_an_interrupt)
{
    uint32_t object = make(OBJECT_IRQ, 0);

    CHECK_EQ(sys_irq_ack(object), E_STATE);
    CHECK_OK(sys_irq_get(ROOT_IRQ_CONTROL, object, 12));
    CHECK_OK(sys_irq_ack(object));
}

CASE(irq, get_refuses)
{
    uint32_t object = make(OBJECT_IRQ, 0), second = make(OBJECT_IRQ, 0);

    CHECK_EQ(sys_irq_get(ROOT_IRQ_CONTROL, slots_take(1), 12), E_BAD_CAP);
    CHECK_EQ(sys_irq_get(ROOT_IRQ_CONTROL, ROOT_PROCESS, 12), E_BAD_TYPE);
    CHECK_EQ(sys_irq_get(object, second, 12), E_BAD_TYPE);
    CHECK_EQ(sys_irq_get(ROOT_IRQ_CONTROL, object, 0), E_BAD_ARGUMENT);
    CHECK_EQ(sys_irq_get(ROOT_IRQ_CONTROL, object, 100000), E_BAD_ARGUMENT);
    CHECK_EQ(sys_irq_get(ROOT_IRQ_CONTROL, object, ~0u), E_BAD_ARGUMENT);
    CHECK_OK(sys_irq_get(ROOT_IRQ_CONTROL, object, 12));
    CHECK_EQ(sys_irq_get(ROOT_IRQ_CONTROL, object, 13), E_IN_USE);
    CHECK_EQ(sys_irq_get(ROOT_IRQ_CONTROL, second, 12), E_IN_USE);
    delete (object);
    CHECK_OK(sys_irq_get(ROOT_IRQ_CONTROL, second, 12));
}

CASE(irq, line_without_a_bound_process)
{
    uint64_t base;

    CHECK(device_untyped(RTC_PADDR, &base));
    open_rtc(70);
    delete (irq);
    irq = make(OBJECT_IRQ, 0);
    CHECK_OK(sys_irq_get(ROOT_IRQ_CONTROL, irq, RTC_LINE));
    raise_alarm();
    suite_sleep(ticks_ms(2));
    lower_alarm();
    CHECK_OK(sys_irq_ack(irq));
}
