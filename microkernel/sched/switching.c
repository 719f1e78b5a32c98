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

/* The current task goes on in user mode. */
static __attribute__((noreturn)) void go_on(struct hart *hart, struct task *task)
{
    if (hart->interrupted || task->upcall.pc)
        upcall_switch(hart, task, task->hot.enter != ENTER_EVENT);
    if (task->hot.enter == ENTER_RESUME)
        arch_resume();
    if (task->hot.enter == ENTER_RETURN)
        arch_return();
    if (!(task->careful & CAREFUL_START))
        arch_enter_event(task->event, 0);
    task->careful &= (uint8_t)~CAREFUL_START;
    arch_enter_event(EVENT_START, task->argument);
}

/* Enter the ready task that shall run next; return if there is none. */
static void switch_to_best(struct hart *hart)
{
    struct task *task = sched_next(hart);

    if (!task)
        task = sched_take(hart);
    if (!task)
        return;
    sched_switch_to(task);
    go_on(hart, task);
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

void sched_queue_switching(struct hart *hart)
{
    if (hart->switching.status == CO_READY)
        return;
    co_change_priority(&hart->switching, (uint8_t)hart->place);
    co_complete(&hart->switching, E_OK);
}

static CO_BODY enum co_state switching_body(struct co *co)
{
    struct hart *hart = hart_self();

    co_block(co);
    if (hart->executor.live > 1)
        sched_queue_switching(hart); /* before user code is entered */
    switch_to_best(hart);
    sched_drop_current();
    if (*hart->runnable)
        trap_poll();
    else
        idle(hart);
    sched_follow(hart, priority_first(*hart->runnable));
    sched_queue_switching(hart);
    return CO_PENDING;
}

void sched_leave(void)
{
    struct hart *hart = hart_self();
    struct task *task = hart->current;
    unsigned best = priority_first(*hart->runnable);

    if (task && task->hot.state == TASK_RUNNING) {
        unsigned own = sched_effective(task);

        if (own <= best) {
            sched_follow(hart, best = own);
            if (!sched_better_than_place(hart, 0))
                go_on(hart, task);
        }
        sched_ready(task, own);
    }
    sched_follow(hart, best);
    /* The executor's loop would take it next: do its work at once. */
    if (!hart->kernel_line.bitmap ||
        (hart->executor.live > 1 &&
         priority_first(hart->kernel_line.bitmap) == hart->switching.priority &&
         hart->executor.ready[hart->switching.priority].first == &hart->switching))
        switch_to_best(hart);
    sched_queue_switching(hart);
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
    if (arch_features.user_interrupts)
        arch_user_interrupt_off();
}

/* Shared with user space, read-only: one word for each hart, in a line in the middle of the page,
 * for too much else that every switch touches begins with a page. */
uint64_t global_bitmap[512] __attribute__((aligned(4096)));
