/* SPDX-License-Identifier: BSD-2-Clause */
/* The passes over what a host's unit test does not have: tasks, lists of processes, time. */
#pragma once
#include <kernel/process.h>
#include <kernel/task.h>
#include "check.h"

/* Whether a task belongs into a list; `of`: what the list belongs to. */
typedef bool (*task_test_t)(const struct task *task, const void *of);

/* Walk a list of tasks: they exist, pass the test and are linked both ways. Adds its length. */
const char *check_task_list(struct check *check, const struct task_list *list, task_test_t test,
                            const void *of, uint32_t *count);

/* States, ready queues and the tasks that run. First: it notes the tasks (tasks.c). */
const char *check_tasks(struct check *check);
/* Each Process's threads, bindings and numbers (processes.c). */
const char *check_processes(struct check *check);
/* Who is blocked in calls, both ways (rendezvous.c). */
const char *check_rendezvous(struct check *check);
/* Timers by deadline; interrupt lines (devices.c). */
const char *check_timers(struct check *check);
const char *check_irqs(struct check *check);
