/* SPDX-License-Identifier: BSD-2-Clause */
/* Long system calls: who runs in between, and what becomes of them when somebody interferes.
 *
 * A child, worse than the suite, makes a call that takes long; the suite's timer stops it in the
 * midst. Should the call have been over by then, it is made again with more to do. */
#include <string.h>
#include "suite.h"

#define PART_BITS   20 /* of the Untyped that is revoked */
#define HOLDER_BITS 13
#define BATCH       250u

static struct child child;
static uint32_t part, holder;
static uint32_t space; /* the child's address of the suite's CNode */

/* count endpoints of the Untyped in the holder's slots from 1 on. */
static void fill(uint32_t untyped, uint32_t count)
{
    for (uint32_t i = 0; i < count; i += BATCH)
        CHECK_OK(sys_untyped_retype(untyped, OBJECT_ENDPOINT, 0, holder, 1 + i, BATCH));
}

static void prepare(void)
{
    child_make(&child, 0);
    space = child_give(&child, ROOT_CNODE, ALL);
    part = make(OBJECT_UNTYPED, PART_BITS);
    holder = make(OBJECT_CNODE, HOLDER_BITS);
    child_start(&child, child_invoker, 0, WORSE);
    run_children();
}

static struct request *request(void)
{
    return &SHARED->request[0];
}

/* Let the child begin a call, and stop it after some microseconds. Value: it is under way. */
static bool begin(unsigned number, uint32_t cptr, const uint64_t x[5], unsigned us)
{
    *request() = (struct request){.invoked = SYS_INVOKED_(number, cptr), .wanted = 1};
    memcpy(request()->x, x, 5 * sizeof *x);
    CHECK_OK(sys_doorbell(child.bell, WORSE));
    suite_sleep(ticks_ms(1) * us / 1000);
    return !request()->wanted && !request()->done;
}

static long part_info(void)
{
    struct sys_untyped_info info;

    return sys_untyped_info(part, &info);
}

/* How long to let it work, in the n-th try: how far it comes depends on the host. */
static unsigned pause_us(unsigned tries)
{
    return 37u << (tries + 3) % 12;
}

/* The child is in the midst of the revocation of `part`, which holds thousands of endpoints. */
static void revoke_begins(void)
{
    for (unsigned tries = 0; tries < 40; tries++) {
        fill(part, 6000);
        if (begin(SYS_CNODE_REVOKE, space, (uint64_t[5]){part}, pause_us(tries)) &&
            part_info() == E_REVOKING)
            return;
        run_children();
    }
    CHECK(!"a revocation that can be interrupted");
}

/* It ends when the child may run. Value: its result. */
static long call_ends(void)
{
    run_children();
    CHECK_EQ(request()->done, 1);
    return (long)request()->x[0];
}

/* The same by a thread, number 1. Value: the thread. */
static uint32_t thread_revokes(void)
{
    uint32_t thread;

    child_make(&child, 0);
    space = child_give(&child, ROOT_CNODE, ALL);
    part = make(OBJECT_UNTYPED, PART_BITS);
    holder = make(OBJECT_CNODE, HOLDER_BITS);
    thread = thread_make(&child, 1, WORSE);
    for (unsigned tries = 0; tries < 40; tries++) {
        fill(part, 6000);
        SHARED->request[1] =
            (struct request){.invoked = SYS_INVOKED_(SYS_CNODE_REVOKE, space), .wanted = 1};
        SHARED->request[1].x[0] = part;
        CHECK_OK(sys_doorbell(child.bells[1], WORSE));
        suite_sleep(ticks_ms(1) * pause_us(tries) / 1000);
        if (part_info() == E_REVOKING)
            return thread;
        run_children();
    }
    CHECK(!"a revocation that can be interrupted");
    return 0;
}

/* ---------------------------------------------------------------- who runs */

CASE(preemption, better_ones_run_during_a_revocation)
{
    prepare();
    revoke_begins();
    CHECK_EQ(request()->done, 0);
    CHECK_EQ(call_ends(), E_OK);
    CHECK_EQ(untyped_used(part), 0);
}

CASE(preemption, again_and_again)
{
    unsigned pieces = 0;

    prepare();
    revoke_begins();
    for (; !request()->done && pieces < 100000; pieces++)
        suite_sleep(ticks_ms(1) / 50);
    CHECK(pieces > 0);
    CHECK_EQ(request()->x[0], E_OK);
    CHECK_EQ(untyped_used(part), 0);
}

CASE(preemption, timer_wakes_reach_a_better_child)
{
    struct child other;
    uint32_t timer = make(OBJECT_TIMER, 0);

    prepare();
    child_make(&other, 0);
    CHECK_OK(sys_process_bind(other.process, timer, 3, 0));
    child_start(&other, child_idle, 0, BETTER);
    run_children();
    for (unsigned tries = 0; tries < 40 && SHARED->entries == 0; tries++) {
        fill(part, 6000);
        suite_priority(WORSE);
        CHECK_OK(sys_timer_set(timer, ticks_now() + ticks_ms(1) / 10, BETTER));
        revoke(part);
        suite_priority(SUITE_PRIORITY);
    }
    CHECK(SHARED->entries > 0);
}

CASE(preemption, worse_ones_wait_for_the_end)
{
    struct child other;

    prepare();
    child_make(&other, 0);
    revoke_begins();
    child_start(&other, child_log, 1, WORSE + 10);
    for (uint64_t pause = ticks_ms(1) / 50; !request()->done; pause += pause / 8) {
        CHECK_EQ(SHARED->logged, 0);
        suite_sleep(pause);
    }
    CHECK_EQ(call_ends(), E_OK);
    CHECK_EQ(SHARED->logged, 1);
}

CASE(preemption, equals_take_turns)
{
    struct child other;

    prepare();
    child_make(&other, 0);
    child_start(&other, child_spin, 1, WORSE);
    suite_sleep_until(&SHARED->word[1]);
    fill(part, 6000);
    begin(SYS_CNODE_REVOKE, space, (uint64_t[5]){part}, 300);
    suite_sleep_until(&request()->done);
    CHECK_EQ(request()->x[0], E_OK);
    SHARED->word[1] = 0;
    suite_sleep_until(&SHARED->word[1]);
}

CASE(preemption, wakes_of_the_caller_are_kept)
{
    thread_revokes();
    SHARED->request[1].wanted = 1;
    SHARED->request[1].invoked = SYS_INVOKED_(SYS_NULL, 0);
    CHECK_OK(sys_doorbell(child.bells[1], WORSE));
    run_children();
    CHECK_EQ(SHARED->request[1].done, 2);
}

/* ---------------------------------------------------------------- overlapping revocations */

CASE(jobs, nothing_is_derived_meanwhile)
{
    uint32_t slot = slots_take(1);

    prepare();
    revoke_begins();
    CHECK_EQ(part_info(), E_REVOKING);
    CHECK_EQ(sys_untyped_retype(part, OBJECT_ENDPOINT, 0, ROOT_CNODE, slot, 1), E_REVOKING);
    CHECK_EQ(sys_cnode_copy(ROOT_CNODE, slot, ROOT_CNODE, part, ALL), E_REVOKING);
    CHECK_EQ(sys_cnode_move(ROOT_CNODE, slot, ROOT_CNODE, part), E_REVOKING);
    CHECK_EQ(call_ends(), E_OK);
    CHECK_OK(sys_untyped_retype(part, OBJECT_FRAME, 12, ROOT_CNODE, slot, 1));
}

CASE(jobs, two_revocations_of_one_capability)
{
    prepare();
    revoke_begins();
    revoke(part);
    CHECK_EQ(request()->done, 0);
    CHECK_EQ(part_info(), E_REVOKING); /* the child's is not over */
    CHECK_EQ(call_ends(), E_OK);
    CHECK_OK(part_info());
}

CASE(jobs, two_threads_revoke_one_capability)
{
    child_make(&child, 0);
    space = child_give(&child, ROOT_CNODE, ALL);
    part = make(OBJECT_UNTYPED, PART_BITS);
    holder = make(OBJECT_CNODE, HOLDER_BITS);
    thread_make(&child, 1, WORSE);
    thread_make(&child, 2, WORSE);
    fill(part, 6000);
    for (unsigned n = 1; n < 3; n++) {
        SHARED->request[n] =
            (struct request){.invoked = SYS_INVOKED_(SYS_CNODE_REVOKE, space), .wanted = 1};
        SHARED->request[n].x[0] = part;
        CHECK_OK(sys_doorbell(child.bells[n], WORSE));
    }
    run_children();
    CHECK(thread_done(1) && thread_done(2));
    CHECK_EQ(SHARED->request[1].x[0], E_OK);
    CHECK_EQ(SHARED->request[2].x[0], E_OK);
    CHECK_EQ(untyped_used(part), 0);
}

CASE(jobs, revocation_of_an_ancestor)
{
    uint32_t whole = make(OBJECT_UNTYPED, PART_BITS + 1);

    prepare();
    part = make_from(whole, OBJECT_UNTYPED, PART_BITS);
    revoke_begins();
    revoke(whole);
    CHECK(!present(part));
    CHECK_EQ(call_ends(), E_CANCELLED);
    CHECK_EQ(untyped_used(whole), 0);
}

CASE(jobs, revocation_of_a_descendant)
{
    uint32_t whole = make(OBJECT_UNTYPED, PART_BITS + 1), inner, slot = slots_take(1);

    prepare();
    inner = make_from(whole, OBJECT_UNTYPED, 12);
    CHECK_OK(sys_untyped_retype(inner, OBJECT_ENDPOINT, 0, ROOT_CNODE, slot, 1));
    part = whole;
    /* Newest first: the inner one comes last. */
    for (unsigned tries = 0; tries < 40; tries++) {
        fill(part, 6000);
        if (begin(SYS_CNODE_REVOKE, space, (uint64_t[5]){part}, pause_us(tries)) &&
            part_info() == E_REVOKING && present(inner))
            break;
        run_children();
        CHECK_OK(sys_untyped_retype(whole, OBJECT_UNTYPED, 12, ROOT_CNODE, inner, 1));
        CHECK_OK(sys_untyped_retype(inner, OBJECT_ENDPOINT, 0, ROOT_CNODE, slot, 1));
    }
    CHECK(present(inner));
    revoke(inner);
    CHECK(!present(slot) && present(inner));
    CHECK_EQ(call_ends(), E_OK);
    CHECK(!present(inner));
    CHECK_EQ(untyped_used(whole), 0);
}

CASE(jobs, capability_is_deleted_while_it_is_revoked)
{
    prepare();
    revoke_begins();
    delete (part);
    CHECK_EQ(call_ends(), E_CANCELLED);
    /* What was left belongs to the arena now: its revocation takes it. */
    CHECK(sys_cnode_move(holder, 1, holder, 1) == E_SLOT_FULL);
}

CASE(jobs, slot_is_filled_again_while_it_is_revoked)
{
    uint32_t other = make(OBJECT_UNTYPED, 12), slot = slots_take(1);

    prepare();
    CHECK_OK(sys_untyped_retype(other, OBJECT_ENDPOINT, 0, ROOT_CNODE, slot, 1));
    revoke_begins();
    delete (part);
    CHECK_OK(sys_cnode_move(ROOT_CNODE, part, ROOT_CNODE, other));
    CHECK_EQ(call_ends(), E_CANCELLED);
    CHECK(present(slot)); /* the revocation was not of this one */
}

CASE(jobs, more_calls_than_frames)
{
    uint32_t parts[7];

    child_make(&child, 0);
    space = child_give(&child, ROOT_CNODE, ALL);
    for (unsigned n = 1; n < 7; n++) {
        parts[n] = make(OBJECT_UNTYPED, 18);
        holder = make(OBJECT_CNODE, 11);
        fill(parts[n], 1500);
        thread_make(&child, n, WORSE);
        SHARED->request[n] =
            (struct request){.invoked = SYS_INVOKED_(SYS_CNODE_REVOKE, space), .wanted = 1};
        SHARED->request[n].x[0] = parts[n];
    }
    for (unsigned n = 1; n < 7; n++)
        CHECK_OK(sys_doorbell(child.bells[n], WORSE));
    for (unsigned n = 1; n < 7; n++)
        suite_sleep_until(&SHARED->request[n].done);
    for (unsigned n = 1; n < 7; n++) {
        CHECK_EQ(SHARED->request[n].x[0], E_OK);
        CHECK_EQ(untyped_used(parts[n]), 0);
    }
}

/* ---------------------------------------------------------------- the death of the caller */

CASE(jobs, caller_is_stopped)
{
    prepare();
    revoke_begins();
    CHECK_EQ(part_info(), E_REVOKING);
    CHECK_OK(sys_process_stop(child.process));
    CHECK_OK(part_info());
    run_children();
    CHECK_EQ(request()->done, 0);
    revoke(part);
    CHECK_EQ(untyped_used(part), 0);
}

CASE(jobs, caller_is_deleted)
{
    prepare();
    revoke_begins();
    delete (child.process);
    CHECK_OK(part_info());
    revoke(part);
    CHECK_EQ(untyped_used(part), 0);
}

CASE(jobs, caller_is_suspended)
{
    prepare();
    revoke_begins();
    CHECK_OK(sys_thread_suspend(child.process));
    CHECK_OK(part_info());
    run_children();
    CHECK_EQ(request()->done, 0);
    CHECK_OK(sys_thread_resume(child.process));
    CHECK_EQ(call_ends(), E_CANCELLED);
}

CASE(jobs, thread_is_deleted_in_its_call)
{
    delete (thread_revokes());
    CHECK_OK(part_info());
    revoke(part);
}

CASE(jobs, caller_revokes_its_own_memory)
{
    uint32_t whole = arena, own = make(OBJECT_UNTYPED, 22);

    arena = own;
    prepare();
    arena = whole;
    *request() = (struct request){.invoked = SYS_INVOKED_(SYS_CNODE_REVOKE, space), .wanted = 1};
    request()->x[0] = own;
    CHECK_OK(sys_doorbell(child.bell, WORSE));
    run_children();
    CHECK(!present(child.process));
    revoke(own);
    CHECK_EQ(untyped_used(own), 0);
}

/* ---------------------------------------------------------------- delete and retype */

/* The child is in the midst of the deletion of `holder`, which holds all that is made of `part`. */
static void deletion_begins(void)
{
    prepare();
    for (unsigned tries = 0; tries < 40; tries++) {
        fill(part, 6000);
        if (begin(SYS_CNODE_DELETE, space, (uint64_t[5]){holder}, pause_us(tries)) &&
            !present(holder) && untyped_used(part) > 0)
            return;
        run_children();
        CHECK_OK(sys_untyped_retype(arena, OBJECT_CNODE, HOLDER_BITS, ROOT_CNODE, holder, 1));
    }
    CHECK(!"a deletion that can be interrupted");
}

CASE(jobs, deletion_of_a_large_cnode)
{
    deletion_begins();
    CHECK_EQ(call_ends(), E_OK);
    CHECK_EQ(untyped_used(part), 0);
}

CASE(jobs, another_deletion_does_not_wait_for_it)
{
    uint32_t endpoint = make(OBJECT_ENDPOINT, 0);

    deletion_begins();
    delete (endpoint);
    CHECK(untyped_used(part) > 0);
    CHECK_EQ(call_ends(), E_OK);
    CHECK_EQ(untyped_used(part), 0);
}

CASE(jobs, slot_is_filled_again_while_a_deletion_goes_on)
{
    deletion_begins();
    CHECK_OK(sys_untyped_retype(arena, OBJECT_FRAME, 12, ROOT_CNODE, holder, 1));
    CHECK_EQ(call_ends(), E_OK);
    CHECK(present(holder));
}

/* The child in the midst of a retype of 200 Processes into slots from *first on. */
static void retype_begins(uint32_t *first)
{
    *first = slots_take(200);
    for (unsigned tries = 0; tries < 120; tries++) {
        if (begin(SYS_UNTYPED_RETYPE, child.next - 1,
                  (uint64_t[5]){OBJECT_PROCESS, 0, space, *first, 200}, 19u << tries % 12) &&
            present(*first) && !present(*first + 180))
            return;
        run_children();
        CHECK_OK(sys_cnode_revoke(child.cnode, child.next - 1));
    }
    CHECK(!"a retype that can be interrupted");
}

CASE(jobs, retype_of_many_processes)
{
    uint32_t first, untyped = make(OBJECT_UNTYPED, 22);

    prepare();
    child_give(&child, untyped, ALL); /* the source has nothing left */
    retype_begins(&first);
    CHECK_EQ(call_ends(), E_OK);
    for (uint32_t i = 0; i < 200; i++)
        CHECK(present(first + i));
}

CASE(jobs, slot_is_filled_during_a_retype)
{
    uint32_t first, untyped = make(OBJECT_UNTYPED, 22);

    prepare();
    child_give(&child, untyped, ALL);
    retype_begins(&first);
    CHECK_OK(sys_untyped_retype(arena, OBJECT_FRAME, 12, ROOT_CNODE, first + 198, 1));
    CHECK_EQ(call_ends(), E_SLOT_FULL);
    CHECK(present(first + 197) && !present(first + 199));
}

CASE(jobs, memory_is_taken_during_a_retype)
{
    uint32_t first, untyped = make(OBJECT_UNTYPED, 22), frame = slots_take(1), source;

    prepare();
    child_give(&child, untyped, ALL);
    source = child.next - 1;
    retype_begins(&first);
    /* From the child's own Untyped, behind what it has got so far. */
    CHECK_OK(sys_cnode_move(ROOT_CNODE, frame, child.cnode, source));
    CHECK_EQ(call_ends(), E_BAD_CAP);
    CHECK(present(first) && !present(first + 199));
}

CASE(jobs, zeroing_is_interrupted)
{
    uint32_t frames = slots_take(4), untyped = make(OBJECT_UNTYPED, 23);

    prepare();
    child_give(&child, untyped, ALL);
    for (unsigned tries = 0; tries < 120; tries++) {
        if (begin(SYS_UNTYPED_RETYPE, child.next - 1,
                  (uint64_t[5]){OBJECT_FRAME, 21, space, frames, 4}, pause_us(tries)))
            break;
        run_children();
        CHECK_OK(sys_cnode_revoke(child.cnode, child.next - 1));
    }
    CHECK(!present(frames + 3));
    CHECK_EQ(call_ends(), E_OK);
    CHECK(present(frames) && present(frames + 3));
}
