/* SPDX-License-Identifier: BSD-2-Clause */
/* Lent priority. See thread.h. */
#include <kernel/rendezvous.h>
#include <kernel/sched.h>

static void add(struct task *to, unsigned priority)
{
    struct thread *thread = thread_of(to);

    if (to->upcall.loans[priority]++ == 0)
        thread->loans |= 1ull << priority;
    to->careful |= CAREFUL_LOANS;
}

static void take(struct task *to, unsigned priority)
{
    struct thread *thread = thread_of(to);

    if (--to->upcall.loans[priority] == 0)
        thread->loans &= ~(1ull << priority);
    if (!thread->loans)
        to->careful &= (uint8_t)~CAREFUL_LOANS;
}

static unsigned effective(const struct thread *thread)
{
    unsigned lent = priority_first(thread->loans), ceiling = thread->task.process->ceiling;
    unsigned best = lent < thread->own_priority ? lent : thread->own_priority;

    return best < ceiling ? ceiling : best;
}

/* What a caller lends becomes its effective priority. Value: to whom. */
static struct thread *renew(struct task *caller)
{
    struct task *server = caller->reply->server;
    struct thread *thread = thread_of(caller);

    if (thread->lent != PRIORITY_NONE)
        take(server, thread->lent);
    thread->lent = caller->base_priority;
    caller->careful |= CAREFUL_LENDS;
    add(server, thread->lent);
    return thread_of(server);
}

void lending_follow(struct thread *thread)
{
    for (unsigned i = 0; i < LENDING_DEPTH; i++) {
        struct task *task = &thread->task;
        unsigned priority = effective(thread);

        if (priority == task->base_priority)
            return;
        sched_set_priority(task, priority);
        /* The last one's loan is not renewed, because nobody would look at who has it. */
        if (task->blocked_on != BLOCK_REPLY || i + 1 == LENDING_DEPTH)
            return;
        thread = renew(task);
    }
}

void lending_begin(struct task *caller)
{
    lending_follow(renew(caller));
}

void lending_end(struct task *caller)
{
    struct thread *thread = thread_of(caller);
    struct task *server = caller->reply->server;

    if (thread->lent == PRIORITY_NONE)
        return;
    take(server, thread->lent);
    thread->lent = PRIORITY_NONE;
    caller->careful &= (uint8_t)~CAREFUL_LENDS;
    lending_follow(thread_of(server));
}

void lending_settle(struct task *server)
{
    struct reply *reply = server->held;

    if (reply && reply->caller && thread_of(reply->caller)->lent == PRIORITY_NONE)
        lending_begin(reply->caller);
}
