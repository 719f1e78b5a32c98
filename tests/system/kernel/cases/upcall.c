/* SPDX-License-Identifier: BSD-2-Clause */
/* User interrupts, by whichever back end this machine has. The children are worse than the suite:
 * they run while it sleeps, and are stopped in their midst when it goes on. */
#include "../entries.h"
#include "../interrupts.h"
#include "../suite.h"

#define TIMER_SLOT       11
#define CAUSE_FETCH_PAGE 12
#define CAUSE_LOAD_PAGE  13
#define CAUSE_STORE_PAGE 15
#define CAUSE_ILLEGAL    2

static struct child child, other;

static bool has_n(void)
{
    return ((const struct boot_info *)ROOT_BOOT_INFO_BASE)->features & 4;
}

static struct interrupts *of(unsigned n)
{
    return &SHARED->interrupts[n];
}

/* Child n exists but does not run yet: the case says what it shall do. */
static void prepare(struct child *c, unsigned n)
{
    child_make(c, 0);
    *of(n) = (struct interrupts){.bell = child_give(c, c->bell, WRITE)};
    for (unsigned i = 1; i < 32; i++)
        SHARED->registers[n].x[i] = 0x9e3779b97f4a7c15ull * (i + 32 * n);
    SHARED->registers[n].x[REG_T5] = (uint64_t)&of(n)->stop;
}

static void give_timer(struct child *c, unsigned n)
{
    uint32_t timer = make(OBJECT_TIMER, 0);

    CHECK_OK(sys_process_bind(c->process, timer, TIMER_SLOT, 0));
    of(n)->timer = child_give(c, timer, ALL);
}

static void go(struct child *c, unsigned n)
{
    child_start(c, child_interruptible, n, WORSE);
}

/* Let it run to its spinning. */
static void go_and_stop(struct child *c, unsigned n)
{
    go(c, n);
    suite_sleep_until(&of(n)->ready);
    CHECK_EQ(of(n)->way, has_n() ? USER_INTERRUPT_N : USER_INTERRUPT_UPCALL);
}

static void ring(struct child *c)
{
    CHECK_OK(sys_doorbell(c->bell, WORSE));
}

/* End its spinning; all registers must be as they were. */
static void check_registers(unsigned n)
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

/* ---- registering ---- */

CASE(upcall, names_its_way)
{
    CHECK_EQ(sys_user_interrupt(0, 0), has_n() ? USER_INTERRUPT_N : USER_INTERRUPT_UPCALL);
}

CASE(upcall, misaligned_is_refused)
{
    CHECK_EQ(sys_user_interrupt(WINDOW + 2, 0), E_ALIGNMENT);
    CHECK_EQ(sys_user_interrupt(WINDOW + 1, 0), E_ALIGNMENT);
    CHECK_EQ(sys_user_interrupt(WINDOW, 8), E_ALIGNMENT);
}

CASE(upcall, threads_have_none)
{
    const uint64_t words[6] = {WINDOW, 0};

    child_make(&child, 0);
    thread_make(&child, 1, WORSE);
    thread_call(&child, 1, SYS_USER_INTERRUPT, 0, words, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_STATE);
    thread_call(&child, 1, SYS_UPCALL_RETURN, 0, words, 0);
    CHECK_EQ(SHARED->request[1].x[0], E_STATE);
}

CASE(upcall, return_without_interrupt_is_refused)
{
    struct registers r = {0};

    r.x[REG_A7] = SYS_UPCALL_RETURN;
    registers_ecall(&r, EXECUTOR_BASE);
    CHECK_EQ(r.x[REG_A0], E_STATE);
}

CASE(upcall, not_changed_in_the_handler)
{
    prepare(&child, 0);
    go_and_stop(&child, 0);
    ring(&child);
    suite_sleep_until(&of(0)->count);
    check_registers(0);
    CHECK_EQ(of(0)->again, E_STATE);
}

/* ---- entering ---- */

CASE(upcall, enters_who_runs)
{
    prepare(&child, 0);
    give_timer(&child, 0);
    go(&child, 0);
    suite_sleep_until(&of(0)->count);
    check_registers(0);
    CHECK_EQ(of(0)->count, 1);
    CHECK_EQ(of(0)->hint, 1ull << TIMER_SLOT / 64);
}

CASE(upcall, enters_who_was_preempted)
{
    prepare(&child, 0);
    go_and_stop(&child, 0);
    ring(&child);
    CHECK_EQ(of(0)->count, 0);
    suite_sleep_until(&of(0)->count);
    check_registers(0);
    CHECK_EQ(of(0)->count, 1);
    CHECK_EQ(of(0)->depth, 0);
}

CASE(upcall, finds_its_stack_and_no_leaks)
{
    const struct registers *r = &SHARED->registers[2];

    prepare(&child, 0);
    go_and_stop(&child, 0);
    ring(&child);
    suite_sleep_until(&of(0)->count);
    check_registers(0);
    CHECK_EQ(of(0)->hint, 1);
    if (has_n()) {
        CHECK(r->x[0] != 0);                                         /* uepc */
        CHECK(r->x[REG_SP] > STACKS && r->x[REG_SP] < STACK_END(0)); /* was in uscratch */
        return;
    }
    for (unsigned i = 1; i < 32; i++) {
        uint64_t wanted = i == REG_SP   ? STACK_END(1)
                          : i == REG_GP ? EXECUTOR_BASE
                          : i == REG_TP ? INTERRUPT_TP
                          : i == REG_A0 ? 1
                                        : 0;

        CHECK_EQ(r->x[i] + 1000000ull * i, wanted + 1000000ull * i);
    }
}

CASE(upcall, survives_at_any_instruction)
{
    prepare(&child, 0);
    give_timer(&child, 0);
    of(0)->rounds = 500;
    of(0)->value = stir(1, 500);
    of(0)->rearm = 300;
    go(&child, 0);
    suite_sleep_until(&of(0)->done);
    CHECK_EQ(of(0)->count, 300);
    CHECK_EQ(of(0)->deepest, 1);
    CHECK_EQ(of(0)->value, stir(1, 500));
}

CASE(upcall, registers_survive_many)
{
    prepare(&child, 0);
    give_timer(&child, 0);
    of(0)->rearm = 300;
    go(&child, 0);
    suite_sleep_until(&of(0)->done);
    CHECK_EQ(of(0)->count, 300);
    check_registers(0);
}

CASE(upcall, two_at_once_have_their_own)
{
    prepare(&child, 0);
    prepare(&other, 1);
    give_timer(&child, 0);
    give_timer(&other, 1);
    of(0)->rearm = of(1)->rearm = 100;
    go(&child, 0);
    go(&other, 1);
    suite_sleep_until(&of(0)->done);
    suite_sleep_until(&of(1)->done);
    CHECK_EQ(of(0)->count, 100);
    CHECK_EQ(of(1)->count, 100);
    check_registers(0);
    check_registers(1);
}

/* ---- when not ---- */

CASE(upcall, masked_is_not_entered)
{
    prepare(&child, 0);
    of(0)->masked = 1;
    go_and_stop(&child, 0);
    ring(&child);
    suite_sleep(ticks_ms(2));
    check_registers(0);
    CHECK_EQ(of(0)->count, 0);
}

CASE(upcall, not_entered_without_a_wake)
{
    prepare(&child, 0);
    go_and_stop(&child, 0);
    suite_sleep(ticks_ms(2));
    suite_sleep(ticks_ms(2));
    check_registers(0);
    CHECK_EQ(of(0)->count, 0);
}

CASE(upcall, between_two_coroutines_none_is_needed)
{
    prepare(&child, 0);
    go_and_stop(&child, 0);
    check_registers(0);
    run_children();
    child_ring(&child); /* to child_idle, which counts from now on */
    child_ring(&child);
    CHECK_EQ(SHARED->entries, 1);
    CHECK_EQ(SHARED->event[7], EVENT_RUNG | BELL_SLOT << 8);
    CHECK_EQ(of(0)->count, 0);
}

CASE(upcall, without_a_handler_none_is_entered)
{
    child_make(&child, 0);
    child_start(&child, child_spin, 5, WORSE);
    suite_sleep(ticks_ms(2));
    ring(&child);
    suite_sleep(ticks_ms(2));
    CHECK_EQ(child_state(&child), PROCESS_READY);
}

/* ---- in the handler ---- */

CASE(upcall, depth_is_one)
{
    prepare(&child, 0);
    of(0)->hold = 1;
    go_and_stop(&child, 0);
    ring(&child);
    suite_sleep_until(&of(0)->count);
    /* It is in the handler, and is stopped and woken there. */
    for (unsigned i = 0; i < 3; i++) {
        ring(&child);
        suite_sleep(ticks_ms(1));
    }
    CHECK_EQ(of(0)->count, 1);
    CHECK_EQ(of(0)->deepest, 1);
    of(0)->hold = 0;
    suite_sleep(ticks_ms(2));
    check_registers(0);
    CHECK_EQ(of(0)->count, 2);
    CHECK_EQ(of(0)->deepest, 1);
    CHECK_EQ(of(0)->depth, 0);
}

CASE(upcall, wakes_of_the_handler_itself_enter_again)
{
    prepare(&child, 0);
    of(0)->ring = 3;
    go_and_stop(&child, 0);
    ring(&child);
    suite_sleep_until(&of(0)->count);
    suite_sleep(ticks_ms(2));
    check_registers(0);
    CHECK_EQ(of(0)->count, 4);
    CHECK_EQ(of(0)->deepest, 1);
}

CASE(upcall, wakes_that_are_left_are_found)
{
    prepare(&child, 0);
    of(0)->keep = 1;
    go_and_stop(&child, 0);
    ring(&child);
    suite_sleep_until(&of(0)->count);
    suite_sleep(ticks_ms(2));
    check_registers(0);
    CHECK_EQ(of(0)->count, 2);
}

CASE(upcall, one_that_yields_keeps_it_active)
{
    prepare(&child, 0);
    of(0)->yields = 1;
    go_and_stop(&child, 0);
    ring(&child);
    suite_sleep_until(&of(0)->count);
    run_children();
    CHECK_EQ(child_state(&child), PROCESS_IDLE);
    child_ring(&child); /* to child_idle, which counts from now on */
    child_ring(&child);
    CHECK_EQ(SHARED->entries, 1);
    CHECK_EQ(of(0)->count, 1);
}

CASE(upcall, one_that_never_returns)
{
    prepare(&child, 0);
    of(0)->handler = (uint64_t)endless_handler;
    go_and_stop(&child, 0);
    for (unsigned i = 0; i < 3; i++) {
        ring(&child);
        suite_sleep(ticks_ms(1));
        CHECK_EQ(child_state(&child), PROCESS_READY);
    }
    CHECK_OK(sys_process_stop(child.process));
    suite_sleep(ticks_ms(1));
    CHECK_EQ(child_state(&child), PROCESS_STOPPED);
}

CASE(upcall, deleted_in_the_handler)
{
    for (unsigned n = 0; n < 2; n++) {
        prepare(&child, n);
        of(n)->hold = 1;
        go_and_stop(&child, n);
        ring(&child);
        suite_sleep_until(&of(n)->count);
        delete (child.process);
    }
    suite_sleep(ticks_ms(1));
}

/* ---- bad handlers ---- */

static void wait_for_fault(void)
{
    while (!wake_taken(FAULT_SLOT))
        suite_yield(NULL);
}

static struct fault_record fault_of_handler(uint64_t handler, uint64_t stack)
{
    prepare(&child, 0);
    of(0)->handler = handler;
    of(0)->stack = stack;
    go_and_stop(&child, 0);
    ring(&child);
    wait_for_fault();
    return child_fault(&child);
}

CASE(upcall, handler_that_faults)
{
    struct fault_record fault = fault_of_handler((uint64_t)faulty_handler, 0);

    CHECK_EQ(fault.cause, CAUSE_LOAD_PAGE);
    CHECK_EQ(fault.address, 8);
}

CASE(upcall, handler_that_is_not_there)
{
    struct fault_record fault = fault_of_handler(WINDOW, 0);

    CHECK_EQ(fault.cause, CAUSE_FETCH_PAGE);
    CHECK_EQ(fault.address, WINDOW);
    CHECK_EQ(fault.pc, WINDOW);
}

CASE(upcall, handler_in_the_kernel)
{
    struct fault_record fault = fault_of_handler(0xffffffff80200000, 0);

    CHECK_EQ(fault.cause, CAUSE_FETCH_PAGE);
    CHECK_EQ(fault.pc, 0xffffffff80200000);
}

CASE(upcall, stack_that_is_not_there)
{
    char *handler = has_n() ? pushing_handler_n : pushing_handler_upcall;
    struct fault_record fault = fault_of_handler((uint64_t)handler, WINDOW);

    CHECK_EQ(fault.cause, CAUSE_STORE_PAGE);
    CHECK_EQ(fault.address, WINDOW - 8);
    CHECK_EQ(fault.sp, WINDOW);
}

CASE(upcall, restart_forgets_the_handler)
{
    fault_of_handler((uint64_t)faulty_handler, 0);
    of(0)->handler = 0;
    of(0)->ready = 0;
    CHECK_OK(sys_fault_restart(child.process, (uint64_t)child_interruptible, STACK_END(0), 0));
    suite_sleep_until(&of(0)->ready);
    CHECK_EQ(of(0)->way, has_n() ? USER_INTERRUPT_N : USER_INTERRUPT_UPCALL);
    suite_sleep_until(&of(0)->count); /* the wake that it faulted over */
    check_registers(0);
    CHECK_EQ(of(0)->count, 1);
}

/* Stopped by its supervisor in the handler, and resumed there. */
CASE(upcall, suspended_in_the_handler)
{
    prepare(&child, 0);
    of(0)->hold = 1;
    go_and_stop(&child, 0);
    ring(&child);
    suite_sleep_until(&of(0)->count);
    CHECK_OK(sys_thread_suspend(child.process));
    of(0)->hold = 0;
    suite_sleep(ticks_ms(1));
    CHECK_EQ(of(0)->depth, 1);
    CHECK_OK(sys_thread_resume(child.process));
    suite_sleep(ticks_ms(1));
    check_registers(0);
    CHECK_EQ(of(0)->depth, 0);
    CHECK_EQ(of(0)->count, 1);
}

/* ---- others ---- */

CASE(upcall, nothing_of_a_handler_is_seen_by_others)
{
    prepare(&child, 0);
    of(0)->hold = 1;
    go_and_stop(&child, 0);
    ring(&child);
    suite_sleep_until(&of(0)->count);
    child_make(&other, 0);
    SHARED->word[0] = 99;
    child_start(&other, child_reads_csrs, 1, WORSE - 1);
    if (has_n()) {
        suite_sleep_until(&SHARED->word[1]);
        CHECK_EQ(SHARED->word[0], 0);
    } else {
        wait_for_fault();
        CHECK_EQ(child_fault(&other).cause, CAUSE_ILLEGAL);
    }
    of(0)->hold = 0;
    check_registers(0);
}

static void ring_a_partner(void)
{
    child_make(&other, 0);
    child_start(&other, has_n() ? child_reads_csrs : child_idle, 0, WORSE);
    run_children();
    SHARED->word[0] = 99;
    SHARED->word[1] = 0;
    prepare(&child, 0);
    give_timer(&child, 0);
    of(0)->partner = child_give(&child, other.bell, WRITE);
    of(0)->rearm = 1;
    go(&child, 0);
    suite_sleep_until(&of(0)->done);
    run_children();
    CHECK_EQ(of(0)->count, 1);
    if (has_n()) {
        CHECK_EQ(SHARED->word[1], 1);
        CHECK_EQ(SHARED->word[0], 0);
    } else {
        CHECK_EQ(SHARED->entries, 1);
    }
    SHARED->entries = 0;
    delete (child.process);
    delete (other.process);
}

/* Right after its handler the child rings another one and yields: not at a glance, because what
 * belongs to the handler is still there. Should a tick come in between it is not: so, some times.
 */
CASE(upcall, nothing_is_seen_by_a_partner)
{
    for (unsigned i = 0; i < 8; i++)
        ring_a_partner();
}

/* No tick comes there: nobody else wants that hart. */
CASE(upcall, reaches_another_hart)
{
    if (((const struct boot_info *)ROOT_BOOT_INFO_BASE)->harts < 2)
        return;
    prepare(&child, 0);
    CHECK_OK(sys_process_harts(child.process, 2));
    go_and_stop(&child, 0);
    for (uint64_t i = 1; i <= 50; i++) {
        ring(&child);
        /* The wake must not be one with the next. */
        while (__atomic_load_n(&of(0)->count, __ATOMIC_ACQUIRE) < i ||
               __atomic_load_n(&of(0)->depth, __ATOMIC_ACQUIRE))
            suite_sleep(ticks_ms(1) / 10);
    }
    check_registers(0);
    CHECK_EQ(of(0)->count, 50);
}
