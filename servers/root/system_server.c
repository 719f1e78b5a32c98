/* SPDX-License-Identifier: BSD-2-Clause */
/* The protocol "system": what the shell's ps, mem and poweroff ask for. */
#include <string.h>
#include <ipc/ipc.h>
#include <protocol/system.h>
#include <sys/program.h>
#include <sys/syscall.h>
#include "supervise.h"

#define CLIENTS_MAX 16

struct client {
    struct co co;
    struct ipc_end *end;
    struct ipc_message message;
    struct gauges_refresh refresh;
};
static struct client clients[CLIENTS_MAX];

/* The rows that the client has room for; NULL: its buffer does not lie in the region. */
static void *rows_of(struct client *client, uint64_t row_bytes, uint64_t *most)
{
    const uint64_t *word = client->message.word;

    *most = word[1] / row_bytes;
    return ipc_bytes(client->end, word[0], word[1]);
}

/* State of one that does not run (any more): the kernel knows nothing of it. */
static uint64_t state_of_stage(enum stage stage)
{
    return stage == STAGE_DEAD ? PROCESS_FAULTED : PROCESS_NEW;
}

/* What was made for it, and for the channels of which it is the client, and its devices. */
static uint64_t frames_of(const struct process *process)
{
    uint64_t bytes = process->holding.made;

    for (uint32_t i = 0; i < channel_count; i++)
        bytes += channel_payer(&channels[i]) == process ? channels[i].holding.made : 0;
    for (uint32_t i = 0; i < device_count; i++)
        bytes += devices[i].owner == process ? devices[i].holding.made : 0;
    return whole_pages(bytes) / PAGE_BYTES;
}

static void fill_process(struct system_process *row, const struct process *process)
{
    struct sys_process_info info = {
        .state = state_of_stage(process->stage),
        .priority = PRIORITY_NONE,
        .ticks = process->last_ticks,
        .switches = process->last_switches,
    };

    if (process->stage == STAGE_STARTED || process->stage == STAGE_BUILDING) {
        if (sys_process_info(process->object, &info) != E_OK)
            info = (struct sys_process_info){.priority = PRIORITY_NONE};
    }
    *row = (struct system_process){
        .state = info.state,
        .priority = info.priority,
        .ticks = info.ticks,
        .switches = info.switches,
        .number = info.number,
        .frames = frames_of(process),
        .capabilities = process == root_process() ? slots_used() : process->cnode_next - 1,
    };
    strlcpy(row->name, process->name, sizeof row->name);
}

static long list_processes(struct client *client)
{
    uint64_t most;
    char *to = rows_of(client, sizeof(struct system_process), &most);
    uint64_t count = most < process_count ? most : process_count;

    if (!to)
        return E_BAD_ARGUMENT;
    for (uint64_t i = 0; i < count; i++) {
        struct system_process row;

        fill_process(&row, &processes[i]);
        memcpy(to + i * sizeof row, &row, sizeof row); /* the client's offset may be odd */
    }
    return (long)count;
}

static long list_gauges(struct client *client)
{
    uint64_t most, count = 0;
    char *to = rows_of(client, sizeof(struct system_gauge), &most);

    if (!to)
        return E_BAD_ARGUMENT;
    for (uint32_t i = 0; i < process_count; i++) {
        for (uint32_t k = 0; k < gauge_lists[i].count && count < most; k++, count++) {
            const struct gauge *gauge = &gauge_lists[i].rows[k];
            struct system_gauge row = {.value = gauge->value};

            strlcpy(row.process, processes[i].name, sizeof row.process);
            memcpy(row.name, &gauge->name, sizeof row.name);
            memcpy(to + count * sizeof row, &row, sizeof row);
        }
    }
    return (long)count;
}

static void tell_memory(struct ipc_message *m)
{
    m->word[0] = E_OK;
    m->word[1] = boot_info()->memory_bytes;
    m->word[2] = boot_info()->kernel_bytes;
    m->word[3] = pool_free_bytes();
    m->word[4] = pool_total_bytes() - pool_free_bytes();
}

/* ---- traces ---- */

/* Copy records of a ring; those that its hart overwrote meanwhile are not told of. */
static uint64_t copy_records(const char *ring, char *to, uint64_t most, uint64_t *first)
{
    const struct trace_header *header = (const struct trace_header *)ring;
    const char *records = ring + sizeof *header;
    uint64_t head = __atomic_load_n(&header->head, __ATOMIC_ACQUIRE), oldest, count;

    /* The hart may be writing over the very oldest. */
    oldest = head >= TRACE_RECORDS ? head - TRACE_RECORDS + 1 : 0;
    if (*first < oldest)
        *first = oldest;
    count = *first < head ? head - *first : 0;
    count = count < most ? count : most;
    for (uint64_t i = 0; i < count; i++)
        memcpy(to + i * sizeof(struct trace_record),
               records + (*first + i) % TRACE_RECORDS * sizeof(struct trace_record),
               sizeof(struct trace_record));
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    head = __atomic_load_n(&header->head, __ATOMIC_RELAXED);
    return head + 1 > *first + TRACE_RECORDS ? 0 : count;
}

static void read_trace(struct client *client)
{
    uint64_t *word = client->message.word, hart = word[2], first = word[3], most, count = 0;
    char *to = rows_of(client, sizeof(struct trace_record), &most);

    if (!to || hart >= boot_info()->trace_rings) {
        word[0] = (uint64_t)(to ? E_NOT_FOUND : E_BAD_ARGUMENT);
        return;
    }
    /* Once more if the hart was faster. */
    for (unsigned i = 0; i < 8 && count == 0; i++)
        count = copy_records((const char *)ROOT_TRACE_BASE + hart * TRACE_BYTES, to, most, &first);
    word[0] = count;
    word[1] = first;
}

static void answer(struct client *client)
{
    struct ipc_message *m = &client->message;

    switch (ipc_label(m)) {
    case SYSTEM_PROCESSES:
        m->word[0] = (uint64_t)list_processes(client);
        break;
    case SYSTEM_MEMORY:
        tell_memory(m);
        break;
    case SYSTEM_GAUGES:
        m->word[0] = (uint64_t)list_gauges(client);
        break;
    case SYSTEM_POWER:
        m->word[0] = (uint64_t)sys_power(ROOT_POWER, (unsigned)m->word[0]);
        break;
    case SYSTEM_TRACE:
        m->word[0] = (uint64_t)sys_trace_control(ROOT_TRACE, m->word[0] != 0);
        break;
    case SYSTEM_TRACE_READ:
        read_trace(client);
        break;
    default:
        m->word[0] = (uint64_t)E_PROTOCOL;
    }
}

static CO_BODY enum co_state client_body(struct co *co)
{
    struct client *c = co_frame(struct client, co);
    long error;

    co_begin(co);
    co_await(error, ipc_receive(co, c->end, &c->message));
    while (error == E_OK) {
        if (ipc_label(&c->message) == SYSTEM_GAUGES)
            co_await(error, co_call(co, &c->refresh.co, gauges_refresh_body));
        answer(c);
        co_await(error, ipc_reply_receive(co, c->end, &c->message));
    }
    co_return(error);
}

void system_server_start(void)
{
    struct ipc_end *end;
    unsigned i;

    for (i = 0; i < CLIENTS_MAX && (end = ipc_server_end("system", i)) != NULL; i++) {
        clients[i].end = end;
        if (co_spawn(&clients[i].co, client_body, ROOT_PRIORITY, NULL).raw == 0)
            fatal("too many coroutines for the clients of root");
    }
    if (ipc_server_end("system", i) != NULL)
        log_line("only the first %u clients of the protocol \"system\" are served", CLIENTS_MAX);
}
