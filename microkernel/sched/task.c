/* SPDX-License-Identifier: BSD-2-Clause */
/* Tasks: their beginning, what is told of them, and lists of them. */
#include <kernel/hart.h>

void task_list_remove(struct task_list *list, struct task *task)
{
    if (list->first == task)
        list->first = task->next;
    else
        task->prev->next = task->next;
    if (task->next)
        task->next->prev = task->prev;
    else
        list->last = task->prev;
    task->next = NULL;
}

void task_init(struct task *task)
{
    task->hot.pending = PRIORITY_NONE;
    task->hot.state = TASK_NEW;
    task->home = hart_self()->number;
}

void task_whole(struct task *task)
{
    uint64_t *x = task->context.x;

    if (task->hot.enter != ENTER_RETURN)
        return;
    task->hot.enter = ENTER_RESUME;
    x[REG_RA] = 0;
    for (unsigned i = 5; i < 32; i++) {
        if (i < 8 || i >= 28 || (i > REG_A0 && i < 18))
            x[i] = 0;
    }
}

uint64_t task_told_state(const struct task *task)
{
    static const uint8_t told[] = {
        [TASK_NEW] = PROCESS_NEW,
        [TASK_READY] = PROCESS_READY,
        [TASK_RUNNING] = PROCESS_RUNNING,
        [TASK_MOVING] = PROCESS_READY,
        [TASK_BLOCKED] = PROCESS_READY,
        [TASK_FAULTED] = PROCESS_FAULTED,
        [TASK_SUSPENDED] = PROCESS_SUSPENDED,
        [TASK_STOPPED] = PROCESS_STOPPED,
    };

    if (task->is_thread && task->hot.state == TASK_BLOCKED)
        return PROCESS_IDLE;
    return task_is_idle(task) ? PROCESS_IDLE : told[task->hot.state];
}
