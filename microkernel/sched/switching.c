/* SPDX-License-Identifier: BSD-2-Clause */
/* The switching coroutine: the kernel coroutine whose work is to run user code.
 *
 * While user code runs it stands READY in the kernel's executor, at the priority of the best
 * runnable task; a kernel coroutine that becomes ready with a better priority therefore runs at the
 * next leave, and no other does. With nothing runnable its priority is the worst, and it waits for
 * an interrupt.
 */
#include <kernel/arch.h>
#include <kernel/cnode.h>
#include <kernel/sched.h>
#include <kernel/trace.h>
#include <kernel/trap.h>
#include <kernel/upcall.h>

uint32_t sched_floor;

/* The level to take from: the best, or by the floor the lowest that is not empty. */
static unsigned choose_level(struct hart *hart)
{
    uint64_t levels = *hart->runnable;

    if (sched_floor && levels && ++hart->takes % sched_floor == 0) {
        while (levels & (levels - 1))
            levels &= levels - 1;
    }
    return priority_first(levels);
}

/* Enter the best ready task; return only if there is none, or if that one now waits for its budget:
 * many may have to, and each is a part of its own. */
static void switch_to_best(struct hart *hart)
{
    unsigned level = choose_level(hart);
    struct task *task;
    uint64_t event;

    if (level == PRIORITY_NONE)
        return;
    task = hart->ready[level].first;
    if (!sched_affords(task))
        return;
    sched_take(task);
    sched_switch_to(task);
    upcall_before(hart, task, task->hot.enter == ENTER_RESUME);
    if (task->hot.enter == ENTER_RESUME)
        arch_resume();
    event = task->event;
    task->event = EVENT_WAKE;
    arch_enter_event(event, event == EVENT_START ? task->argument : 0);
}

/* Nothing is runnable: tidy up what a deletion left, or sleep until an interrupt, and take it. */
static void idle(struct hart *hart)
{
    if (cnode_dying()) {
        trap_poll(); /* what was done before this is no part of it */
        kernel_lock();
        cap_reap_step();
        kernel_unlock();
    } else {
        /* Only a hint for give_away: who sends something to this hart interrupts it anyhow. */
        __atomic_fetch_or(&harts_idle, 1ull << hart->number, __ATOMIC_RELAXED);
        trace(TRACE_IDLE, NULL, 0, 0);
        arch_wait_for_interrupt();
        __atomic_fetch_and(&harts_idle, ~(1ull << hart->number), __ATOMIC_RELAXED);
    }
    (void)sched_elapsed(hart);
    trap_poll();
}

static CO_BODY enum co_state switching_body(struct co *co)
{
    struct hart *hart = hart_self();
    enum co_state state = co_yield(co); /* READY again before user code is entered */

    hart->executor.current = NULL;
    hart->kernel_line.running = PRIORITY_NONE;
    switch_to_best(hart);
    sched_drop_current();
    if (*hart->runnable)
        trap_poll();
    else
        idle(hart);
    sched_follow(hart, sched_switching_priority());
    return state;
}

unsigned sched_switching_priority(void)
{
    struct hart *hart = hart_self();
    unsigned best = priority_first(*hart->runnable);

    if (hart->current && hart->current->hot.state == TASK_RUNNING) {
        unsigned running = sched_effective(hart->current);

        best = running < best ? running : best;
    }
    return best == PRIORITY_NONE ? PRIORITY_COUNT - 1 : best;
}

void sched_leave(void)
{
    struct hart *hart = hart_self();
    struct task *task = hart->current;

    if (task && task->hot.state == TASK_RUNNING) {
        unsigned own = sched_effective(task);

        sched_follow(hart, sched_switching_priority());
        if (!sched_better_waits(hart, own)) {
            upcall_before(hart, task, true);
            arch_resume();
        }
        sched_put_current();
    }
    sched_follow(hart, sched_switching_priority());
    /* The executor's loop would take it next: do its work at once. */
    if (priority_first(hart->kernel_line.bitmap) == hart->switching.priority &&
        hart->executor.ready[hart->switching.priority].first == &hart->switching)
        switch_to_best(hart);
    arch_kernel_loop();
}

void sched_init(struct hart *hart)
{
    extern uint64_t global_bitmap[];

    hart->runnable = (uint64_t *)paddr_to_ptr(image_to_paddr(
        &global_bitmap[(GLOBAL_BITMAP_WORDS - GLOBAL_BITMAP_BASE) / 8 + hart->number]));
    hart->next_deadline = ~0ull;
    (void)sched_elapsed(hart);
    hart->idle = TASK_HOT(TASK_IDLE + hart->number, ENTER_EVENT, 0, PRIORITY_NONE);
    hart->place = task_place(hart->number, PRIORITY_COUNT - 1);
    executor_init(&hart->executor, &hart->kernel_line, hart->co_slots,
                  sizeof hart->co_slots / sizeof hart->co_slots[0]);
    hart->better = (1ull << (PRIORITY_COUNT - 1)) - 1;
    co_spawn(&hart->switching, switching_body, PRIORITY_COUNT - 1, NULL);
}

/* Shared with user space, read-only: one word for each hart, in a line in the middle of the page,
 * for too much else that every switch touches begins with a page. */
uint64_t global_bitmap[512] __attribute__((aligned(4096)));
