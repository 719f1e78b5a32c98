/* SPDX-License-Identifier: BSD-2-Clause */
/* What handlers of user interrupts do, and what becomes of bad ones. */
#include "../entries.h"
#include "../upcalls.h"

#define CAUSE_FETCH_PAGE 12
#define CAUSE_LOAD_PAGE  13
#define CAUSE_STORE_PAGE 15

static struct child child;

/* ---- in the handler ---- */

CASE(upcall, depth_is_one)
{
    upcall_child(&child, 0);
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
    upcall_child(&child, 0);
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
    upcall_child(&child, 0);
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
    upcall_child(&child, 0);
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
    upcall_child(&child, 0);
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
        upcall_child(&child, n);
        of(n)->hold = 1;
        go_and_stop(&child, n);
        ring(&child);
        suite_sleep_until(&of(n)->count);
        delete (child.process);
    }
    suite_sleep(ticks_ms(1));
}

/* ---- bad handlers ---- */

static struct fault_record fault_of_handler(uint64_t handler, uint64_t stack)
{
    upcall_child(&child, 0);
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
    upcall_child(&child, 0);
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
