/* SPDX-License-Identifier: BSD-2-Clause */
/* Waits for doorbells of the channel "signal", for a moment of time or for an interrupt, and stamps
 * first thing when it runs again. */
#include <driver/device.h>
#include <driver/irq.h>
#include <driver/mmio.h>
#include <sys/program.h>
#include "arch/riscv64/mark.h"
#include "bench.h"

/* The alarm device: QEMU's goldfish-rtc, in nanoseconds. */
enum {
    TIME_LOW = 0x00,
    TIME_HIGH = 0x04,
    ALARM_LOW = 0x08,
    ALARM_HIGH = 0x0c,
    IRQ_ENABLED = 0x10,
    CLEAR_INTERRUPT = 0x1c
};

#define ALARM_NS      50000u /* from now */
#define TIMER_SECONDS 20000u /* one part of so many */

struct waiter {
    struct co co;
    volatile struct signal_page *page;
    struct co_event rung;
    struct irq irq;
    uintptr_t alarm; /* its registers */
};

static void open_alarm(struct waiter *w)
{
    const struct startup_device *device = device_compatible("google,goldfish-rtc", 0);

    if (device == NULL || irq_init(&w->irq, device) != E_OK)
        return;
    w->alarm = (uintptr_t)device->base;
    mmio_write32(w->alarm + IRQ_ENABLED, 1);
    w->page->has_alarm = 1;
}

static void set_alarm(struct waiter *w)
{
    uint64_t when = mmio_read32(w->alarm + TIME_LOW);

    when |= (uint64_t)mmio_read32(w->alarm + TIME_HIGH) << 32; /* latched by the read before */
    when += ALARM_NS;
    mmio_write32(w->alarm + ALARM_HIGH, (uint32_t)(when >> 32));
    mmio_write32(w->alarm + ALARM_LOW, (uint32_t)when);
}

static void clear_alarm(struct waiter *w)
{
    mmio_write32(w->alarm + CLEAR_INTERRUPT, 1);
    if (irq_ack(&w->irq) != E_OK)
        die("the interrupt cannot be acknowledged");
}

static void note(struct waiter *w, struct stamp stop)
{
    w->page->stop.instructions = stop.instructions;
    w->page->stop.cycles = stop.cycles;
    w->page->done++;
}

static CO_BODY enum co_state waiter_body(struct co *co)
{
    struct waiter *w = co_frame(struct waiter, co);
    long n;

    co_begin(co);
    MARK("entry waiter");
    w->page = signal_page(signal_channel("bench"));
    signal_take_slot(signal_channel("bench"), &w->rung);
    open_alarm(w);
    for (;;) {
        co_await(n, co_event_wait(co, &w->rung));
        note(w, stamp_stop());
        if (w->page->mode == SIGNAL_STAMP)
            continue;
        w->page->done--;
        if (w->page->mode == SIGNAL_TIMER) {
            co_await(n, co_sleep_until(co, time_now() + startup()->timebase_hz / TIMER_SECONDS));
            note(w, stamp_stop());
        } else {
            set_alarm(w);
            co_await(n, irq_wait(co, &w->irq));
            note(w, stamp_stop());
            clear_alarm(w);
        }
    }
}
PROGRAM(struct waiter, waiter_body);
