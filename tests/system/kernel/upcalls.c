/* SPDX-License-Identifier: BSD-2-Clause */
#include "upcalls.h"

bool has_n(void)
{
    return ((const struct boot_info *)ROOT_BOOT_INFO_BASE)->features & 4;
}

struct interrupts *of(unsigned n)
{
    return &SHARED->interrupts[n];
}

void upcall_child(struct child *c, unsigned n)
{
    child_make(c, 0);
    *of(n) = (struct interrupts){.bell = child_give(c, c->bell, WRITE)};
    for (unsigned i = 1; i < 32; i++)
        SHARED->registers[n].x[i] = 0x9e3779b97f4a7c15ull * (i + 32 * n);
    SHARED->registers[n].x[REG_T5] = (uint64_t)&of(n)->stop;
}

void give_timer(struct child *c, unsigned n)
{
    uint32_t timer = make(OBJECT_TIMER, 0);

    CHECK_OK(sys_process_bind(c->process, timer, TIMER_SLOT, 0));
    of(n)->timer = child_give(c, timer, ALL);
}

void go(struct child *c, unsigned n)
{
    child_start(c, child_interruptible, n, WORSE);
}

void go_and_stop(struct child *c, unsigned n)
{
    go(c, n);
    suite_sleep_until(&of(n)->ready);
    CHECK_EQ(of(n)->way, has_n() ? USER_INTERRUPT_N : USER_INTERRUPT_UPCALL);
}

void ring(struct child *c)
{
    CHECK_OK(sys_doorbell(c->bell, WORSE));
}

void check_registers(unsigned n)
{
    const struct registers *r = &SHARED->registers[n];

    of(n)->stop = 1;
    suite_sleep_until(&of(n)->done);
    CHECK_EQ(r->x[0], 0);
    CHECK_EQ(r->x[REG_SP], 0);
    for (unsigned i = 1; i < 31; i++) {
        uint64_t wanted =
            i == REG_T5 ? (uint64_t)&of(n)->stop : 0x9e3779b97f4a7c15ull * (i + 32 * n);

        if (i != REG_SP)
            CHECK_EQ((r->x[i] ^ wanted) + 1000ull * i, 1000ull * i);
    }
}

void wait_for_fault(void)
{
    while (!wake_taken(FAULT_SLOT))
        suite_yield(NULL);
}
