/* SPDX-License-Identifier: BSD-2-Clause */
/* The other address space: add one to each word of a call; ring back. */
#include <sys/program.h>
#include <sys/startup.h>
#include <sys/syscall.h>
#include "arch/riscv64/mark.h"
#include "bench.h"

/* Answers calls. Its body awaits and answers and does nothing else, so it needs no frame on the
 * stack.
 */
struct answerer {
    struct co co;
    struct ipc_job job;
};

struct bench_server {
    struct co co;
    struct answerer answerer;
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
    co_await(n, co_event_wait(co, &p->rung));
    while (n == 0)
        co_await(n, ipc_signal_wait(co, p->endpoint, &p->rung));
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

static CO_BODY enum co_state answerer_body(struct co *co)
{
    struct ipc_job *j = &co_frame(struct answerer, co)->job;
    struct ipc_call call;
    uint64_t w0, w1;
    long n;

    co_begin(co);
    MARK("entry server's entry");
    ipc_await_job_in(n, j, call);
    while (n == 0) {
        MARK("stage server's body");
        w0 = ipc_call_word(&call, 0) + 1;
        w1 = ipc_call_word(&call, 1) + 1;
        MARK("stage server replies");
        if (ipc_job_label(j) == BENCH_SIX)
            ipc_await_answer_six_in(n, j, call, w0, w1, ipc_call_word(&call, 2) + 1,
                                    ipc_call_word(&call, 3) + 1, ipc_call_word(&call, 4) + 1,
                                    ipc_call_word(&call, 5) + 1);
        else
            ipc_await_answer_two_in(n, j, call, w0, w1);
    }
    co_return(n);
}

static CO_BODY enum co_state server_body(struct co *co)
{
    struct bench_server *s = co_frame(struct bench_server, co);
    long n;

    co_begin(co);
    ipc_job_init(&s->answerer.job, ipc_server_end("bench", 0));
    if (!s->answerer.job.end)
        die("no channel of protocol bench in the system file");
    start_pong(co->priority);
    co_await(n, co_call(co, &s->answerer.co, answerer_body));
    co_return(n);
}
PROGRAM(struct bench_server, server_body);
