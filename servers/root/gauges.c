/* SPDX-License-Identifier: BSD-2-Clause */
/* The numbers of all processes.
 *
 * One reader coroutine for each process, so that one that hangs holds up no other. A refresh starts
 * all readers and waits until each has finished or the time is up; a reader that is late goes on by
 * itself, and its process has no rows until it answers.
 */
#include <string.h>
#include <ipc/ipc.h>
#include <program/process.h>
#include <protocol/stats.h>
#include "supervise.h"

#define PATIENCE_US 200000
#define POLL_US     1000

struct reader {
    struct co co;
    struct process *process;
    struct ipc_end *end;
    struct ipc_message message;
    struct co_event start;
    bool busy;
    bool reported; /* that it does not answer */
    uint32_t count;
    struct gauge rows[GAUGES_EACH];
};

struct gauge_list gauge_lists[PROCESSES_MAX];
static struct reader readers[PROCESSES_MAX];

/* Value: 0 when all rows are read, or why not. */
static CO_BODY enum co_state reader_body(struct co *co)
{
    struct reader *r = co_frame(struct reader, co);
    long error;

    co_begin(co);
    for (;;) {
        co_await(error, co_event_wait(co, &r->start));
        if (error)
            co_return(error);
        for (r->count = 0; r->count < GAUGES_EACH; r->count++) {
            co_await(error, stats_read(co, r->end, &r->message, r->count));
            if (error)
                break;
            r->rows[r->count] = (struct gauge){r->message.word[1], r->message.word[2]};
        }
        r->busy = false;
        r->reported = false;
        if (error && error != E_NOT_FOUND)
            co_return(error); /* the process is dead: never started again */
    }
}

static void read_root(void)
{
    struct gauge_list *list = &gauge_lists[0];

    for (list->count = 0; list->count < GAUGES_EACH; list->count++) {
        struct gauge *row = &list->rows[list->count];

        if (!stats_row(list->count, &row->name, &row->value))
            break;
    }
}

static void start_readers(void)
{
    for (uint32_t i = 1; i < process_count; i++) {
        if (readers[i].end && !readers[i].busy && processes[i].stage == STAGE_STARTED) {
            readers[i].busy = true;
            co_event_set(&readers[i].start);
        }
    }
}

static bool all_done(void)
{
    for (uint32_t i = 1; i < process_count; i++) {
        if (readers[i].busy && processes[i].stage == STAGE_STARTED)
            return false;
    }
    return true;
}

/* Take over what has been read; say once who does not answer. */
static void collect(void)
{
    read_root();
    for (uint32_t i = 1; i < process_count; i++) {
        struct reader *r = &readers[i];
        bool answers = r->end && !r->busy && processes[i].stage == STAGE_STARTED;

        gauge_lists[i].count = answers ? r->count : 0;
        memcpy(gauge_lists[i].rows, r->rows, sizeof r->rows);
        if (r->busy && processes[i].stage == STAGE_STARTED && !r->reported) {
            log_line("%s does not answer", processes[i].name);
            r->reported = true;
        }
    }
}

CO_BODY enum co_state gauges_refresh_body(struct co *co)
{
    struct gauges_refresh *g = co_frame(struct gauges_refresh, co);
    long error;

    co_begin(co);
    start_readers();
    g->deadline = time_now() + time_from_us(PATIENCE_US);
    while (!all_done() && time_now() < g->deadline) {
        co_await(error, sleep_us(co, POLL_US));
        if (error)
            co_return(error);
    }
    collect();
    co_return(0);
}

void gauges_start(void)
{
    for (uint32_t i = 1; i < process_count; i++) {
        struct reader *r = &readers[i];

        r->process = &processes[i];
        r->end = processes[i].stage == STAGE_STARTED ? ipc_find(processes[i].name) : NULL;
        if (r->end && co_spawn(&r->co, reader_body, ROOT_PRIORITY, NULL).raw == 0)
            fatal("too many coroutines for the numbers of %s", processes[i].name);
    }
}
