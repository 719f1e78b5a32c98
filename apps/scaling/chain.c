/* SPDX-License-Identifier: BSD-2-Clause */
#include "chain.h"
#include <stdio.h>

#define ROUNDS 40

static void report(const struct chain *c)
{
    char row[32];

    snprintf(row, sizeof row, "processes_%u", c->processes);
    table_report(row, c->processes - 1);
}

CO_BODY enum co_state chain_body(struct co *co)
{
    struct chain *c = co_frame(struct chain, co);
    long n;

    co_begin(co);
    c->end = ipc_find("next");
    for (c->round = 0; c->round < ROUNDS; c->round++) {
        c->message = (struct ipc_message){.word = {c->processes - 2}};
        c->start = stamp_start();
        co_await(n, ipc_call(co, c->end, &c->message, CHAIN_RELAY));
        table_add(c->start, stamp_stop());
        if (n < 0)
            co_return(n);
        if (n != (long)c->processes - 2)
            co_return(E_CORRUPT);
    }
    report(c);
    co_return(0);
}
