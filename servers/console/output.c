/* SPDX-License-Identifier: BSD-2-Clause */
#include "console.h"

struct output output;

void output_interrupt(void)
{
    co_event_set(&output.room);
}

/* Put bytes until the UART is full. Value: whether all are out. */
static bool put_some(struct output_write *write)
{
    struct uart *uart = output.uart;

    while (write->done < write->bytes) {
        if (!uart->ops->put(uart, write->from[write->done]))
            return false;
        write->done++;
    }
    return true;
}

CO_BODY enum co_state output_body(struct co *co)
{
    struct output_write *write = co_frame(struct output_write, co);
    long n;

    co_begin(co);
    while (!put_some(write)) {
        /* Level-triggered: room that came between put_some and here interrupts at once. UART Lite
         * has an edge, but its FIFO was full, so that its last byte is still to leave. */
        output.uart->ops->send_interrupt(output.uart, true);
        co_await(n, co_event_wait(co, &output.room));
        output.uart->ops->send_interrupt(output.uart, false);
        if (n < 0)
            co_return(n);
    }
    co_return(write->bytes);
}
