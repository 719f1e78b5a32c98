/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <driver/mmio.h>
#include "uart_sim.h"

#define FIFO_MAX (uart_sim.kind == UART_SIFIVE ? 8u : 16u)

struct sim sim; /* the harness looks into it */
_Alignas(4096) uint8_t sim_memory[SIM_MEMORY_BYTES];
struct uart_sim uart_sim;

uint8_t *sim_at(uint64_t paddr, uint64_t bytes)
{
    (void)bytes;
    return sim_memory + (paddr - SIM_PADDR);
}

void uart_sim_start(enum uart_kind kind)
{
    memset(&sim, 0, sizeof sim);
    memset(&uart_sim, 0, sizeof uart_sim);
    uart_sim.kind = kind;
}

static unsigned waiting(void)
{
    return uart_sim.received_put - uart_sim.received_got;
}

void uart_sim_type(const char *text, unsigned bytes)
{
    if (waiting() == 0)
        uart_sim.edge = true;
    for (unsigned i = 0; i < bytes; i++)
        uart_sim.received[uart_sim.received_put++ % sizeof uart_sim.received] = (uint8_t)text[i];
    assert_true(waiting() <= sizeof uart_sim.received);
}

void uart_sim_drain(void)
{
    if (uart_sim.fifo == 0)
        return;
    uart_sim.fifo = 0;
    uart_sim.send_pending = true;
    uart_sim.edge = true;
}

bool uart_sim_interrupts(void)
{
    bool edge = uart_sim.edge && (uart_sim.enable & 0x10) != 0;

    switch (uart_sim.kind) {
    case UART_16550:
    case UART_DW:
        return ((uart_sim.enable & 1) != 0 && waiting() > 0) ||
               ((uart_sim.enable & 2) != 0 && uart_sim.send_pending);
    case UART_SIFIVE:
        return ((uart_sim.enable & 2) != 0 && waiting() > 0) ||
               ((uart_sim.enable & 1) != 0 && uart_sim.fifo == 0);
    case UART_LITE:
        uart_sim.edge = false;
        return edge;
    }
    return false;
}

static uint8_t take(void)
{
    return waiting() > 0 ? uart_sim.received[uart_sim.received_got++ % sizeof uart_sim.received]
                         : 0;
}

static void send(uint8_t byte)
{
    assert_true(uart_sim.fifo < FIFO_MAX); /* or the byte is lost */
    assert_true(uart_sim.sent_bytes < sizeof uart_sim.sent);
    uart_sim.fifo++;
    uart_sim.send_pending = false;
    uart_sim.sent[uart_sim.sent_bytes++] = (char)byte;
}

/* ---------------------------------------------------------------- 16550 */

static uint8_t ns_read(unsigned reg)
{
    bool pending = uart_sim.send_pending && (uart_sim.enable & 2) != 0;

    switch (reg) {
    case 0:
        return take();
    case 2:
        if (waiting() > 0 && (uart_sim.enable & 1) != 0)
            return 0xc4;
        uart_sim.send_pending = uart_sim.send_pending && !pending;
        return pending ? 0xc2 : 0xc1;
    case 3:
        return 0x03;
    case 5:
        return (uint8_t)((waiting() > 0 ? 1 : 0) | (uart_sim.fifo == 0 ? 0x60 : 0));
    default:
        fail_msg("read of register %u", reg);
        return 0;
    }
}

static void ns_write(unsigned reg, uint8_t value)
{
    switch (reg) {
    case 0:
        send(value);
        break;
    case 1:
        if ((value & ~uart_sim.enable & 2) != 0 && uart_sim.fifo == 0)
            uart_sim.send_pending = true;
        uart_sim.enable = value;
        break;
    case 2:
        assert_int_equal(value & 6, 0); /* nothing typed or printed before is thrown away */
        break;
    case 3:
        assert_int_equal(value & 0x80, 0);
        break;
    case 4:
        break;
    default:
        fail_msg("write of register %u", reg);
    }
}

uint8_t mmio_read8(uintptr_t address)
{
    assert_int_equal(uart_sim.kind, UART_16550);
    return ns_read((unsigned)(address - SIM_BASE));
}
void mmio_write8(uintptr_t address, uint8_t value)
{
    assert_int_equal(uart_sim.kind, UART_16550);
    ns_write((unsigned)(address - SIM_BASE), value);
}

uint16_t mmio_read16(uintptr_t address)
{
    fail_msg("read of 16 bits at %#lx", (unsigned long)address);
    return 0;
}

/* ---------------------------------------------------------------- 32-bit registers */

uint32_t mmio_read32(uintptr_t address)
{
    unsigned reg = (unsigned)(address - SIM_BASE);

    assert_int_equal(reg & 3, 0);
    switch (uart_sim.kind) {
    case UART_DW:
        return ns_read(reg / 4);
    case UART_SIFIVE:
        if (reg == 0x00)
            return uart_sim.fifo == FIFO_MAX ? 0x80000000 : 0;
        assert_int_equal(reg, 0x04);
        return waiting() > 0 ? take() : 0x80000000;
    default:
        assert_int_equal(uart_sim.kind, UART_LITE);
        if (reg == 0x0)
            return take();
        assert_int_equal(reg, 0x8);
        return (waiting() > 0 ? 1u : 0) | (uart_sim.fifo == 0 ? 4u : 0) |
               (uart_sim.fifo == FIFO_MAX ? 8u : 0);
    }
}

void mmio_write32(uintptr_t address, uint32_t value)
{
    unsigned reg = (unsigned)(address - SIM_BASE);

    if (uart_sim.kind == UART_DW)
        ns_write(reg / 4, (uint8_t)value);
    else if (reg == (uart_sim.kind == UART_SIFIVE ? 0x00u : 0x04u))
        send((uint8_t)value);
    else if (reg == (uart_sim.kind == UART_SIFIVE ? 0x10u : 0x0cu))
        uart_sim.enable = value;
    else
        assert_true(uart_sim.kind == UART_SIFIVE && (reg == 0x08 || reg == 0x0c) &&
                    (value & 1) != 0);
}
