/* SPDX-License-Identifier: BSD-2-Clause */
/* Those that stand at a fault begin anew, elsewhere. */
#include "faults.h"
#include "suite.h"

static struct child child;

CASE(resume, restart)
{
    child_run(&child, fault_break, 0);
    CHECK_OK(sys_fault_restart(child.process, (uint64_t)child_log, STACKS + 4096, 5));
    CHECK_EQ(child_state(&child), PROCESS_READY);
    run_through_faults();
    CHECK_EQ(SHARED->logged, 1);
    CHECK_EQ(SHARED->log[0], 5);
    child_ring(&child);
    CHECK_EQ(SHARED->logged, 2);
}

CASE(resume, restart_enters_with_the_first_event)
{
    for (unsigned i = 1; i < 32; i++)
        SHARED->registers[0].x[i] = 0x0102030405060708ull * i;
    SHARED->registers[0].x[REG_T5] = WINDOW;
    child_make(&child, 0);
    child_start(&child, child_load_registers, 0, WORSE);
    run_through_faults();
    CHECK_EQ(child_fault(&child).address, WINDOW);
    CHECK_OK(sys_fault_restart(child.process, (uint64_t)registers_entry, STACKS + 4096, 5));
    run_through_faults();
    for (unsigned i = 1; i < 32; i++) {
        if (i != REG_SP && i != REG_GP && i != REG_A0)
            CHECK_EQ(SHARED->registers[0].x[i], i == REG_A7 ? EVENT_START : 0);
    }
    CHECK_EQ(SHARED->registers[0].x[REG_A0], 5);
    CHECK_EQ(SHARED->registers[0].x[REG_SP], STACKS + 4096);
}

CASE(resume, restart_of_a_thread)
{
    uint32_t thread = make(OBJECT_THREAD, 0);

    child_make(&child, 0);
    CHECK_OK(sys_thread_configure(thread, child.process, (uint64_t)fault_break, STACKS + 4096, 9, 4,
                                  WORSE));
    CHECK_OK(sys_thread_start(thread));
    run_through_faults();
    register_set(thread, REG_T6, 31);
    CHECK_OK(sys_fault_restart(thread, (uint64_t)registers_entry, STACKS + 4096, 6));
    run_through_faults();
    CHECK_EQ(SHARED->entries, 1);
    for (unsigned i = 1; i < 32; i++) {
        if (i != REG_SP && i != REG_TP && i != REG_A0)
            CHECK_EQ(SHARED->registers[0].x[i], 0);
    }
    CHECK_EQ(SHARED->registers[0].x[REG_TP], 9);
    CHECK_EQ(SHARED->registers[0].x[REG_A0], 6);
    CHECK_EQ(SHARED->registers[0].x[REG_SP], STACKS + 4096);
}

CASE(resume, restart_refuses)
{
    CHECK_EQ(sys_fault_restart(ROOT_PROCESS, 0, 0, 0), E_STATE);
    CHECK_EQ(sys_fault_restart(make(OBJECT_THREAD, 0), 0, 0, 0), E_STATE);
    child_make(&child, 0);
    CHECK_EQ(sys_fault_restart(child.process, 0, 0, 0), E_STATE);
    child_start(&child, fault_break, 0, WORSE);
    CHECK_EQ(sys_fault_restart(child.process, 0, 0, 0), E_STATE);
    run_through_faults();
    CHECK_OK(sys_process_stop(child.process));
    CHECK_EQ(sys_fault_restart(child.process, 0, 0, 0), E_STATE);
}

CASE(resume, restarted_a_hundred_times)
{
    child_run(&child, fault_break, 0);
    for (unsigned i = 0; i < 100; i++) {
        CHECK_OK(sys_fault_restart(child.process, (uint64_t)fault_break, STACKS + 4096, i));
        run_through_faults();
        CHECK_EQ(child_fault(&child).cause, CAUSE_BREAKPOINT);
    }
}
