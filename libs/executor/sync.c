/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of blocked coroutines; event, semaphore, mutex. */
#include "internal.h"

/* prev is defined for all but the first, so that taking the first writes nothing else. */
void co_list_push(struct co_list *list, struct co *co)
{
    co->next = NULL;
    if (list->first) {
        co->prev = list->last;
        list->last->next = co;
    } else {
        list->first = co;
    }
    list->last = co;
}

struct co *co_list_pop(struct co_list *list)
{
    struct co *co = list->first;

    if (co)
        list->first = co->next;
    return co;
}

void co_list_remove(struct co_list *list, struct co *co)
{
    if (list->first == co) {
        list->first = co->next;
        return;
    }
    co->prev->next = co->next;
    if (co->next)
        co->next->prev = co->prev;
    else
        list->last = co->prev;
}

/* While a coroutine waits in a list, value holds the list. */
static void wait_cancel(struct co *co)
{
    co_list_remove((struct co_list *)co->value, co);
}

static enum co_state wait_in(struct co *co, struct co_list *list)
{
    co->value = (intptr_t)list;
    co->cancel = wait_cancel;
    co_list_push(list, co);
    return CO_PENDING;
}

static enum co_state done(struct co *co)
{
    co->value = E_OK;
    return CO_DONE;
}

enum co_state co_event_wait(struct co *co, struct co_event *event)
{
    if (refuse_if_cancelled(co))
        return CO_DONE;
    if (!event->set)
        return wait_in(co, &event->waiters);
    event->set = false;
    return done(co);
}

void co_event_set(struct co_event *event)
{
    struct co *waiter = co_list_pop(&event->waiters);

    if (waiter)
        co_complete(waiter, E_OK);
    else
        event->set = true;
}

enum co_state co_semaphore_take(struct co *co, struct co_semaphore *semaphore)
{
    if (refuse_if_cancelled(co))
        return CO_DONE;
    if (semaphore->count == 0)
        return wait_in(co, &semaphore->waiters);
    semaphore->count--;
    return done(co);
}

void co_semaphore_give(struct co_semaphore *semaphore)
{
    struct co *waiter = co_list_pop(&semaphore->waiters);

    if (waiter)
        co_complete(waiter, E_OK);
    else
        semaphore->count++;
}

enum co_state co_mutex_lock(struct co *co, struct co_mutex *mutex)
{
    if (refuse_if_cancelled(co))
        return CO_DONE;
    if (mutex->owner)
        return wait_in(co, &mutex->waiters);
    mutex->owner = co;
    return done(co);
}

/* The mutex goes to the first waiter without ever being free, so nobody can overtake. */
void co_mutex_unlock(struct co_mutex *mutex)
{
    mutex->owner = co_list_pop(&mutex->waiters);
    if (mutex->owner)
        co_complete(mutex->owner, E_OK);
}
