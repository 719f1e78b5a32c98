/* SPDX-License-Identifier: BSD-2-Clause */
/* Await-any: branches are coroutines whose operation has begun within another one's body.
 *
 * The operation is evaluated while the branch is current, so all that it calls finds a running
 * coroutine; it may not leave the CPU, because the body goes on below it (CO_FLAG_STACKFUL says
 * so). The first branch that ends cancels the others; the coroutine goes on when all have ended, so
 * that their control blocks are its own again. */
#include "internal.h"

/* The operation has completed: its value is the branch's. */
static enum co_state branch_body(struct co *co)
{
    (void)co;
    return CO_DONE;
}

static void cancel_branches(struct co_any *any)
{
    for (struct co_branch *branch = any->branches; branch; branch = branch->next) {
        if (branch->cid.raw)
            (void)co_cancel(branch->cid);
    }
}

static void ended(struct co_branch *branch)
{
    struct co_any *any = branch->any;
    bool first = any->first < 0;

    if (first)
        any->first = branch->number;
    if (!any->waiting)
        return;
    if (first)
        cancel_branches(any);
    if (any->pending == 0) {
        any->waiting = false;
        co_complete(any->co, any->cancelled ? E_CANCELLED : any->first);
    }
}

static void branch_released(struct co *co)
{
    struct co_branch *branch = co_frame(struct co_branch, co);

    branch->value = co->value;
    branch->cid = (cid_t){0};
    branch->any->pending--;
    ended(branch);
}

void co_any_begin(struct co *co, struct co_any *any)
{
    *any = (struct co_any){.co = co, .first = -1};
}

bool co_branch_begin(struct co_any *any, struct co_branch *branch)
{
    struct executor *executor = executor_self();
    struct co *co = any->co;

    branch->any = any;
    branch->number = any->count++;
    branch->next = any->branches;
    any->branches = branch;
    branch->cid = adopt_running(executor, &branch->co, branch_body, co->priority, branch_released);
    if (!branch->cid.raw) {
        branch->value = E_NO_MEMORY;
        ended(branch);
        return false;
    }
    branch->co.flags = CO_FLAG_STACKFUL;
    if (co->flags & CO_FLAG_CANCELLED)
        add_cancel(executor, &branch->co);
    any->pending++;
    executor->current = &branch->co;
    return true;
}

void co_branch_begun(struct co_branch *branch, enum co_state state)
{
    struct executor *executor = executor_self();

    if (state == CO_DONE)
        exit_root(executor, &branch->co);
    executor->current = branch->any->co;
}

/* It is not over at once: the last branch to end completes it. */
static void any_cancel(struct co *co)
{
    struct co_any *any = (struct co_any *)co->value;

    any->cancelled = true;
    co->cancel = any_cancel;
    cancel_branches(any);
}

enum co_state co_any_wait(struct co *co, struct co_any *any)
{
    if (any->first >= 0)
        cancel_branches(any);
    if (any->pending == 0) {
        co->value = any->first >= 0 ? any->first : E_BAD_ARGUMENT; /* without branches */
        return CO_DONE;
    }
    any->waiting = true;
    co->value = (intptr_t)any;
    co->cancel = any_cancel;
    return CO_PENDING;
}
