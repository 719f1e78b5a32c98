/* SPDX-License-Identifier: BSD-2-Clause */
/* A bounded queue of words. Takers wait only while there is no word, putters only while there is no
 * room, so never both. */
#include "internal.h"

static void push(struct co_queue *queue, intptr_t word)
{
    queue->words[(queue->first + queue->count) % queue->capacity] = word;
    queue->count++;
}

/* While a putter waits, value holds its struct co_put; a taker's holds the queue. */
static void put_cancel(struct co *co)
{
    co_list_remove(&((struct co_put *)co->value)->queue->putters, co);
}

static void take_cancel(struct co *co)
{
    co_list_remove(&((struct co_queue *)co->value)->takers, co);
}

enum error co_queue_try_put(struct co_queue *queue, intptr_t word)
{
    struct co *taker = co_list_pop(&queue->takers);

    if (taker)
        co_complete(taker, word);
    else if (queue->count < queue->capacity)
        push(queue, word);
    else
        return E_AGAIN;
    return E_OK;
}

enum co_state co_queue_put(struct co *co, struct co_queue *queue, struct co_put *put)
{
    if (refuse_if_cancelled(co))
        return CO_DONE;
    if (co_queue_try_put(queue, put->word) == E_OK)
        co_return(E_OK);
    put->queue = queue;
    co->value = (intptr_t)put;
    co->cancel = put_cancel;
    co_list_push(&queue->putters, co);
    return CO_PENDING;
}

/* The room that a taker leaves goes to the first putter. */
static intptr_t take(struct co_queue *queue)
{
    intptr_t word = queue->words[queue->first];
    struct co *putter = co_list_pop(&queue->putters);

    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
    if (putter) {
        push(queue, ((struct co_put *)putter->value)->word);
        co_complete(putter, E_OK);
    }
    return word;
}

enum co_state co_queue_take(struct co *co, struct co_queue *queue)
{
    if (refuse_if_cancelled(co))
        return CO_DONE;
    if (queue->count > 0)
        co_return(take(queue));
    co->value = (intptr_t)queue;
    co->cancel = take_cancel;
    co_list_push(&queue->takers, co);
    return CO_PENDING;
}
