/* SPDX-License-Identifier: BSD-2-Clause */
/* One link of a chain of processes. */
#include <sys/program.h>
#include "chain.h"

struct link {
    struct co co;
    struct ipc_end *end, *next; /* next: NULL at the end of the chain */
    struct ipc_message asked, passed_on;
};

static CO_BODY enum co_state link_body(struct co *co)
{
    struct link *l = co_frame(struct link, co);
    long n;

    co_begin(co);
    l->end = ipc_server_end("relay", 0);
    l->next = ipc_find("next");
    co_await(n, ipc_receive(co, l->end, &l->asked));
    while (n == 0) {
        if (l->asked.word[0] > 0 && l->next) {
            l->passed_on.word[0] = l->asked.word[0] - 1;
            co_await(n, ipc_call(co, l->next, &l->passed_on, CHAIN_RELAY));
            l->asked.word[0] = (uint64_t)n + 1;
        } else {
            l->asked.word[0] = 0;
        }
        co_await(n, ipc_reply_receive(co, l->end, &l->asked));
    }
    co_return(n);
}
PROGRAM(struct link, link_body);
