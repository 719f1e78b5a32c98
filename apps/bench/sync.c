/* SPDX-License-Identifier: BSD-2-Clause */
/* Synchronous calls between threads of two address spaces: the baseline of the asynchronous ones.
 *
 * Both processes run this program. It is better than `bench`, so it is done before that begins. */
#include <inttypes.h>
#include <string.h>
#include <program/process.h>
#include <sys/counter.h>
#include <sys/log.h>
#include <sys/program.h>
#include <sys/syscall.h>

#define CALLS 10000

static const struct startup_channel *channel(void)
{
    if (startup()->channel_count != 1)
        die("one channel of protocol rendezvous is needed, there are %u", startup()->channel_count);
    return &startup()->channels[0];
}

/* Six words out, six words back, all written and read at both ends. */
static void client(uint32_t rendezvous)
{
    uint64_t start, sum = 0, expected = 0;
    long error = E_OK;

    start = counter_instructions();
    for (uint64_t i = 0; i < CALLS; i++) {
        struct sys_rendezvous m = {{i, i + 1, i + 2, i + 3, i + 4, i + 5}, 0};

        error |= sys_call(rendezvous, &m);
        sum += m.word[0] + m.word[1] + m.word[2] + m.word[3] + m.word[4] + m.word[5];
    }
    log_line("bench: sync_call_6 %" PRIu64 " instructions",
             (counter_instructions() - start + CALLS / 2) / CALLS);
    for (uint64_t i = 0; i < CALLS; i++)
        expected += 6 * i + 21;
    if (error || sum != expected)
        die("sync_call_6: wrong answers");
}

static void server(uint32_t rendezvous, uint32_t reply)
{
    struct sys_rendezvous m;
    long error = sys_receive(rendezvous, reply, &m);

    while (error == E_OK) {
        for (unsigned i = 0; i < 6; i++)
            m.word[i]++;
        error = sys_reply_receive(rendezvous, reply, &m);
    }
    die("receive: %s", error_text(error));
}

void process_main(uint64_t argument)
{
    (void)argument;
    log_open(startup()->name, startup()->debug_put);
    if (channel()->side == 1)
        server(channel()->endpoint, channel()->slot);
    client(channel()->endpoint);
    for (;;)
        sys_thread_wait(0); /* for ever: nobody wakes it */
}
