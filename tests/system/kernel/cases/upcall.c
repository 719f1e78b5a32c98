/* SPDX-License-Identifier: BSD-2-Clause */
/* User interrupts, by whichever back end this machine has: when they enter, and what they leave. */
#include "../entries.h"
#include "../upcalls.h"

#define CAUSE_ILLEGAL 2

static struct child child, other;

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
    upcall_child(&child, 0);
    go_and_stop(&child, 0);
    ring(&child);
    suite_sleep_until(&of(0)->count);
    check_registers(0);
    CHECK_EQ(of(0)->again, E_STATE);
}

/* Whatever marks a hart whose CSRs are loaded, no argument is taken for it. */
CASE(upcall, no_priority_gives_way_in_the_handler)
{
    child_make(&other, 0);
    child_start(&other, child_idle, 0, WORSE);
    run_children();
    upcall_child(&child, 0);
    of(0)->offer = child_give(&child, other.bell, WRITE);
    go_and_stop(&child, 0);
    ring(&child);
    suite_sleep_until(&of(0)->count);
    check_registers(0);
    CHECK_EQ(of(0)->offered, E_BAD_ARGUMENT);
    CHECK_EQ(child_state(&other), PROCESS_IDLE);
}

/* ---- entering ---- */

CASE(upcall, enters_who_runs)
{
    upcall_child(&child, 0);
    give_timer(&child, 0);
    go(&child, 0);
    suite_sleep_until(&of(0)->count);
    check_registers(0);
    CHECK_EQ(of(0)->count, 1);
    CHECK_EQ(of(0)->hint, 1ull << TIMER_SLOT / 64);
}

CASE(upcall, enters_who_was_preempted)
{
    upcall_child(&child, 0);
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

    upcall_child(&child, 0);
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
    upcall_child(&child, 0);
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
    upcall_child(&child, 0);
    give_timer(&child, 0);
    of(0)->rearm = 300;
    go(&child, 0);
    suite_sleep_until(&of(0)->done);
    CHECK_EQ(of(0)->count, 300);
    check_registers(0);
}

CASE(upcall, two_at_once_have_their_own)
{
    upcall_child(&child, 0);
    upcall_child(&other, 1);
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
    upcall_child(&child, 0);
    of(0)->masked = 1;
    go_and_stop(&child, 0);
    ring(&child);
    suite_sleep(ticks_ms(2));
    check_registers(0);
    CHECK_EQ(of(0)->count, 0);
}

CASE(upcall, not_entered_without_a_wake)
{
    upcall_child(&child, 0);
    go_and_stop(&child, 0);
    suite_sleep(ticks_ms(2));
    suite_sleep(ticks_ms(2));
    check_registers(0);
    CHECK_EQ(of(0)->count, 0);
}

CASE(upcall, between_two_coroutines_none_is_needed)
{
    upcall_child(&child, 0);
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

/* ---- others ---- */

CASE(upcall, nothing_of_a_handler_is_seen_by_others)
{
    upcall_child(&child, 0);
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
    upcall_child(&child, 0);
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
    upcall_child(&child, 0);
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
