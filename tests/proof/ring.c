/* SPDX-License-Identifier: BSD-2-Clause */
/* A server's end of a ring of 4 messages, whatever the client writes into its part of the memory. */
#include "proof.h"
#include <libs/ipc/receive.c>
#include <libs/ipc/server.c>

#define DEPTH 4

static uint64_t memory[IPC_CHANNEL_BYTES(DEPTH) / 8];
static uint64_t open[DEPTH];
static unsigned broken;

void ipc_end_broken(struct ipc_end *end, const char *what)
{
    (void)end, (void)what;
    broken++;
}

static struct ipc_end any_end(void)
{
    struct ipc_end end = {.mask = DEPTH - 1, .is_server = true};

    __CPROVER_havoc_object(memory);
    __CPROVER_havoc_object(open);
    end.channel = (struct ipc_channel *)memory;
    end.open = open;
    end.in = end.channel->headers;
    end.lines = (struct ipc_message *)(end.channel->headers + 2 * DEPTH);
    end.head = nondet_u64();
    end.mixed_until = nondet_u64();
    end.mixed_best = nondet_u8();
    end.ceiling = (uint8_t)below(PRIORITY_COUNT);
    return end;
}

void proof_ipc_look(void)
{
    struct ipc_end end = any_end();
    uint64_t count = end.channel->calls.tail - end.head;
    bool sane = ipc_look(&end);

    CHECK(sane == (count <= DEPTH) && broken == !sane);
    if (sane) {
        CHECK(end.seen == end.channel->calls.tail);
        CHECK(end.limit - end.head <= count && (count == 0) == (end.limit == end.head));
    }
    COVER(sane && count == DEPTH && end.limit - end.head == DEPTH);
    COVER(sane && count == DEPTH && end.limit - end.head == 1);
    COVER(!sane && count == DEPTH + 1);
}

void proof_ipc_admit(void)
{
    struct ipc_end end = any_end();
    uint64_t header = nondet_u64(), row = below(DEPTH), before = open[row];
    bool admitted = ipc_admit(&end, header), named = (header & (DEPTH - 1)) == row;

    CHECK(open[row] == before || (named && admitted));
    /* What is open is not opened again. */
    CHECK(!admitted || !ipc_admit(&end, header));
    COVER(admitted && named);
    COVER(!admitted);
}
