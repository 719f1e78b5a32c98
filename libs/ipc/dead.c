/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a channel. */
#include "internal.h"
#include <sys/program.h>

/* Every call in flight, and every call that waits to be, ends. */
static void drop_calls(struct ipc_end *end)
{
    struct co *co;

    end->free = NULL;
    for (uint32_t i = 0; i <= end->mask; i++) {
        co = end->requests[i].co;
        end->requests[i].co = NULL;
        if (co != NULL && co != &ipc_nobody)
            co_complete(co, E_PEER_DEAD);
    }
    while ((co = co_list_pop(&end->waiters)) != NULL)
        co_complete(co, E_PEER_DEAD);
}

/* The receiver ends, and no request is open any more. */
static void drop_receiver(struct ipc_end *end)
{
    struct co *co = end->receiver;

    for (uint32_t i = 0; i <= end->mask; i++)
        end->open[i] = ~(uint64_t)i;
    end->receiver = NULL;
    if (co != NULL)
        co_complete(co, E_PEER_DEAD);
}

void ipc_end_kill(struct ipc_end *end)
{
    if (end->dead)
        return;
    end->dead = true;
    end->usual = IPC_NEVER;
    ipc_quick_end();
    end->stop = end->next;
    end->seen = ipc_head(end);
    if (end->is_server)
        drop_receiver(end);
    else
        drop_calls(end);
    ipc_buffers_drop(end);
}

void ipc_end_broken(struct ipc_end *end, const char *what)
{
    if (end->dead)
        return;
    if (what != NULL)
        log_line("channel %s dropped: %s broke the protocol: %s", end->description->name,
                 end->description->peer, what);
    ipc_end_kill(end);
}

void ipc_end_odd(struct ipc_end *end, const char *what)
{
    if (end->dead || end->odd++ != 0)
        return;
    log_line("channel %s: %s %s (said once)", end->description->name, end->description->peer, what);
}
