/* SPDX-License-Identifier: BSD-2-Clause */
/* See program/async.h. The kernel is trusted here; what is in the page is read as it stands. */
#include <program/async.h>

void async_init(struct async *async, struct call_rings *rings,
                long (*submit)(uint32_t slot, unsigned priority), uint32_t slot)
{
    *async = (struct async){.rings = rings, .submit = submit, .slot = slot};
    async->last = &async->first;
}

_Static_assert(COMPLETIONS >= SUBMISSIONS, "every call under way has a place for its completion");

static unsigned free_row(const struct async *async)
{
    unsigned row = 0;

    while (row < SUBMISSIONS && async->rows[row].busy)
        row++;
    return row;
}

/* Into a free row, the ring, and the kernel's hands. If it will not have it, it is taken back: then
 * the kernel executes nothing of this process's. Value: of submit. */
static long put(struct async *async, struct async_call *call, unsigned row)
{
    struct call_rings *rings = async->rings;
    struct submission *to = &rings->submissions[rings->submitted % SUBMISSIONS];
    long error;

    async->rows[row].busy = true;
    async->rows[row].call = call;
    to->invoked = call->invoked;
    for (unsigned i = 0; i < 6; i++)
        to->arguments[i] = call->argument[i];
    to->request = row;
    __atomic_store_n(&rings->submitted, rings->submitted + 1, __ATOMIC_RELEASE);
    error = async->submit(async->slot, call->co->priority);
    if (error != E_OK) {
        __atomic_store_n(&rings->submitted, rings->submitted - 1, __ATOMIC_RELEASE);
        async->rows[row].busy = false;
    }
    return error;
}

/* The frame of a call that nobody waits for may be gone at once. */
static void cancel(struct co *co)
{
    struct async_call *call = (struct async_call *)co->value;
    struct async *async = call->async;

    for (unsigned i = 0; i < SUBMISSIONS; i++) {
        if (async->rows[i].call == call)
            async->rows[i].call = NULL;
    }
    for (struct async_call **link = &async->first; *link; link = &(*link)->next) {
        if (*link != call)
            continue;
        *link = call->next;
        if (!*link)
            async->last = link;
        return;
    }
}

enum co_state async_call(struct co *co, struct async *async, struct async_call *call)
{
    unsigned row = async->first ? SUBMISSIONS : free_row(async);

    co->value = E_CANCELLED;
    if (co->flags & CO_FLAG_CANCELLED)
        return CO_DONE;
    call->co = co;
    call->async = async;
    call->next = NULL;
    if (row < SUBMISSIONS) {
        co->value = put(async, call, row);
        if (co->value != E_OK)
            return CO_DONE;
    } else {
        *async->last = call;
        async->last = &call->next;
    }
    co->value = (intptr_t)call;
    co->cancel = cancel;
    return CO_PENDING;
}

static void complete(struct async *async, const struct completion *completion)
{
    uint64_t row = completion->request % SUBMISSIONS;
    struct async_call *call = async->rows[row].call;

    async->rows[row].busy = false;
    async->rows[row].call = NULL;
    if (!call)
        return;
    for (unsigned i = 0; i < 5; i++)
        call->result[i] = completion->results[i];
    co_complete(call->co, (intptr_t)completion->result);
}

void async_drain(struct async *async)
{
    struct call_rings *rings = async->rings;
    uint64_t completed = __atomic_load_n(&rings->completed, __ATOMIC_ACQUIRE);
    unsigned row;

    for (; rings->reaped != completed; rings->reaped++)
        complete(async, &rings->completions[rings->reaped % COMPLETIONS]);
    while (async->first && (row = free_row(async)) < SUBMISSIONS) {
        struct async_call *call = async->first;
        long error;

        async->first = call->next;
        if (!call->next)
            async->last = &async->first;
        error = put(async, call, row);
        if (error != E_OK)
            co_complete(call->co, error);
    }
}
