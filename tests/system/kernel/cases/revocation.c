/* SPDX-License-Identifier: BSD-2-Clause */
/* Revoking memory that is in use: everything in it goes, whatever it is doing. */
#include "suite.h"

static struct child child;

/* child_make with all of its objects in a part of the arena, which one revocation takes away. */
static uint32_t make_in_part(struct child *c)
{
    uint32_t whole = arena, part = make(OBJECT_UNTYPED, 21);

    arena = part;
    child_make(c, 0);
    arena = whole;
    return part;
}

static uint32_t ring_of(const struct child *c, unsigned slot)
{
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0);

    CHECK_OK(sys_process_bind(c->process, endpoint, slot, 0));
    return endpoint;
}

static void check_part_is_free(uint32_t part)
{
    CHECK_EQ(untyped_used(part), 0);
    make_from(part, OBJECT_FRAME, 21);
}

CASE(revocation, idle_process)
{
    uint32_t part = make_in_part(&child), bell = ring_of(&child, 9);

    child_start(&child, child_idle, 0, WORSE);
    run_children();
    revoke(part);
    CHECK(!present(child.process) && !present(child.cnode) && !present(child.bell));
    CHECK_EQ(sys_doorbell(bell, WORSE), E_PEER_DEAD);
    check_part_is_free(part);
}

CASE(revocation, ready_process)
{
    uint32_t part = make_in_part(&child);

    child_start(&child, child_log, 1, WORSE);
    revoke(part);
    run_children();
    CHECK_EQ(SHARED->logged, 0);
    check_part_is_free(part);
}

CASE(revocation, preempted_process)
{
    uint32_t part = make_in_part(&child);

    child_start(&child, child_spin, 1, WORSE);
    suite_sleep_until(&SHARED->word[1]);
    revoke(part);
    SHARED->word[1] = 0;
    suite_sleep(ticks_ms(2));
    CHECK_EQ(SHARED->word[1], 0);
    check_part_is_free(part);
}

CASE(revocation, faulted_process)
{
    uint32_t part = make_in_part(&child);

    child_start(&child, child_touch, 0, WORSE); /* word[1] is 0: a null pointer */
    run_children();
    child_fault(&child);
    revoke(part);
    check_part_is_free(part);
}

CASE(revocation, process_that_was_just_switched_to)
{
    uint32_t part = make_in_part(&child);

    child_start(&child, child_idle, 0, WORSE);
    run_children();
    for (unsigned i = 0; i < 10; i++)
        child_ring(&child);
    CHECK_EQ(SHARED->entries, 10);
    revoke(part);
    check_part_is_free(part);
}

CASE(revocation, threads_that_wait_and_spin)
{
    uint32_t whole = arena, part = make_in_part(&child);
    uint64_t words[6] = {20};

    arena = part;
    thread_make(&child, 1, WORSE);
    thread_make(&child, 2, WORSE);
    thread_call(&child, 1, SYS_CALL, child_give(&child, make(OBJECT_RENDEZVOUS, 0), ALL), words, 0);
    thread_call(&child, 2, SYS_THREAD_WAIT, 0, words, 0);
    thread_start_at(&child, 3, child_spin, 3, WORSE);
    arena = whole;
    suite_sleep_until(&SHARED->word[3]);
    revoke(part);
    CHECK(!thread_done(1) && !thread_done(2));
    check_part_is_free(part);
}

CASE(revocation, thread_below_a_living_process)
{
    uint32_t part = make(OBJECT_UNTYPED, 12), thread;

    child_make(&child, 0);
    thread = make_from(part, OBJECT_THREAD, 0);
    CHECK_OK(sys_thread_configure(thread, child.process, (uint64_t)thread_log, STACKS + 4096, 0, 1,
                                  WORSE));
    CHECK_OK(sys_thread_start(thread));
    revoke(part);
    thread_start_at(&child, 2, thread_log, 2, WORSE);
    run_children();
    CHECK_EQ(SHARED->logged, 3);
}

CASE(revocation, page_tables_under_a_process)
{
    uint32_t part = make(OBJECT_UNTYPED, 14), table;

    child_make(&child, 0);
    CHECK_OK(sys_page_table_map(make(OBJECT_PAGE_TABLE, 0), child.process, WINDOW));
    table = make_from(part, OBJECT_PAGE_TABLE, 0);
    CHECK_OK(sys_page_table_map(table, child.process, WINDOW));
    CHECK_OK(sys_frame_map(make(OBJECT_FRAME, 12), child.process, WINDOW, READ));
    SHARED->word[1] = WINDOW;
    child_start(&child, child_touch, 0, WORSE);
    run_children();
    CHECK_EQ(child_state(&child), PROCESS_IDLE);
    revoke(part);
    make_from(part, OBJECT_FRAME, 12);
    child_ring(&child);
    CHECK_EQ(child_fault(&child).address, WINDOW);
}

CASE(revocation, endpoints_under_a_process)
{
    uint32_t part = make(OBJECT_UNTYPED, 12), endpoint, cptr;

    child_make(&child, 0);
    endpoint = make_from(part, OBJECT_ENDPOINT, 0);
    CHECK_OK(sys_process_bind(ROOT_PROCESS, endpoint, 65, 0));
    cptr = child_give(&child, endpoint, WRITE);
    child_start(&child, child_invoker, 0, WORSE);
    run_children();
    CHECK_OK(child_call(&child, SYS_DOORBELL, cptr, WORSE + 1, 0, 0, 0, 0));
    CHECK(wake_taken(65));
    revoke(part);
    CHECK_EQ(child_call(&child, SYS_DOORBELL, cptr, WORSE, 0, 0, 0, 0), E_BAD_CAP);
    CHECK_EQ(child_call(&child, SYS_DELIVER, cptr, 0, 0, 0, 0, 0), E_BAD_CAP);
}

CASE(revocation, stale_stack_of_a_process)
{
    uint32_t part = make(OBJECT_UNTYPED, 12), frame = make_from(part, OBJECT_FRAME, 12);
    struct fault_record fault;

    child_make(&child, 0);
    map(frame, child.process, STACKS - 4096, READ | WRITE);
    CHECK_OK(sys_process_start(child.process, (uint64_t)child_invoker, STACKS, 0, WORSE));
    revoke(part);
    run_children();
    fault = child_fault(&child);
    CHECK(fault.address >= STACKS - 4096 && fault.address < STACKS);
}

CASE(revocation, many_processes_at_once)
{
    uint32_t part = make(OBJECT_UNTYPED, 22), first = slots_take(200);

    CHECK_OK(sys_untyped_retype(part, OBJECT_PROCESS, 0, ROOT_CNODE, first, 200));
    for (uint32_t i = 0; i < 200; i++)
        CHECK_OK(sys_process_configure(first + i, ROOT_CNODE, 0, 0, 0));
    revoke(part);
    CHECK_EQ(untyped_used(part), 0);
    CHECK(!present(first) && !present(first + 199));
}
