/* SPDX-License-Identifier: BSD-2-Clause */
/* The other address space: add one to each word of a call; ring back. */
#include <sys/program.h>
#include <sys/startup.h>
#include <sys/syscall.h>
#include "arch/riscv64/mark.h"
#include "bench.h"

struct bench_server {
    struct co co;
    struct ipc_end *end;
    struct ipc_message message;
};

/* Answers each doorbell of the channel "pong" with one. */
struct pong {
    struct co co;
    uint32_t endpoint;
    struct co_event rung;
};
static struct pong pong;

static CO_BODY enum co_state pong_body(struct co *co)
{
    struct pong *p = co_frame(struct pong, co);
    long n;

    co_begin(co);
    do {
        co_await(n, co_event_wait(co, &p->rung));
    } while (n == 0 && sys_doorbell(p->endpoint, co->priority) == E_OK);
    co_return(n);
}

static void start_pong(unsigned priority)
{
    const struct startup_channel *channel = signal_channel("pong");

    pong.endpoint = channel->endpoint;
    signal_take_slot(channel, &pong.rung);
    if (co_spawn(&pong.co, pong_body, priority, NULL).raw == 0)
        die("too few coroutines");
}

static CO_BODY enum co_state server_body(struct co *co)
{
    struct bench_server *s = co_frame(struct bench_server, co);
    struct ipc_message *m = &s->message;
    long n;

    co_begin(co);
    MARK("entry server's entry");
    s->end = ipc_server_end("bench", 0);
    if (!s->end)
        die("no channel of protocol bench in the system file");
    start_pong(co->priority);
    co_await(n, ipc_receive(co, s->end, m));
    while (n == 0) {
        MARK("stage server's body");
        m->word[0]++;
        m->word[1]++;
        if (ipc_label(m) == BENCH_SIX) {
            m->word[2]++;
            m->word[3]++;
            m->word[4]++;
            m->word[5]++;
        }
        MARK("stage server replies");
        co_await(n, ipc_reply_receive(co, s->end, m));
    }
    co_return(n);
}
PROGRAM(struct bench_server, server_body);
