/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers and interrupt lines. */
#include <kernel/irq.h>
#include <kernel/thread.h>
#include <kernel/timer.h>
#include "system.h"

static uint32_t count_set(const struct check *check)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < check->object_count; i++) {
        const void *object = check->objects[i].address;

        if (check->objects[i].type == OBJECT_TIMER)
            count += ((const struct timer *)object)->deadline.at != DEADLINE_NEVER;
        if (check->objects[i].type == OBJECT_THREAD)
            count += ((const struct thread *)object)->deadline.at != DEADLINE_NEVER;
    }
    return count;
}

static const char *check_deadline(const struct deadline *node)
{
    const struct deadline *left = node->left, *right = node->right;

    if ((left && left->parent != node) || (right && right->parent != node))
        return "the deadlines are not linked both ways";
    if ((left && left->at < node->at) || (right && right->at < node->at))
        return "the deadlines are not in order";
    if (node->at == DEADLINE_NEVER || !node->due)
        return "a deadline in the queue is not set";
    if ((left ? left->rank : 0) < (right ? right->rank : 0) ||
        node->rank != (right ? right->rank : 0) + 1)
        return "the queue of deadlines is not balanced";
    return NULL;
}

/* The next node in pre-order. */
static const struct deadline *next_deadline(const struct deadline *node)
{
    if (node->left)
        return node->left;
    if (node->right)
        return node->right;
    while (node->parent && (node->parent->right == node || !node->parent->right))
        node = node->parent;
    return node->parent ? node->parent->right : NULL;
}

const char *check_timers(struct check *check)
{
    const char *wrong = NULL;
    uint32_t count = 0;

    for (const struct deadline *node = deadline_first; node && !wrong; node = next_deadline(node)) {
        check->where = node;
        wrong = check_deadline(node);
        count++;
    }
    if (wrong)
        return wrong;
    check->where = NULL;
    return count >= count_set(check)
               ? NULL
               : "a timer or a thread has a deadline that is not in the queue";
}

const char *check_irqs(struct check *check)
{
    uint32_t lines = 0, objects = 0;

    for (uint32_t line = 0; line < IRQ_LINES; line++) {
        const struct irq *irq = irqs[line];

        check->where = irq;
        if (irq && !check_live(check, irq, OBJECT_IRQ))
            return "an interrupt line has an object that does not exist";
        if (irq && irq->line != line)
            return "an interrupt line has the object of another";
        lines += irq != NULL;
    }
    for (uint32_t i = 0; i < check->object_count; i++) {
        const struct irq *irq = check->objects[i].address;

        if (check->objects[i].type != OBJECT_IRQ)
            continue;
        check->where = irq;
        if (irq->line == 0 && irq->claimed)
            return "an interrupt came on no line";
        objects += irq->line != 0;
    }
    check->where = NULL;
    return lines == objects ? NULL : "an Irq object has a line that does not know it";
}
