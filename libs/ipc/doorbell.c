/* SPDX-License-Identifier: BSD-2-Clause */
/* When the peer is told that there is something in the ring.
 *
 * A message that is put is put off, until this executor would run something worse than it, or
 * nothing: then the tail is stored, one for all that were put, and the doorbell is looked at. So a
 * burst costs one store, one fence and one doorbell, and no message waits behind a coroutine of
 * lower priority. Whatever is put belongs to an end in the list of those that something is put off
 * for.
 *
 * No wake-up is lost:
 *     producer (here)                      consumer (receive.c, client.c)
 *     store the messages, then the tail    store "asleep" with a new count
 *     full fence                           full fence
 *     load the wait word: asleep -> ring   load the tail: something there -> take it
 * At least one of the two loads sees the other side's store. A producer that rang for one value of
 * the word need not ring again for it: the consumer has not run since, and when it does, it looks
 * at the tail after it took the wake. tests/model/ring.pml checks this.
 */
#include "internal.h"

void ipc_fold_slow(struct ipc_end *end)
{
    uint64_t depth = end->mask + 1;

    do {
        for (uint64_t *slot = end->out_end; slot < end->put; slot++)
            ipc_write(slot - depth, ipc_read(slot));
        end->put -= depth;
        end->put_bias += depth * sizeof(uint64_t);
    } while (end->put >= end->out_end);
}

void ipc_defer(struct ipc_end *end, unsigned priority)
{
    struct ipc_process *process = end->process;

    if (priority >= PRIORITY_COUNT) /* the reply to a client that asked for it */
        priority = PRIORITY_COUNT - 1;
    /* It stands behind a worse one: the server must look at all of them. */
    if (priority < end->previous && !end->is_server) {
        (void)ipc_show(end);
        ipc_write(&end->channel->calls.urgent, ipc_tail(end));
    }
    ipc_quick_end();
    end->previous = end->last = (uint8_t)priority;
    end->usual = (int32_t)priority; /* of one that runs, and has no flag */
    if (end->deferred == PRIORITY_NONE) {
        end->next_deferred = process->first_deferred;
        process->first_deferred = end;
    }
    if (priority < end->deferred)
        end->deferred = (uint8_t)priority;
    executor_defer(process->executor, priority);
}

/* All that was put is in sight, and what comes after this sees the peers' words of after that. */
static inline void show_all(const struct ipc_process *process)
{
    for (struct ipc_end *end = process->first_deferred; end != NULL; end = end->next_deferred) {
        if (!end->dead)
            (void)ipc_show(end);
    }
    ipc_fence();
}

/* The next end whose doorbell was put off and is needed, or NULL. Stand behind a full fence. */
static struct ipc_end *next_to_ring(struct ipc_process *process)
{
    struct ipc_end *end;

    while ((end = process->first_deferred) != NULL) {
        process->first_deferred = end->next_deferred;
        end->next_deferred = NULL;
        if (ipc_settle(end, ipc_tail(end), end->deferred))
            break;
    }
    return end;
}

void ipc_rung(struct ipc_end *end, long error)
{
    if (error == E_OK)
        return;
    if (error == E_PEER_DEAD)
        ipc_end_kill(end);
    else
        ipc_end_broken(end, "the endpoint refused a doorbell");
}

/* A coroutine that ipc_client_rung resumes has begun a loop of its own (co_run): what was not come
 * to is done before anything worse. True: there was something. */
static bool take_rest(const struct ipc_process *process)
{
    struct ipc_end *end = process->first_deferred;

    while (end != NULL && (end->is_server || ipc_head(end) == end->seen))
        end = end->next_deferred;
    if (end != NULL)
        ipc_take_rest(end);
    return end != NULL;
}

void ipc_flush(struct executor *executor)
{
    struct ipc_process *process = ipc_process();
    struct ipc_end *end;

    if (take_rest(process))
        return;
    /* Before the executor goes idle the last doorbell goes with the yield. */
    if (executor->line->bitmap == 0 && executor->waiting && executor->live != executor->outer) {
        ipc_idle(executor);
        return;
    }
    executor->deferred = PRIORITY_NONE;
    show_all(process);
    while ((end = next_to_ring(process)) != NULL)
        ipc_rung(end, ipc_sys_doorbell(end->endpoint, end->rung_priority));
}

void ipc_idle(struct executor *executor)
{
    struct ipc_process *process = ipc_process();
    struct ipc_end *end, *next;

    executor->deferred = PRIORITY_NONE;
    if (process->first_deferred == NULL) {
        (void)ipc_sys_yield();
        return;
    }
    show_all(process);
    end = next_to_ring(process);
    if (end == NULL) {
        (void)ipc_sys_yield();
        return;
    }
    /* The last one goes with the yield. */
    while ((next = next_to_ring(process)) != NULL) {
        ipc_rung(end, ipc_sys_doorbell(end->endpoint, end->rung_priority));
        end = next;
    }
    ipc_rung(end, ipc_sys_doorbell_yield(end->endpoint, end->rung_priority));
}

void ipc_rested(struct ipc_end *end, long error)
{
    executor_stay();
    ipc_rung(end, error);
}
