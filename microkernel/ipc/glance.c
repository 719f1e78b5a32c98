/* SPDX-License-Identifier: BSD-2-Clause */
/* A doorbell and the yields, at a glance: entry.S has saved nothing yet, and these functions touch
 * no register that a call preserves, nor a6 and a7 (arch/riscv64/check_deliver.py).
 *
 * Their value is how the next one goes on, which is hart->current then: an event (> 0), or
 * -ENTER_RETURN or -ENTER_RESUME. hart->sender gives way to it; of a doorbell and thread_yield it
 * returns later with E_OK, and entry.S saves what a call preserves. -ENTER_STAYS: nobody gives way.
 * 0: nothing has changed, and the careful way must decide.
 */
#include "deliver.h"

/* A task that is in no queue runs next. Value: what glance functions return. */
static inline long go_on(struct hart *hart, struct task *self, struct task *task)
{
    sched_account(hart, self, task);
    task->hot.state = TASK_RUNNING;
    hart->sender = self;
    hart->current = task;
    sched_load_space(hart, task->process);
    return task->hot.enter == ENTER_EVENT ? (long)task->event : -(long)task->hot.enter;
}

long light_doorbell(uint64_t priority, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                    uint64_t a5, uint64_t a6, uint64_t invoked)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current, *task;
    const struct executor_line *line = self->quick;
    const struct endpoint *endpoint;

    if (!is_as_placed(hart, line))
        return 0;
    endpoint = find_endpoint(self->process, invoked);
    task = endpoint ? __atomic_load_n(&endpoint->task, __ATOMIC_RELAXED) : NULL;
    if (!task)
        return 0;
    if (priority < endpoint->ceiling)
        priority = endpoint->ceiling;
    if (task->hot.state == TASK_IDLE + hart->number) {
        if (!hart->slice_end || (priority >= (uint8_t)hart->place && priority >= PRIORITY_COUNT))
            return 0;
        if (priority >= (uint8_t)hart->place) {
            task->event = RUNG(endpoint);
            task->hot_word = TASK_HOT(TASK_READY, ENTER_EVENT, priority, priority);
            sched_queue(hart, task, priority);
            return -ENTER_STAYS;
        }
        if ((line->wakes | hart->kernel_line.bitmap) != 0)
            return 0;
        give_way(hart, self, ENTER_RETURN);
        hart->sender = self;
        switch_over(hart, self, task, ENTER_EVENT, priority);
        sched_place(hart, priority);
        return RUNG(endpoint);
    }
    if (task->home != hart->number || task->hot.state != TASK_READY ||
        task->hot.priority > priority || priority >= PRIORITY_COUNT)
        return 0;
    process_set_slot(task, endpoint->slot);
    if (priority < task->hot.pending)
        task->hot.pending = (uint8_t)priority;
    return -ENTER_STAYS;
}

/* An executor that has nothing to do: the best that waits goes on. */
long light_yield(void)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current, *task;
    const struct executor_line *line = self->quick;

    if (!line || (line->bitmap | line->wakes) != 0 || !(task = sched_next(hart)))
        return 0;
    self->hot_word = hart->idle;
    return go_on(hart, self, task);
}

/* A thread, to the first of those that are as good, if nobody better waits. */
long light_thread_yield(void)
{
    struct hart *hart = hart_self();
    struct task *self = hart->current, *task;

    if (self->place != hart->place || hart->kernel_line.bitmap || sched_better_than_place(hart, 0))
        return 0;
    task = hart->ready[(uint8_t)hart->place].first;
    if (!task)
        return -ENTER_STAYS;
    if (sched_floor || (task->careful & CAREFUL_SWITCH))
        return 0;
    give_way(hart, self, ENTER_RETURN); /* behind `task`: the queue does not become empty */
    hart->ready[(uint8_t)hart->place].first = task->next;
    return go_on(hart, self, task);
}
