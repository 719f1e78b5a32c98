/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes with many threads, and many of them waiting for one thing. */
#include "sync.h"

#define MANY 60u /* on small stacks: 512 bytes each */

static uint32_t many[MANY];

static void start(unsigned i, void (*entry)(uint64_t), uint64_t argument)
{
    many[i] = make(OBJECT_THREAD, 0);
    CHECK_OK(sys_thread_configure(many[i], pool.process, (uint64_t)entry, STACKS + 512 * (i + 1), 0,
                                  argument, WORSE));
    CHECK_OK(sys_thread_start(many[i]));
}

/* They wait in this order: each before the next one starts, as the end of a time slice would have
 * two that are ready change places. */
static void start_waiters(unsigned count, uint64_t slot)
{
    for (unsigned i = 0; i < count; i++) {
        start(i, thread_await, (uint64_t)i << 16 | slot);
        run_children();
    }
    CHECK_EQ(SHARED->logged, 0);
}

static uint32_t bell(uint64_t slot)
{
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0);

    CHECK_OK(sys_process_bind(pool.process, endpoint, (uint32_t)slot, 0));
    return endpoint;
}

static void ring(uint32_t endpoint)
{
    CHECK_OK(sys_doorbell(endpoint, WORSE));
    run_children();
}

CASE(threads, many_wait_for_one_slot_and_are_served_in_order)
{
    uint32_t endpoint;

    begin(0);
    endpoint = bell(20);
    start_waiters(MANY, 20);
    for (unsigned i = 0; i < MANY; i++) {
        ring(endpoint);
        CHECK_EQ(SHARED->logged, i + 1);
        CHECK_EQ(SHARED->log[i], i);
    }
    ring(endpoint);
    CHECK_EQ(SHARED->logged, MANY);
}

/* Slots that are 64 apart stand in one list of the kernel's. */
CASE(threads, each_slot_has_its_own_waiters)
{
    uint32_t bells[MANY];

    begin(0);
    for (unsigned i = 0; i < MANY; i++) {
        bells[i] = bell(7 + 64 * i);
        start(i, thread_await, (uint64_t)i << 16 | (7 + 64 * i));
    }
    run_children();
    for (unsigned i = 0; i < MANY; i++) {
        ring(bells[(i * 37 + 5) % MANY]);
        CHECK_EQ(SHARED->logged, i + 1);
        CHECK_EQ(SHARED->log[i], (i * 37 + 5) % MANY);
    }
}

CASE(threads, waiters_that_are_deleted_leave_the_others)
{
    static const unsigned gone[] = {0, 3, 4, 9};
    static const unsigned left[] = {1, 2, 5, 6, 7, 8};
    uint32_t endpoint;

    begin(0);
    endpoint = bell(20);
    start_waiters(10, 20);
    for (unsigned i = 0; i < 4; i++)
        delete (many[gone[i]]);
    for (unsigned i = 0; i < 6; i++) {
        ring(endpoint);
        CHECK_EQ(SHARED->log[i], left[i]);
    }
    ring(endpoint);
    CHECK_EQ(SHARED->logged, 6);
}

CASE(threads, stop_ends_many)
{
    struct sys_thread_info info;

    begin(0);
    start_waiters(MANY, 20);
    CHECK_OK(sys_process_stop(pool.process));
    for (unsigned i = 0; i < MANY; i++) {
        CHECK_OK(sys_thread_info(many[i], &info));
        CHECK_EQ(info.state, PROCESS_STOPPED);
    }
    run_children();
    CHECK_EQ(SHARED->logged, 0);
}

CASE(threads, process_of_many_is_deleted)
{
    begin(0);
    start_waiters(MANY, 20);
    delete (pool.process);
    for (unsigned i = 0; i < MANY; i++)
        CHECK_EQ(sys_thread_start(many[i]), E_STATE);
}

CASE(threads, one_of_many_stops_its_process)
{
    begin(1);
    for (unsigned i = 16; i < MANY; i++) /* thread 1 has the second stack */
        start(i, thread_await, 20);
    run_children();
    thread_call(&pool, 1, SYS_PROCESS_STOP, child_give(&pool, pool.process, ALL), NULL, 0);
    CHECK(!thread_done(1));
    CHECK_EQ(child_state(&pool), PROCESS_STOPPED);
    for (unsigned i = 16; i < MANY; i++) {
        struct sys_thread_info info;

        CHECK_OK(sys_thread_info(many[i], &info));
        CHECK_EQ(info.state, PROCESS_STOPPED);
    }
}

CASE(threads, leave_in_any_order)
{
    begin(0);
    start_waiters(MANY, 20);
    for (unsigned i = 0; i < MANY; i++)
        delete (many[(i * 37 + 5) % MANY]);
    CHECK_EQ(child_state(&pool), PROCESS_NEW);
}

static void start_callers(void)
{
    begin(0);
    SHARED->word[3] = r;
    for (unsigned i = 0; i < MANY; i++)
        start(i, thread_offer, 0);
    run_children();
}

CASE(rendezvous, deleted_with_many_callers)
{
    start_callers();
    revoke(rendezvous);
    delete (rendezvous);
    run_children();
    CHECK_EQ(SHARED->word[16 - E_PEER_DEAD], MANY);
}

CASE(rendezvous, memory_revoked_under_many_callers)
{
    uint32_t untyped = make(OBJECT_UNTYPED, 12), at = make_from(untyped, OBJECT_RENDEZVOUS, 0);

    begin(0);
    SHARED->word[3] = child_give(&pool, at, ALL);
    for (unsigned i = 0; i < MANY; i++)
        start(i, thread_offer, 0);
    run_children();
    revoke(untyped);
    run_children();
    CHECK_EQ(SHARED->word[16 - E_PEER_DEAD], MANY);
    CHECK_EQ(untyped_used(untyped), 0);
}

CASE(rendezvous, many_callers_and_their_process_deleted)
{
    start_callers();
    delete (pool.process);
    revoke(rendezvous);
    delete (rendezvous);
    CHECK_EQ(SHARED->word[16 - E_PEER_DEAD], 0);
}
