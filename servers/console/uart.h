/* SPDX-License-Identifier: BSD-2-Clause */
/* What the console needs of a UART. Each kind is one file; the device tree's `compatible` chooses.
 * uart_firmware takes the place of a UART that is unknown.
 * The line's speed stays as the firmware set it: it has printed on it already. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct uart_ops;

struct uart {
    const struct uart_ops *ops;
    uintptr_t base;
    unsigned shift; /* log2 of the distance of its registers in bytes */
    unsigned room;  /* bytes that its send FIFO surely takes yet (ns16550) */
};

struct uart_ops {
    const char *compatible;
    void (*init)(struct uart *uart);              /* receive interrupt on, send interrupt off */
    int (*get)(struct uart *uart);                /* a received byte, or -1 */
    bool (*put)(struct uart *uart, uint8_t byte); /* false: full */
    void (*send_interrupt)(struct uart *uart, bool on); /* when there is room */
};

extern const struct uart_ops uart_ns16550a, uart_dw_apb, uart_sifive, uart_xilinx_lite,
    uart_firmware;
