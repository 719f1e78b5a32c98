/* SPDX-License-Identifier: BSD-2-Clause */
/* The other address space: add one to each word. */
#include <sys/program.h>
#include "bench.h"

struct bench_server {
    struct co co;
    struct ipc_end *end;
    struct ipc_message message;
};

static CO_BODY enum co_state server_body(struct co *co)
{
    struct bench_server *s = co_frame(struct bench_server, co);
    struct ipc_message *m = &s->message;
    long n;

    co_begin(co);
    s->end = ipc_server_end("bench", 0);
    if (!s->end)
        die("no channel of protocol bench in the system file");
    co_await(n, ipc_receive(co, s->end, m));
    while (n == 0) {
        m->word[0]++;
        m->word[1]++;
        if (ipc_label(m) == BENCH_SIX) {
            m->word[2]++;
            m->word[3]++;
            m->word[4]++;
            m->word[5]++;
        }
        co_await(n, ipc_reply_receive(co, s->end, m));
    }
    co_return(n);
}
PROGRAM(struct bench_server, server_body);
