/* SPDX-License-Identifier: BSD-2-Clause */
/* Asynchronous system calls: the suite submits calls for itself. They are executed when it gives
 * way, because it submits them at a worse priority than its own. */
#include <string.h>
#include "suite.h"

#define RINGS ((struct call_rings *)CALL_RINGS_BASE)
#define SLOT  300

static void put(unsigned number, uint32_t cptr, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                uint64_t a4, uint64_t id)
{
    struct submission *to = &RINGS->submissions[RINGS->submitted % SUBMISSIONS];

    *to = (struct submission){
        .invoked = SYS_INVOKED_(number, cptr), .arguments = {a0, a1, a2, a3, a4}, .request = id};
    __atomic_store_n(&RINGS->submitted, RINGS->submitted + 1, __ATOMIC_RELEASE);
}

static void put_info(uint32_t frame, uint64_t id)
{
    put(SYS_FRAME_INFO, frame, 1, 2, 3, 4, 5, id);
}

/* Let the kernel do all that it can. A completion wakes the suite, which may then take turns with
 * the rest of them. */
static void settle(void)
{
    for (unsigned i = 0; i < 1000; i++) {
        (void)wake_taken(SLOT + 1);
        run_children();
        if (RINGS->completed == RINGS->taken &&
            (RINGS->taken == RINGS->submitted || RINGS->completed - RINGS->reaped == COMPLETIONS))
            return;
    }
}

static void go(void)
{
    CHECK_OK(sys_submit(SLOT, WORSE));
    settle();
}

/* The next completion, which must be there. */
static struct completion get(void)
{
    struct completion c = RINGS->completions[RINGS->reaped % COMPLETIONS];

    CHECK(RINGS->completed != RINGS->reaped);
    __atomic_store_n(&RINGS->reaped, RINGS->reaped + 1, __ATOMIC_RELEASE);
    return c;
}

static uint64_t unread(void)
{
    return RINGS->completed - RINGS->reaped;
}

CASE(async, one_call)
{
    struct completion c;

    put_info(make(OBJECT_FRAME, 12), 77);
    go();
    c = get();
    CHECK_EQ(c.request, 77);
    CHECK_EQ(c.result, E_OK);
    CHECK(c.results[0] != 0);
    CHECK_EQ(c.results[1], 12);
    CHECK_EQ(c.results[2] | c.results[3] | c.results[4] | c.reserved, 0);
    CHECK_EQ(unread(), 0);
    CHECK(wake_taken(SLOT));
}

CASE(async, waits_for_who_is_better)
{
    put_info(make(OBJECT_FRAME, 12), 1);
    CHECK_OK(sys_submit(SLOT, WORSE));
    CHECK_EQ(unread(), 0);
    CHECK(!wake_taken(SLOT));
    settle();
    CHECK_EQ(get().result, E_OK);
}

CASE(async, runs_at_once_at_a_better_priority)
{
    put_info(make(OBJECT_FRAME, 12), 1);
    CHECK_OK(sys_submit(SLOT, BETTER));
    CHECK_EQ(get().result, E_OK);
}

CASE(async, many_in_order)
{
    uint32_t frame = make(OBJECT_FRAME, 12);

    for (uint64_t round = 0; round < 10; round++) {
        for (uint64_t i = 0; i < SUBMISSIONS; i++)
            put_info(frame, 1000 * round + i);
        go();
        CHECK_EQ(RINGS->taken, RINGS->submitted);
        for (uint64_t i = 0; i < SUBMISSIONS; i++)
            CHECK_EQ(get().request, 1000 * round + i);
        CHECK_EQ(unread(), 0);
    }
}

CASE(async, full_completion_ring_waits)
{
    uint32_t frame = make(OBJECT_FRAME, 12);

    for (unsigned i = 0; i < 3 * SUBMISSIONS; i++) {
        put_info(frame, i);
        if (i % SUBMISSIONS == SUBMISSIONS - 1)
            go();
    }
    CHECK_EQ(unread(), COMPLETIONS);
    CHECK_EQ(RINGS->submitted - RINGS->taken, SUBMISSIONS);
    go();
    CHECK_EQ(unread(), COMPLETIONS);
    for (unsigned i = 0; i < COMPLETIONS; i++)
        CHECK_EQ(get().request, i);
    CHECK_EQ(unread(), 0);
    go();
    for (unsigned i = COMPLETIONS; i < 3 * SUBMISSIONS; i++)
        CHECK_EQ(get().request, i);
}

CASE(async, errors_are_results)
{
    uint32_t frame = make(OBJECT_FRAME, 12);

    put_info(slots_take(1), 1);
    put(SYS_IRQ_ACK, frame, 0, 0, 0, 0, 0, 2);
    put(SYS_CNODE_DELETE, ROOT_CNODE, ~0ull, 0, 0, 0, 0, 3);
    go();
    CHECK_EQ(get().result, E_BAD_CAP);
    CHECK_EQ(get().result, E_BAD_TYPE);
    CHECK_EQ(get().result, E_BAD_ARGUMENT);
}

CASE(async, what_blocks_or_yields_is_refused)
{
    static const uint8_t refused[] = {
        SYS_NULL,           SYS_YIELD,         SYS_DOORBELL_YIELD, SYS_DELIVER,      SYS_CALL,
        SYS_RECEIVE,        SYS_THREAD_WAIT,   SYS_REPLY_RECEIVE,  SYS_THREAD_YIELD, SYS_SUBMIT,
        SYS_USER_INTERRUPT, SYS_UPCALL_RETURN, SYS_REPLY,          SYS_COUNT,        SYS_CHECK};

    for (unsigned i = 0; i < sizeof refused; i++)
        put(refused[i], ROOT_CNODE, 0, 0, 0, 0, 0, i);
    go();
    for (unsigned i = 0; i < sizeof refused; i++) {
        struct completion c = get();

        CHECK_EQ(c.request, i);
        CHECK_EQ(c.result, E_BAD_SYSCALL);
        CHECK_EQ(c.results[2] | c.results[4], 0);
    }
}

/* What it would receive in is the caller's, and nobody waits for this call. */
CASE(async, receive_slot_is_for_threads)
{
    put(SYS_RECEIVE_SLOT, ROOT_CNODE, 5, 0, 0, 0, 0, 1);
    go();
    CHECK_EQ(get().result, E_STATE);
}

CASE(async, objects_are_made_and_deleted)
{
    uint32_t slots = slots_take(40);

    put(SYS_UNTYPED_RETYPE, arena, OBJECT_ENDPOINT, 0, ROOT_CNODE, slots, 40, 1);
    put(SYS_CNODE_DELETE, ROOT_CNODE, slots + 39, 0, 0, 0, 0, 2);
    put(SYS_PROCESS_BIND, ROOT_PROCESS, slots, 5, 0, 0, 0, 3);
    put(SYS_DOORBELL, slots, 10, 0, 0, 0, 0, 4);
    go();
    for (unsigned i = 0; i < 4; i++)
        CHECK_EQ(get().result, E_OK);
    CHECK(present(slots + 38) && !present(slots + 39));
    CHECK(wake_taken(5));
}

CASE(async, revocation_of_thousands)
{
    uint32_t part = make(OBJECT_UNTYPED, 20), holder = make(OBJECT_CNODE, 13);
    struct sys_untyped_info info;

    for (uint32_t i = 0; i < 6000; i += 250)
        CHECK_OK(sys_untyped_retype(part, OBJECT_ENDPOINT, 0, holder, 1 + i, 250));
    put(SYS_CNODE_REVOKE, ROOT_CNODE, part, 0, 0, 0, 0, 9);
    put(SYS_UNTYPED_INFO, part, 0, 0, 0, 0, 0, 10);
    CHECK_OK(sys_submit(SLOT, WORSE));
    for (unsigned i = 0; i < 200000 && unread() < 2; i++) {
        long error = sys_untyped_info(part, &info);

        CHECK(error == E_OK || error == E_REVOKING);
        suite_sleep(ticks_ms(1) / 10);
    }
    CHECK_EQ(get().result, E_OK);
    CHECK_EQ(get().results[2], 0); /* bytes used */
}

CASE(async, submit_refuses)
{
    CHECK_EQ(sys_submit(WAKE_SLOTS, WORSE), E_BAD_ARGUMENT);
    CHECK_EQ(sys_submit(SLOT, PRIORITY_COUNT), E_BAD_ARGUMENT);
    CHECK_EQ(RINGS->taken, RINGS->submitted);
    CHECK_OK(sys_submit(SLOT, WORSE)); /* nothing to do */
    run_children();
    CHECK(!wake_taken(SLOT));
}

CASE(async, hostile_positions)
{
    static const uint64_t lies[] = {~0ull, 1ull << 63, SUBMISSIONS + 1, COMPLETIONS, 1u << 20};
    uint64_t submitted = RINGS->submitted, reaped = RINGS->reaped, taken = RINGS->taken;

    for (unsigned i = 0; i < sizeof lies / sizeof *lies; i++) {
        RINGS->submitted = submitted + lies[i];
        if (lies[i] > SUBMISSIONS)
            go();
        RINGS->submitted = submitted;
        RINGS->reaped = reaped + lies[i];
        RINGS->taken = lies[i];
        RINGS->completed = lies[i];
        go();
        RINGS->reaped = reaped;
    }
    /* The kernel has its own. */
    put_info(make(OBJECT_FRAME, 12), 5);
    go();
    CHECK_EQ(RINGS->taken, taken + 1);
    CHECK_EQ(get().request, 5);
}

/* ---- of a child ---- */

/* The child submits the revocation of what the suite's slot holds, and waits. */
static void child_has_submitted(struct child *child, uint32_t part)
{
    uint32_t space = child_give(child, ROOT_CNODE, ALL), holder = make(OBJECT_CNODE, 13);

    for (uint32_t i = 0; i < 6000; i += 250)
        CHECK_OK(sys_untyped_retype(part, OBJECT_ENDPOINT, 0, holder, 1 + i, 250));
    SHARED->word[0] = SYS_INVOKED_(SYS_CNODE_REVOKE, space);
    SHARED->word[1] = part;
    child_start(child, child_submit, 0, WORSE);
    suite_sleep(ticks_ms(1) * 3 / 10);
}

CASE(async, process_is_stopped)
{
    uint32_t part = make(OBJECT_UNTYPED, 20);
    struct sys_untyped_info info;
    struct child child;

    child_make(&child, 0);
    child_has_submitted(&child, part);
    CHECK_OK(sys_process_stop(child.process));
    CHECK_OK(sys_untyped_info(part, &info)); /* nobody revokes it any more */
    revoke(part);
    CHECK_EQ(untyped_used(part), 0);
}

CASE(async, process_is_deleted)
{
    uint32_t part = make(OBJECT_UNTYPED, 20);
    struct sys_untyped_info info;
    struct child child;

    child_make(&child, 0);
    child_has_submitted(&child, part);
    delete (child.process);
    CHECK_OK(sys_untyped_info(part, &info));
    revoke(part);
}

CASE(async, process_goes_on_meanwhile)
{
    uint32_t part = make(OBJECT_UNTYPED, 20);
    struct child child;

    child_make(&child, 0);
    child_has_submitted(&child, part);
    suite_sleep_until(&SHARED->word[2]);
    CHECK_EQ(SHARED->word[3], E_OK);
    CHECK_EQ(untyped_used(part), 0);
}

/* The batch that stops them is the process's own. */
CASE(async, stops_all_threads_of_its_process)
{
    struct child child;
    struct sys_thread_info info;
    uint32_t threads[4];

    child_make(&child, 0);
    SHARED->word[0] = SYS_INVOKED_(SYS_PROCESS_STOP, child_give(&child, child.process, ALL));
    for (unsigned n = 1; n < 4; n++)
        threads[n] = thread_start_at(&child, n, n > 1 ? child_spin : child_submit, 10 + n, WORSE);
    for (unsigned n = 1; n < 4; n++) {
        for (unsigned i = 0; i < 20000; i++) {
            CHECK_OK(sys_thread_info(threads[n], &info));
            if (info.state == PROCESS_STOPPED)
                break;
            suite_sleep(ticks_ms(1));
        }
        CHECK_EQ(info.state, PROCESS_STOPPED);
    }
}
