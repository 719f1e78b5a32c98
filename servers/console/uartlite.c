/* SPDX-License-Identifier: BSD-2-Clause */
/* Xilinx AXI UART Lite (PG142 v2.0, chapter 2, "Register Space"). One interrupt for both
 * directions: an edge when the receive FIFO gets its first byte or the send FIFO its last out. */
#include <driver/mmio.h>
#include "uart.h"

enum { RX_FIFO = 0x0, TX_FIFO = 0x4, STAT = 0x8, CTRL = 0xc };

#define STAT_RECEIVED  0x01u
#define STAT_SEND_FULL 0x08u
#define CTRL_INTERRUPT 0x10u

static void init(struct uart *uart)
{
    mmio_write32(uart->base + CTRL, CTRL_INTERRUPT);
}

static int get(struct uart *uart)
{
    if ((mmio_read32(uart->base + STAT) & STAT_RECEIVED) == 0)
        return -1;
    return (int)(mmio_read32(uart->base + RX_FIFO) & 0xff);
}

static bool put(struct uart *uart, uint8_t byte)
{
    if ((mmio_read32(uart->base + STAT) & STAT_SEND_FULL) != 0)
        return false;
    mmio_write32(uart->base + TX_FIFO, byte);
    return true;
}

static void send_interrupt(struct uart *uart, bool on)
{
    (void)uart; /* always on: it has no switch of its own */
    (void)on;
}

const struct uart_ops uart_xilinx_lite = {"xlnx,xps-uartlite-1.00.a", init, get, put,
                                          send_interrupt};
