/* SPDX-License-Identifier: BSD-2-Clause */
/* The honest server: a job for each channel. */
#include "calls.h"

#define ENDS 4

struct service {
    struct co co;
    struct ipc_job job;
    uint64_t word[6];
};
static struct service services[ENDS];

static uint64_t delay_us(unsigned label)
{
    return label == CALLS_SLOW ? SLOW_US : label == CALLS_LATE ? LATE_US : 0;
}

static CO_BODY enum co_state service_body(struct co *co)
{
    struct service *s = co_frame(struct service, co);
    long n;

    co_begin(co);
    ipc_await_job(n, &s->job);
    while (n == E_OK) {
        for (unsigned i = 0; i < 6; i++)
            s->word[i] = ipc_job_word(&s->job, i) + i + 1;
        if (delay_us(ipc_job_label(&s->job)))
            co_await(n, sleep_us(co, delay_us(ipc_job_label(&s->job))));
        ipc_await_answer_six(n, &s->job, s->word[0], s->word[1], s->word[2], s->word[3], s->word[4],
                             s->word[5]);
    }
    co_return(n);
}

struct server {
    struct co co;
};

static CO_BODY enum co_state server_body(struct co *co)
{
    for (unsigned i = 0; i < ENDS; i++) {
        struct ipc_end *end = ipc_server_end(PROTOCOL, i);

        if (!end)
            break;
        ipc_job_init(&services[i].job, end);
        if (!co_spawn(&services[i].co, service_body, co->priority, NULL).raw)
            die("no room for channel %u", i);
    }
    co_return(0);
}
PROGRAM(struct server, server_body);
