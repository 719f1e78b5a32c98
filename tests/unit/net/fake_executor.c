/* SPDX-License-Identifier: BSD-2-Clause */
/* Just enough of an executor for link.c: one ready list, no time. The real one has its own tests.
 */
#include "fake_executor.h"

static struct co_list ready;

void co_list_push(struct co_list *list, struct co *co)
{
    co->next = NULL;
    if (list->last != NULL)
        list->last->next = co;
    else
        list->first = co;
    list->last = co;
}

struct co *co_list_pop(struct co_list *list)
{
    struct co *co = list->first;

    if (co == NULL)
        return NULL;
    list->first = co->next;
    if (list->first == NULL)
        list->last = NULL;
    return co;
}

cid_t co_spawn(struct co *co, co_body_t body, unsigned priority, void (*release)(struct co *))
{
    (void)release;
    co->body = body;
    co->priority = (uint8_t)priority;
    co->status = CO_READY;
    co_list_push(&ready, co);
    return (cid_t){1};
}

void co_complete(struct co *co, intptr_t value)
{
    if (co->status != CO_BLOCKED)
        __builtin_trap();
    co->value = value;
    co->status = CO_READY;
    co_list_push(&ready, co);
}

enum co_state co_event_wait(struct co *co, struct co_event *event)
{
    if (!event->set) {
        co_list_push(&event->waiters, co);
        return CO_PENDING;
    }
    event->set = false;
    co->value = 0;
    return CO_DONE;
}

void co_event_set(struct co_event *event)
{
    struct co *co = co_list_pop(&event->waiters);

    if (co != NULL)
        co_complete(co, 0);
    else
        event->set = true;
}

void fake_executor_run(void)
{
    struct co *co;

    while ((co = co_list_pop(&ready)) != NULL) {
        co->status = CO_RUNNING;
        co->status = co->body(co) == CO_PENDING ? CO_BLOCKED : CO_EXITED;
    }
}
