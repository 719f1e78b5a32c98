/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of tasks. */
#include <kernel/task.h>

void task_list_push(struct task_list *list, struct task *task)
{
    task->next = NULL;
    task->prev = list->last;
    if (list->last)
        list->last->next = task;
    else
        list->first = task;
    list->last = task;
}

void task_list_remove(struct task_list *list, struct task *task)
{
    if (task->prev)
        task->prev->next = task->next;
    else
        list->first = task->next;
    if (task->next)
        task->next->prev = task->prev;
    else
        list->last = task->prev;
    task->next = NULL;
    task->prev = NULL;
}
