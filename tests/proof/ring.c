/* SPDX-License-Identifier: BSD-2-Clause */
/* A server's end of a ring of 4 messages, whatever the client writes into its part of the memory.
 */
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
    uint64_t position;
    struct ipc_end end = {.mask = DEPTH - 1, .is_server = true};

    __CPROVER_havoc_object(memory);
    __CPROVER_havoc_object(open);
    end.channel = (struct ipc_channel *)memory;
    end.open = open;
    end.in = ipc_ring(end.channel, DEPTH, true);
    end.in_end = end.in + DEPTH;
    end.out = end.put = ipc_ring(end.channel, DEPTH, false);
    end.out_end = end.out + DEPTH;
    end.words = (uint64_t(*)[8])(void *)ipc_lines(end.channel, DEPTH)->word;
    position = nondet_u64() % (1ull << 61);
    end.next = end.stop = end.in + position % DEPTH;
    end.take_bias = position * 8 - (uintptr_t)end.next;
    end.mixed_until = nondet_u64();
    end.mixed_best = nondet_u8();
    end.ceiling = (uint8_t)below(PRIORITY_COUNT);
    return end;
}

void proof_ipc_look(void)
{
    struct ipc_end end = any_end();
    uint64_t count = end.channel->calls.tail - ipc_head(&end), taken;
    bool sane = ipc_look(&end);

    taken = (uint64_t)(end.stop - end.next);
    CHECK(sane == (count <= DEPTH) && broken == !sane);
    if (sane) {
        CHECK(end.seen == end.channel->calls.tail);
        CHECK(taken <= count && (count == 0) == (taken == 0));
        CHECK(end.next >= end.in && end.stop <= end.in_end && end.next < end.in_end);
    }
    COVER(sane && count == DEPTH && taken == DEPTH);
    COVER(sane && count == DEPTH && taken == 1);
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
