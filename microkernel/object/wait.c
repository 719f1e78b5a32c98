/* SPDX-License-Identifier: BSD-2-Clause */
/* How threads block: their deadlines, and the wake slots that they wait for.
 *
 * Of all who wait for one slot the first stands in a list of its process, chosen by the slot, and
 * the others in a list of its own. So one of the process has at most WAKE_SLOTS / WAIT_LISTS
 * threads, however many wait. */
#include <kernel/process.h>
#include <kernel/rendezvous.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/timer.h>

void thread_block(struct task *task, enum task_block why)
{
    struct thread *thread = thread_of(task);

    task->hot.state = TASK_BLOCKED;
    task->blocked_on = (uint8_t)why;
    if (thread->timeout == DEADLINE_NEVER)
        return;
    deadline_set(&thread->deadline, thread->timeout);
    timer_need(thread->timeout);
}

static struct task_list *list_of(struct process *process, uint16_t slot)
{
    return &process->waiting[slot % WAIT_LISTS];
}

/* The first who waits for a slot, or NULL. */
static struct thread *find(struct process *process, uint16_t slot)
{
    struct task *task = list_of(process, slot)->first;

    while (task && task->wait_slot != slot)
        task = task->next;
    return task ? thread_of(task) : NULL;
}

void thread_wait_end(struct task *task)
{
    struct task_list *list = list_of(task->process, task->wait_slot);
    struct thread *first = find(task->process, task->wait_slot);
    struct task *next = first->behind.first;

    if (first != thread_of(task)) {
        task_list_remove(&first->behind, task);
        return;
    }
    task_list_remove(list, task);
    if (!next)
        return;
    task_list_remove(&first->behind, next);
    task_list_push(list, next);
    thread_of(next)->behind = first->behind;
    first->behind.first = NULL;
}

struct task *thread_wake(struct process *process, uint16_t slot)
{
    struct thread *thread = find(process, slot);

    if (!thread)
        return NULL;
    process->wake_words[slot / 64] &= ~(1ull << slot % 64);
    thread_wait_end(&thread->task);
    thread->task.blocked_on = BLOCK_NONE;
    deadline_set(&thread->deadline, DEADLINE_NEVER);
    return &thread->task;
}

long sys_thread_wait(struct process *caller, struct slot *cap, uint64_t *args)
{
    struct task *task = hart_self()->current;
    struct thread *first;
    uint64_t *word, bit;

    if (!task || !task->is_thread) /* NULL: submitted, as fault_resume */
        return E_STATE;
    TRY(in_range(args, 0, 0, WAKE_SLOTS - 1));
    word = &caller->wake_words[args[0] / 64];
    bit = 1ull << args[0] % 64;
    if (__atomic_fetch_and(word, ~bit, __ATOMIC_ACQUIRE) & bit)
        return E_OK;
    thread_block(task, BLOCK_WAIT);
    task->wait_slot = (uint16_t)args[0];
    first = find(caller, task->wait_slot);
    task_list_push(first ? &first->behind : list_of(caller, task->wait_slot), task);
    return E_OK;
}
