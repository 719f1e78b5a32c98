/* SPDX-License-Identifier: BSD-2-Clause */
/* Life of processes. */
#include "suite.h"

static struct child child;

CASE(process, states)
{
    child_make(&child, 0);
    CHECK_EQ(child_state(&child), PROCESS_NEW);
    child_start(&child, child_idle, 0, WORSE);
    CHECK_EQ(child_state(&child), PROCESS_READY);
    run_children();
    CHECK_EQ(child_state(&child), PROCESS_IDLE);
    CHECK_OK(sys_doorbell(child.bell, WORSE));
    CHECK_EQ(child_state(&child), PROCESS_READY);
    CHECK_OK(sys_process_stop(child.process));
    CHECK_EQ(child_state(&child), PROCESS_STOPPED);
}

CASE(process, sees_itself_running)
{
    child_run(&child, child_invoker, 0);
    CHECK_OK(child_call(&child, SYS_PROCESS_INFO, child_give(&child, child.process, READ), 0, 0, 0,
                        0, 0));
    CHECK_EQ(SHARED->request[0].x[1], PROCESS_RUNNING);
    CHECK_EQ(SHARED->request[0].x[2], WORSE);
}

CASE(process, configure_once)
{
    child_make(&child, 0);
    CHECK_EQ(sys_process_configure(child.process, child.cnode, 26, 0, 0), E_IN_USE);
}

CASE(process, configure_refuses)
{
    uint32_t process = make(OBJECT_PROCESS, 0), cnode = make(OBJECT_CNODE, 6);
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0);

    CHECK_EQ(sys_process_configure(process, slots_take(1), 26, 0, 0), E_BAD_CAP);
    CHECK_EQ(sys_process_configure(process, endpoint, 26, 0, 0), E_BAD_TYPE);
    CHECK_EQ(sys_process_configure(process, cnode, 27, 0, 0), E_BAD_ARGUMENT);
    CHECK_EQ(sys_process_configure(process, cnode, 1 << 6, 0, 0), E_BAD_ARGUMENT);
    CHECK_EQ(sys_process_configure(process, cnode, 26, PRIORITY_COUNT, 0), E_BAD_ARGUMENT);
    CHECK_EQ(sys_process_configure(process, cnode, 26, 0, slots_take(1)), E_BAD_CAP);
    CHECK_EQ(sys_process_configure(process, cnode, 26, 0, cnode), E_BAD_TYPE);
    CHECK_EQ(sys_process_configure(process, cnode, 26, 0, copy(endpoint, READ | GRANT)),
             E_NO_RIGHT);
    CHECK_EQ(sys_process_configure(process, copy(cnode, READ | WRITE), 26, 0, 0), E_NO_RIGHT);
    CHECK_OK(sys_process_configure(process, cnode, 26, 0, endpoint));
}

CASE(process, refused_configuration_leaves_no_reference)
{
    uint32_t process = make(OBJECT_PROCESS, 0), untyped = make(OBJECT_UNTYPED, 12);
    uint32_t cnode = make(OBJECT_CNODE, 6), endpoint = make_from(untyped, OBJECT_ENDPOINT, 0);

    CHECK_EQ(sys_process_configure(process, cnode, 27, 0, endpoint), E_BAD_ARGUMENT);
    delete (endpoint);
    CHECK_EQ(untyped_used(untyped), 0);
}

CASE(process, map_executor_refuses)
{
    uint32_t process = make(OBJECT_PROCESS, 0);

    CHECK_EQ(sys_process_map_executor(process, EXECUTOR_BASE), E_NO_TABLE);
    map_tables(process, EXECUTOR_BASE);
    CHECK_EQ(sys_process_map_executor(process, EXECUTOR_BASE + 8), E_ALIGNMENT);
    CHECK_EQ(sys_process_map_executor(process, USER_TOP), E_BAD_ARGUMENT);
    CHECK_EQ(sys_process_map_executor(process, ~4095ull), E_BAD_ARGUMENT);
    map(make(OBJECT_FRAME, 12), process, EXECUTOR_BASE, READ);
    CHECK_EQ(sys_process_map_executor(process, EXECUTOR_BASE), E_MAPPED);
    CHECK_OK(sys_process_map_executor(process, EXECUTOR_BASE + 4096));
    CHECK_EQ(sys_process_map_executor(process, EXECUTOR_BASE + 8192), E_IN_USE);
}

CASE(process, start_refuses)
{
    uint32_t process = make(OBJECT_PROCESS, 0), cnode = make(OBJECT_CNODE, 6);

    CHECK_EQ(sys_process_start(process, 0, 0, 0, WORSE), E_STATE);
    CHECK_OK(sys_process_configure(process, cnode, 26, 0, 0));
    CHECK_EQ(sys_process_start(process, 0, 0, 0, WORSE), E_STATE);
    map_tables(process, EXECUTOR_BASE);
    CHECK_OK(sys_process_map_executor(process, EXECUTOR_BASE));
    CHECK_EQ(sys_process_start(process, 0, 0, 0, PRIORITY_COUNT), E_BAD_ARGUMENT);
    CHECK_OK(sys_process_harts(process, 1)); /* where it waits */
    CHECK_OK(sys_process_start(process, 0, 0, 0, WORSE));
    CHECK_EQ(sys_process_start(process, 0, 0, 0, WORSE), E_STATE);
}

CASE(process, start_after_stop_is_refused)
{
    child_make(&child, 0);
    CHECK_OK(sys_process_stop(child.process));
    CHECK_EQ(sys_process_start(child.process, 0, 0, 0, WORSE), E_STATE);
    CHECK_OK(sys_process_stop(child.process));
}

CASE(process, stopped_one_never_runs)
{
    child_make(&child, 0);
    child_start(&child, child_log, 1, WORSE);
    CHECK_OK(sys_process_stop(child.process));
    run_children();
    CHECK_EQ(SHARED->logged, 0);
}

CASE(process, stops_itself)
{
    child_run(&child, child_invoker, 0);
    child_call(&child, SYS_PROCESS_STOP, child_give(&child, child.process, ALL), 0, 0, 0, 0, 0);
    CHECK_EQ(SHARED->request[0].done, 0);
    CHECK_EQ(child_state(&child), PROCESS_STOPPED);
}

CASE(process, deletes_itself)
{
    uint32_t own;

    child_make(&child, 0);
    child_start(&child, child_invoker, 0, WORSE);
    run_children();
    CHECK_OK(sys_cnode_move(child.cnode, 60, ROOT_CNODE, child.process));
    own = child_give(&child, child.cnode, ALL);
    SHARED->request[0] =
        (struct request){.invoked = SYS_INVOKED_(SYS_CNODE_DELETE, own), .x = {60}, .wanted = 1};
    child_ring(&child);
    CHECK_EQ(SHARED->request[0].wanted, 0);
    CHECK_EQ(SHARED->request[0].done, 0);
    CHECK_EQ(sys_doorbell(child.bell, WORSE), E_PEER_DEAD);
}

CASE(process, deletes_its_own_capability_space)
{
    child_make(&child, 0);
    child_start(&child, child_invoker, 0, WORSE);
    run_children();
    CHECK_OK(sys_cnode_copy(child.cnode, 5, ROOT_CNODE, ROOT_CNODE, ALL));
    CHECK_OK(child_call(&child, SYS_CNODE_REVOKE, 5, child.cnode, 0, 0, 0, 0));
    CHECK_EQ(child_call(&child, SYS_CNODE_REVOKE, 5, child.cnode, 0, 0, 0, 0), E_BAD_CAP);
    CHECK_EQ(child_state(&child), PROCESS_IDLE);
}

CASE(process, dies_idle_ready_and_preempted)
{
    child_run(&child, child_idle, 0);
    delete (child.process);
    child_make(&child, 0);
    child_start(&child, child_spin, 0, WORSE);
    delete (child.process);
    child_make(&child, 0);
    child_start(&child, child_spin, 1, WORSE);
    suite_sleep_until(&SHARED->word[1]);
    delete (child.process);
    SHARED->word[1] = 0;
    suite_sleep(ticks_ms(1));
    CHECK_EQ(SHARED->word[1], 0);
    CHECK_EQ(SHARED->word[0], 0);
}

CASE(process, switches_are_counted)
{
    struct sys_process_info before, after;

    child_run(&child, child_idle, 0);
    CHECK_OK(sys_process_info(child.process, &before));
    for (unsigned i = 0; i < 10; i++)
        child_ring(&child);
    CHECK_OK(sys_process_info(child.process, &after));
    CHECK_EQ(after.switches - before.switches, 10);
    CHECK_EQ(SHARED->entries, 10);
}

CASE(process, five_thousand_in_turn)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 14), slot = slots_take(1);

    for (unsigned i = 0; i < 5000; i++) {
        CHECK_OK(sys_untyped_retype(untyped, OBJECT_PROCESS, 0, ROOT_CNODE, slot, 1));
        delete (slot);
    }
}
