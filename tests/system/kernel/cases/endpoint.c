/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints: binding, ringing, and the exact bits. */
#include "suite.h"

static struct child child;

CASE(endpoint, exact_bits)
{
    static const unsigned slots[] = {1, 63, 64, 127, 2048, 4095};

    for (unsigned i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        unsigned slot = slots[i];

        wakes_clear();
        CHECK_OK(sys_doorbell(suite_endpoint(slot, 0), SUITE_PRIORITY));
        CHECK_EQ(wake_summary(), 1ull << slot / 64);
        for (unsigned word = 0; word < 64; word++)
            CHECK_EQ(wake_word(word), word == slot / 64 ? 1ull << slot % 64 : 0);
    }
}

CASE(endpoint, rings_add_up)
{
    uint32_t a = suite_endpoint(64, 0), b = suite_endpoint(70, 0), c = suite_endpoint(130, 0);

    for (unsigned i = 0; i < 3; i++) {
        CHECK_OK(sys_doorbell(a, SUITE_PRIORITY));
        CHECK_OK(sys_doorbell(b, SUITE_PRIORITY));
        CHECK_OK(sys_doorbell(c, SUITE_PRIORITY));
    }
    CHECK_EQ(wake_summary(), 6);
    CHECK_EQ(wake_word(1), 1 | 1 << 6);
    CHECK_EQ(wake_word(2), 1 << 2);
}

CASE(endpoint, two_for_one_slot)
{
    uint32_t a = suite_endpoint(64, 0), b = suite_endpoint(64, 0);

    CHECK_OK(sys_doorbell(a, SUITE_PRIORITY));
    CHECK(wake_taken(64));
    CHECK_OK(sys_doorbell(b, SUITE_PRIORITY));
    CHECK(wake_taken(64));
    CHECK(!wake_taken(64));
}

CASE(endpoint, ring_refuses)
{
    uint32_t endpoint = suite_endpoint(64, 0);

    CHECK_EQ(sys_doorbell(slots_take(1), 0), E_BAD_CAP);
    CHECK_EQ(sys_doorbell(0, 0), E_BAD_CAP);
    CHECK_EQ(sys_doorbell(~0u, 0), E_BAD_CAP);
    CHECK_EQ(sys_doorbell(ROOT_PROCESS, 0), E_BAD_TYPE);
    CHECK_EQ(sys_doorbell(copy(endpoint, READ | GRANT), 0), E_NO_RIGHT);
    CHECK_EQ(sys_doorbell(endpoint, PRIORITY_COUNT), E_BAD_ARGUMENT);
    CHECK_EQ(sys_doorbell(endpoint, ~0u), E_BAD_ARGUMENT);
    CHECK_EQ(wake_summary(), 0);
    CHECK_OK(sys_doorbell(copy(endpoint, WRITE), PRIORITY_COUNT - 1));
}

CASE(endpoint, unbound_is_dead)
{
    CHECK_EQ(sys_doorbell(make(OBJECT_ENDPOINT, 0), 0), E_PEER_DEAD);
}

CASE(endpoint, deleted_process_is_dead)
{
    child_run(&child, child_idle, 0);
    CHECK_OK(sys_doorbell(child.bell, WORSE));
    delete (child.process);
    CHECK_EQ(sys_doorbell(child.bell, WORSE), E_PEER_DEAD);
    CHECK_EQ(sys_process_bind(ROOT_PROCESS, child.bell, 5, 0), E_IN_USE);
}

CASE(endpoint, stopped_process_is_dead)
{
    child_run(&child, child_idle, 0);
    CHECK_OK(sys_process_stop(child.process));
    CHECK_EQ(sys_doorbell(child.bell, WORSE), E_PEER_DEAD);
}

CASE(endpoint, badge_changes_nothing)
{
    CHECK_OK(sys_doorbell(mint(suite_endpoint(67, 0), WRITE, 5), SUITE_PRIORITY));
    CHECK(wake_taken(67));
}

CASE(endpoint, bind_refuses)
{
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0), process = make(OBJECT_PROCESS, 0);

    CHECK_EQ(sys_process_bind(ROOT_PROCESS, slots_take(1), 1, 0), E_BAD_CAP);
    CHECK_EQ(sys_process_bind(ROOT_PROCESS, ROOT_CNODE, 1, 0), E_BAD_TYPE);
    CHECK_EQ(sys_process_bind(ROOT_PROCESS, copy(endpoint, READ | WRITE), 1, 0), E_NO_RIGHT);
    CHECK_EQ(sys_process_bind(ROOT_PROCESS, endpoint, WAKE_SLOTS, 0), E_BAD_ARGUMENT);
    CHECK_EQ(sys_process_bind(ROOT_PROCESS, endpoint, 1, PRIORITY_COUNT), E_BAD_ARGUMENT);
    CHECK_EQ(sys_process_bind(process, endpoint, 1, 0), E_STATE);
    CHECK_OK(sys_process_bind(ROOT_PROCESS, endpoint, 1, 0));
    CHECK_EQ(sys_process_bind(ROOT_PROCESS, endpoint, 2, 0), E_IN_USE);
}

CASE(endpoint, bind_to_a_stopped_process_is_refused)
{
    child_make(&child, 0);
    CHECK_OK(sys_process_stop(child.process));
    CHECK_EQ(sys_process_bind(child.process, make(OBJECT_ENDPOINT, 0), 1, 0), E_STATE);
}

CASE(endpoint, ring_before_the_start_is_kept)
{
    child_make(&child, 0);
    CHECK_OK(sys_doorbell(child.bell, WORSE));
    SHARED->request[0] = (struct request){.invoked = SYS_NULL, .wanted = 1};
    child_start(&child, child_invoker, 0, WORSE);
    run_children();
    CHECK_EQ(SHARED->request[0].done, 1);
}

CASE(endpoint, wakes_an_idle_process)
{
    child_run(&child, child_idle, 0);
    child_ring(&child);
    CHECK_EQ(SHARED->entries, 1);
    CHECK_EQ(SHARED->event[7], EVENT_RUNG | BELL_SLOT << 8);
    for (unsigned i = 0; i < 7; i++)
        CHECK_EQ(SHARED->event[i], 0);
}

CASE(endpoint, many_die_with_their_process)
{
    uint32_t first = make_many(OBJECT_ENDPOINT, 0, 200);

    child_run(&child, child_idle, 0);
    for (uint32_t i = 0; i < 200; i++)
        CHECK_OK(sys_process_bind(child.process, first + i, i, 0));
    for (uint32_t i = 0; i < 200; i += 2)
        delete (first + i);
    delete (child.process);
    for (uint32_t i = 1; i < 200; i += 2)
        CHECK_EQ(sys_doorbell(first + i, WORSE), E_PEER_DEAD);
}
