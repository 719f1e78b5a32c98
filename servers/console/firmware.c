/* SPDX-License-Identifier: BSD-2-Clause */
/* The firmware's console in place of a UART, by the DebugPut capability: for boards whose UART no
 * file here knows. Nothing interrupts, so the keys are polled; a byte costs a call of the firmware.
 */
#include <sys/startup.h>
#include <sys/syscall.h>
#include "uart.h"

static void init(struct uart *uart)
{
    (void)uart;
}

static int get(struct uart *uart)
{
    (void)uart;
    return (int)sys_debug_get(startup()->debug_put);
}

static bool put(struct uart *uart, uint8_t byte)
{
    uint64_t word[6] = {byte};

    (void)uart;
    (void)sys_debug_put(startup()->debug_put, 1, word);
    return true;
}

static void send_interrupt(struct uart *uart, bool on)
{
    (void)uart, (void)on;
}

const struct uart_ops uart_firmware = {"", init, get, put, send_interrupt};
