/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's lists of tasks, as sequences. */
#include "proof.h"
#include <kernel/task.h>
#include <microkernel/sched/task.c>

#define TASKS 4

static struct task tasks[TASKS];
static struct task_list list;

/* The list is tasks[0] .. tasks[length - 1]; what it does not say is anything. */
static void build(unsigned length)
{
    for (unsigned i = 0; i < TASKS; i++) {
        tasks[i].prev = i > 0 && i < length ? &tasks[i - 1] : &tasks[below(TASKS)];
        tasks[i].next = i + 1 < length ? &tasks[i + 1] : NULL;
    }
    list.first = length ? &tasks[0] : NULL;
    list.last = &tasks[length ? length - 1 : below(TASKS)];
}

/* The list is the tasks of the sequence, in its order, both ways. */
static bool is_list(struct task *const sequence[], unsigned length)
{
    bool right = list.first == (length ? sequence[0] : NULL) &&
                 (length == 0 || list.last == sequence[length - 1]);

    for (unsigned i = 0; i < TASKS; i++)
        if (i < length)
            right = right && (i == 0 || sequence[i]->prev == sequence[i - 1]) &&
                    sequence[i]->next == (i + 1 < length ? sequence[i + 1] : NULL);
    return right;
}

void proof_task_list_push(void)
{
    unsigned length = (unsigned)below(TASKS);
    struct task *sequence[TASKS];

    build(length);
    for (unsigned i = 0; i < TASKS; i++)
        sequence[i] = &tasks[i];
    tasks[length].next = tasks[length].prev = &tasks[nondet_bool()]; /* whatever it was */
    task_list_push(&list, &tasks[length]);
    CHECK(is_list(sequence, length + 1));
    COVER(length == 0);
    COVER(length == TASKS - 1);
}

void proof_task_list_remove(void)
{
    unsigned length = (unsigned)below(TASKS + 1), x = (unsigned)below(TASKS);
    struct task *sequence[TASKS];

    ASSUME(x < length);
    build(length);
    for (unsigned i = 0; i < TASKS; i++)
        sequence[i] = &tasks[i + (i >= x && i + 1 < TASKS)];
    task_list_remove(&list, &tasks[x]);
    CHECK(is_list(sequence, length - 1));
    CHECK(!tasks[x].next);
    COVER(length == 1);
    COVER(x == 1 && length == TASKS);
    COVER(x == TASKS - 1);
}
