/* SPDX-License-Identifier: BSD-2-Clause */
/* SiFive UART (FU540-C000 manual v1p0, chapter 13). */
#include <driver/mmio.h>
#include "uart.h"

enum { TXDATA = 0x00, RXDATA = 0x04, TXCTRL = 0x08, RXCTRL = 0x0c, IE = 0x10 };

#define DATA_FULL    0x80000000u /* txdata */
#define DATA_EMPTY   0x80000000u /* rxdata */
#define CTRL_ENABLE  1u
#define TX_WATERMARK (1u << 16) /* txcnt 1: interrupt when the FIFO is empty */
#define RX_WATERMARK (0u << 16) /* rxcnt 0: interrupt when it holds more than no byte */
#define IE_SEND      1u
#define IE_RECEIVED  2u

static void init(struct uart *uart)
{
    mmio_write32(uart->base + IE, 0);
    mmio_write32(uart->base + TXCTRL, CTRL_ENABLE | TX_WATERMARK);
    mmio_write32(uart->base + RXCTRL, CTRL_ENABLE | RX_WATERMARK);
    mmio_write32(uart->base + IE, IE_RECEIVED);
}

static int get(struct uart *uart)
{
    uint32_t data = mmio_read32(uart->base + RXDATA);

    return (data & DATA_EMPTY) != 0 ? -1 : (int)(data & 0xff);
}

static bool put(struct uart *uart, uint8_t byte)
{
    if ((mmio_read32(uart->base + TXDATA) & DATA_FULL) != 0)
        return false;
    mmio_write32(uart->base + TXDATA, byte);
    return true;
}

static void send_interrupt(struct uart *uart, bool on)
{
    mmio_write32(uart->base + IE, on ? IE_RECEIVED | IE_SEND : IE_RECEIVED);
}

const struct uart_ops uart_sifive = {"sifive,uart0", init, get, put, send_interrupt};
