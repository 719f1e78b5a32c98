/* SPDX-License-Identifier: BSD-2-Clause */
/* Simulated UARTs: a 16550 (registers one or four bytes apart), SiFive's, and UART Lite. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "sim.h"

enum uart_kind { UART_16550, UART_DW, UART_SIFIVE, UART_LITE };

struct uart_sim {
    enum uart_kind kind;
    uint8_t received[16384]; /* typed, not yet read */
    unsigned received_put, received_got;
    unsigned fifo;    /* bytes in the send FIFO */
    char sent[65536]; /* what left, and what is in the FIFO */
    unsigned sent_bytes;
    uint32_t enable;   /* interrupts */
    bool send_pending; /* 16550: cleared by a read of IIR */
    bool edge;         /* UART Lite */
};
extern struct uart_sim uart_sim;

void uart_sim_start(enum uart_kind kind);

/* Bytes come over the line. */
void uart_sim_type(const char *text, unsigned bytes);

/* The FIFO's bytes leave. */
void uart_sim_drain(void);

/* Whether the interrupt line is up; an edge is taken by this look. */
bool uart_sim_interrupts(void);
