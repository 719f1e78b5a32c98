/* SPDX-License-Identifier: BSD-2-Clause */
/* 16550 and its kin. Registers: National Semiconductor PC16550D datasheet, §8 (table II). The
 * Synopsys one (DW_apb_uart databook, ch. 5) has them four bytes apart. */
#include <driver/mmio.h>
#include "uart.h"

enum { RBR = 0, THR = 0, IER = 1, FCR = 2, IIR = 2, LCR = 3, MCR = 4, LSR = 5, USR = 0x1f };

#define IER_RECEIVED   0x01u
#define IER_SEND_EMPTY 0x02u
#define FCR_ENABLE     0x01u
#define MCR_READY      0x0bu /* DTR, RTS, and OUT2, which lets the interrupt out on some boards */
#define LCR_DIVISOR    0x80u /* DLAB */
#define LSR_RECEIVED   0x01u
#define LSR_SEND_EMPTY 0x20u
#define IIR_CAUSE      0x0fu
#define IIR_BUSY       0x07u /* Synopsys: LCR was written while it sent; a read of USR clears it */
#define FIFO_BYTES     16u

static uint8_t read(struct uart *uart, unsigned reg)
{
    uintptr_t address = uart->base + ((uintptr_t)reg << uart->shift);

    return uart->shift == 2 ? (uint8_t)mmio_read32(address) : mmio_read8(address);
}

static void write(struct uart *uart, unsigned reg, uint8_t value)
{
    uintptr_t address = uart->base + ((uintptr_t)reg << uart->shift);

    if (uart->shift == 2)
        mmio_write32(address, value);
    else
        mmio_write8(address, value);
}

static void init(struct uart *uart)
{
    write(uart, IER, 0);
    write(uart, LCR, read(uart, LCR) & (uint8_t)~LCR_DIVISOR);
    write(uart, FCR, FCR_ENABLE); /* without clearing: the firmware's last words, the first keys */
    write(uart, MCR, MCR_READY);
    (void)read(uart, LSR);
    uart->room = 0;
    write(uart, IER, IER_RECEIVED);
}

static void init_byte_apart(struct uart *uart)
{
    uart->shift = 0;
    init(uart);
}

static void init_word_apart(struct uart *uart)
{
    uart->shift = 2;
    init(uart);
}

static int get(struct uart *uart)
{
    /* Reading the cause ends a send interrupt and shows the busy one. */
    if ((read(uart, IIR) & IIR_CAUSE) == IIR_BUSY && uart->shift == 2)
        (void)read(uart, USR);
    return (read(uart, LSR) & LSR_RECEIVED) != 0 ? read(uart, RBR) : -1;
}

static bool put(struct uart *uart, uint8_t byte)
{
    if (uart->room == 0) {
        if ((read(uart, LSR) & LSR_SEND_EMPTY) == 0)
            return false;
        uart->room = FIFO_BYTES; /* with FIFOs on, the bit means: the whole FIFO is empty */
    }
    write(uart, THR, byte);
    uart->room--;
    return true;
}

static void send_interrupt(struct uart *uart, bool on)
{
    write(uart, IER, on ? IER_RECEIVED | IER_SEND_EMPTY : IER_RECEIVED);
}

const struct uart_ops uart_ns16550a = {"ns16550a", init_byte_apart, get, put, send_interrupt};
const struct uart_ops uart_dw_apb = {"snps,dw-apb-uart", init_word_apart, get, put, send_interrupt};
