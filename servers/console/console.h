/* SPDX-License-Identifier: BSD-2-Clause */
/* The console's two directions.
 *
 *   UART --interrupt--> input ring (8 KiB) --> the coroutine that reads
 *   the coroutine that writes (one at a time) --> UART; full: awaits the send interrupt
 */
#pragma once
#include <driver/irq.h>
#include <executor/co.h>
#include "uart.h"

#define INPUT_BYTES 8192u

/* ---------------------------------------------------------------- input */

struct input {
    struct co_event arrived;
    struct co_mutex reader; /* held from the wait to the copy */
    uint32_t put, got;      /* bytes ever; put - got are in the ring */
    uint64_t lost;          /* bytes that came while it was full, a gauge */
    uint8_t ring[INPUT_BYTES];
};
extern struct input input;

/* Empty the UART into the ring: after an interrupt. */
void input_interrupt(struct uart *uart);

/* Take what the ring holds, at most bytes. Value: bytes taken, 0 if it is empty. */
uint32_t input_take(uint8_t *to, uint64_t bytes);

/* ---------------------------------------------------------------- output */

/* A child frame: the caller holds output.writer while it awaits output_body. */
struct output_write {
    struct co co;
    const volatile uint8_t *from; /* in the client's region: read once, byte by byte */
    uint64_t bytes;
    uint64_t done;
};

struct output {
    struct uart *uart;
    struct co_mutex writer; /* whole writes, never interleaved */
    struct co_event room;
};
extern struct output output;

/* There may be room: after an interrupt. */
void output_interrupt(void);

/* Await that all bytes are handed to the UART. Value: bytes. */
enum co_state output_body(struct co *co);
