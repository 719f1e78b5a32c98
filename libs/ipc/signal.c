/* SPDX-License-Identifier: BSD-2-Clause */
/* Doorbells without a ring behind them. */
#include "internal.h"

/* It was refused at once, so nobody else has run. */
static enum co_state go_on(struct co *co, struct co_event *event, long error)
{
    co_list_remove(&event->waiters, co);
    co->cancel = NULL;
    executor_self()->current = co;
    executor_set_running(executor_line(), co->priority);
    co_return(error);
}

enum co_state ipc_signal_wait(struct co *co, uint32_t endpoint, struct co_event *event)
{
    bool alone = executor_is_alone(co) && !event->set;
    long error = E_OK;

    if (!alone)
        error = ipc_sys_doorbell(endpoint, co->priority);
    if (error != E_OK)
        co_return(error);
    if (co_event_wait(co, event) == CO_DONE)
        return CO_DONE;
    if (!alone)
        return CO_PENDING;
    executor_self()->current = NULL; /* so that it counts as blocked */
    executor_leave();
    error = ipc_sys_doorbell_yield(endpoint, co->priority);
    executor_stay();
    return error == E_OK ? CO_PENDING : go_on(co, event, error);
}
