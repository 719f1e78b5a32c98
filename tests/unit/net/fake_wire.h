/* SPDX-License-Identifier: BSD-2-Clause */
/* A wire that leads back to the stack itself, with a clock of its own and losses by a seed.
 *
 * The stack is both ends: the server under test listens, and `struct peer` connects to it through
 * lwIP's own interface, as a strange host would.
 */
#pragma once
#include "client.h"

/* Start the stack and the interface. Once in a program. */
void wire_init(void);

/* Drop about one packet in so many; 0: none. */
void wire_lose(unsigned one_in, uint64_t seed);

/* Deliver packets and let the clock go on for so many milliseconds. */
void wire_run(unsigned ms);

/* A pseudo-random number of the seeded sequence. */
uint64_t wire_random(void);

/* The far end of a connection. */
struct peer {
    struct tcp_pcb *pcb; /* NULL: ended */
    bool connected;
    bool end;     /* the server closed its side */
    err_t error;  /* ERR_RST: it was reset */
    bool stopped; /* takes no data: they wait in `held` */
    struct pbuf *held;
    uint8_t *bytes; /* all that was received */
    uint32_t count, capacity;
};

void peer_connect(struct peer *peer, uint16_t port);
/* From that port of the peer's. */
void peer_connect_from(struct peer *peer, uint16_t from, uint16_t port);
/* Queue bytes; value: how many were taken. */
uint32_t peer_send(struct peer *peer, const void *data, uint32_t bytes);
/* Take what is held, and go on taking. */
void peer_resume(struct peer *peer);
void peer_close(struct peer *peer);
void peer_reset(struct peer *peer);
/* Free what a peer holds, and its connection. */
void peer_free(struct peer *peer);
