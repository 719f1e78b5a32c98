/* SPDX-License-Identifier: BSD-2-Clause */
/* What runs in children that have a handler of user interrupts. */
#include <sys/counter.h>
#include "entries.h"
#include "interrupts.h"

static struct interrupts *own(void)
{
    return &SHARED->interrupts[*(uint64_t *)(EXECUTOR_BASE + INTERRUPT_NUMBER)];
}

/* A pause of 5 to 30 us: any instruction may be the next one. */
static void set_timer(const struct interrupts *i)
{
    uint64_t now = counter_arch_time();

    if (sys_timer_set(i->timer, now + 50 + (now * 0x9e3779b97f4a7c15ull >> 56), WORSE))
        trap_arch();
}

void interrupted(uint64_t summary)
{
    struct interrupts *i = own();

    i->hint = summary;
    i->depth++;
    if (i->depth > i->deepest)
        i->deepest = i->depth;
    for (unsigned k = 0; k < 32; k++)
        SHARED->registers[2].x[k] = ((uint64_t *)(EXECUTOR_BASE + INTERRUPT_REGISTERS))[k];
    i->again = sys_user_interrupt((uint64_t)upcall_handler, STACK_END(2));
    if (i->keep) {
        i->keep--;
    } else {
        child_clear_wakes();
        if (i->ring) {
            i->ring--;
            if (sys_doorbell(i->bell, WORSE))
                trap_arch();
        }
    }
    if (i->rearm) {
        if (--i->rearm)
            set_timer(i);
        else
            i->stop = 1;
    }
    /* Now it has cleared the wakes: those that come after it was counted are not lost. */
    __atomic_fetch_add(&i->count, 1, __ATOMIC_RELEASE);
    if (i->offer)
        i->offered = sys_doorbell_yield(i->offer, 0x80 | WORSE);
    if (i->yields)
        child_wait(child_idle);
    while (i->hold)
        ;
    __atomic_fetch_sub(&i->depth, 1, __ATOMIC_RELEASE);
}

void child_interruptible(uint64_t n)
{
    struct interrupts *i;
    uint64_t handler;

    *(uint64_t *)(EXECUTOR_BASE + INTERRUPT_NUMBER) = n;
    i = own();
    i->way = sys_user_interrupt(0, 0);
    handler = (uint64_t)(i->way == USER_INTERRUPT_N ? n_handler : upcall_handler);
    i->way =
        sys_user_interrupt(i->handler ? i->handler : handler, i->stack ? i->stack : STACK_END(1));
    *(volatile uint64_t *)(EXECUTOR_BASE + EXECUTOR_INTERRUPTIBLE) = !i->masked;
    ((struct executor_line *)EXECUTOR_BASE)->tp = INTERRUPT_TP;
    if (i->timer)
        set_timer(i);
    i->ready = 1;
    if (i->rounds) {
        /* Nothing interrupts that one, which the suite has computed. */
        uint64_t wanted = i->value;

        while (!i->stop && i->value == wanted)
            i->value = stir(1, i->rounds);
    } else {
        registers_spin(&SHARED->registers[n], EXECUTOR_BASE);
    }
    *(volatile uint64_t *)(EXECUTOR_BASE + EXECUTOR_INTERRUPTIBLE) = 0;
    i->done = 1;
    if (i->partner)
        sys_doorbell_yield(i->partner, WORSE);
    child_wait(child_idle);
}

static void look(uint64_t unused)
{
    (void)unused;
    SHARED->word[0] = n_read_csrs();
    SHARED->word[1] = 1;
    child_wait(look);
}

void child_reads_csrs(uint64_t now)
{
    if (now)
        look(0);
    child_wait(look);
}
