/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers and interrupt lines. */
#include <kernel/irq.h>
#include <kernel/timer.h>
#include "system.h"

static uint32_t count_set(const struct check *check)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < check->object_count; i++)
        count += check->objects[i].type == OBJECT_TIMER &&
                 ((const struct timer *)check->objects[i].address)->deadline != ~0ull;
    return count;
}

const char *check_timers(struct check *check)
{
    const struct timer *before = NULL;
    uint32_t count = 0;

    for (const struct timer *timer = timers; timer; timer = timer->next) {
        check->where = timer;
        if (!check_live(check, timer, OBJECT_TIMER))
            return "a timer is set that does not exist";
        if (timer->prev != before)
            return "the timers are not linked both ways";
        if (before && before->deadline > timer->deadline)
            return "the timers are not in order";
        if (timer->deadline == ~0ull || timer->priority >= PRIORITY_COUNT)
            return "a timer in the list is not set";
        before = timer;
        count++;
    }
    check->where = NULL;
    return count == count_set(check) ? NULL : "a timer is set and in no list";
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
