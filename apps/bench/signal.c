/* SPDX-License-Identifier: BSD-2-Clause */
/* Bare doorbells between coroutines of two processes, and interrupts.
 *
 *     bench (16) --> waiter (12): better, so it runs at once and is idle whenever bench runs
 *                --> late (20): worse, so it is ready and never runs while bench does
 *                --> bench-server (16): rings back
 */
#include <sys/program.h>
#include <sys/startup.h>
#include <sys/syscall.h>
#include "arch/riscv64/mark.h"
#include "bench.h"

#define SAMPLES    31
#define INTERRUPTS 9
#define ROUNDS     10 /* of a sample of what takes no switch, or comes in pairs */

static void must(long error)
{
    if (error)
        die("doorbell: %s", error_text(error));
}

/* From before the system call to the first thing in the waiter's coroutine. */
static void to_waiter(void)
{
    const struct startup_channel *waiter = signal_channel("waiter");

    signal_page(waiter)->mode = SIGNAL_STAMP;
    for (unsigned i = 0; i < SAMPLES; i++) {
        struct stamp start = stamp_start();

        must(sys_doorbell(waiter->endpoint, 0));
        table_add(start, (struct stamp){signal_page(waiter)->stop.instructions,
                                        signal_page(waiter)->stop.cycles});
    }
    table_report("signal_to_waiter", 1);
}

/* The slot is set already, and its process waits for its turn. */
static void no_waiter(void)
{
    const struct startup_channel *late = signal_channel("late");

    must(sys_doorbell(late->endpoint, PRIORITY_COUNT - 1));
    for (unsigned i = 0; i < SAMPLES; i++) {
        struct stamp start = stamp_start();

        for (unsigned k = 0; k < ROUNDS; k++) {
            MARK("operation");
            must(sys_doorbell(late->endpoint, PRIORITY_COUNT - 1));
        }
        table_add(start, stamp_stop());
    }
    table_report("signal_no_waiter", ROUNDS);
}

/* Spin and stamp until the waiter has run; its stamp less the last one here is the sample. */
static void interrupted(enum signal_mode mode)
{
    const struct startup_channel *waiter = signal_channel("waiter");
    volatile struct signal_page *page = signal_page(waiter);
    uint64_t done = page->done;
    struct stamp start, last;

    page->mode = mode;
    must(sys_doorbell(waiter->endpoint, 0));
    start = last = stamp_start();
    while (page->done == done) {
        last = start;
        start = stamp_start();
    }
    /* `last` was before the interrupt, or `start` too, if it came after that. */
    if (page->stop.instructions > start.instructions)
        last = start;
    table_add(last, (struct stamp){page->stop.instructions, page->stop.cycles});
}

static void interrupts(void)
{
    for (unsigned i = 0; i < INTERRUPTS; i++)
        interrupted(SIGNAL_TIMER);
    table_report("timer_to_user", 1);
    if (!signal_page(signal_channel("waiter"))->has_alarm) {
        table_skip("irq_to_user", "no alarm device here (timer_to_user is the timer's interrupt)");
        return;
    }
    for (unsigned i = 0; i < INTERRUPTS; i++)
        interrupted(SIGNAL_ALARM);
    table_report("irq_to_user", 1);
}

CO_BODY enum co_state bench_signal_body(struct co *co)
{
    struct bench_signal *b = co_frame(struct bench_signal, co);
    long n;

    co_begin(co);
    to_waiter();
    no_waiter();
    signal_take_slot(signal_channel("pong"), &b->rung);
    b->endpoint = signal_channel("pong")->endpoint;
    for (b->sample = 0; b->sample < SAMPLES; b->sample++) {
        b->round = ROUNDS;
        b->start = stamp_start();
        while (b->round-- > 0) {
            MARK("operation");
            co_await(n, ipc_signal_wait(co, b->endpoint, &b->rung));
            must(n);
        }
        table_add(b->start, stamp_stop());
    }
    table_report("notify_pingpong", ROUNDS);
    interrupts();
    co_return(0);
}
