/* SPDX-License-Identifier: BSD-2-Clause */
/* The numbers that a process shows, and the coroutine that tells them to root. */
#include <malloc.h>
#include <string.h>
#include <program/process.h>
#include <protocol/stats.h>

#define GAUGES   12
#define BUILT_IN 2

static struct gauge {
    uint64_t name;
    const uint64_t *value;
} gauges[GAUGES];
static unsigned gauge_count;

/* Up to 8 letters in a word, byte 0 lowest. */
static uint64_t pack_name(const char *name)
{
    uint64_t word = 0;

    memcpy(&word, name, strnlen(name, sizeof word));
    return word;
}

void stats_gauge(const char *name, const uint64_t *value)
{
    if (gauge_count == GAUGES) {
        log_line("the gauge %s is left out: there are %u already", name, GAUGES);
        return;
    }
    gauges[gauge_count++] = (struct gauge){pack_name(name), value};
}

bool stats_row(unsigned i, uint64_t *name, uint64_t *value)
{
    switch (i) {
    case 0:
        *name = pack_name("cids");
        *value = executor_self()->live;
        return true;
    case 1:
        *name = pack_name("heap");
        *value = mallinfo().uordblks;
        return true;
    default:
        if (i - BUILT_IN >= gauge_count)
            return false;
        *name = gauges[i - BUILT_IN].name;
        *value = *gauges[i - BUILT_IN].value;
        return true;
    }
}

struct supervisor {
    struct co co;
    struct ipc_end *end;
    struct ipc_message message;
};

static void answer(struct ipc_message *m)
{
    if (ipc_label(m) != STATS_GAUGE)
        m->word[0] = (uint64_t)E_PROTOCOL;
    else if (m->word[0] < BUILT_IN + GAUGES &&
             stats_row((unsigned)m->word[0], &m->word[1], &m->word[2]))
        m->word[0] = E_OK;
    else
        m->word[0] = (uint64_t)E_NOT_FOUND;
}

static CO_BODY enum co_state supervisor_body(struct co *co)
{
    struct supervisor *s = co_frame(struct supervisor, co);
    enum error error;

    co_begin(co);
    co_await(error, ipc_receive(co, s->end, &s->message));
    while (error == E_OK) {
        answer(&s->message);
        co_await(error, ipc_reply_receive(co, s->end, &s->message));
    }
    co_return(error);
}

void stats_start(void)
{
    static struct supervisor supervisor;

    supervisor.end = ipc_server_end("stats", 0);
    if (!supervisor.end)
        return;
    if (co_spawn(&supervisor.co, supervisor_body, startup()->priority, NULL).raw == 0)
        die("cannot start the statistics: `coroutines` is %u in the system file",
            startup()->co_count);
}
