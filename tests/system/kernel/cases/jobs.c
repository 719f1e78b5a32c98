/* SPDX-License-Identifier: BSD-2-Clause */
/* Long system calls: what becomes of them when somebody interferes, or their caller dies. */
#include "long_calls.h"

/* ---------------------------------------------------------------- overlapping revocations */

CASE(jobs, nothing_is_derived_meanwhile)
{
    uint32_t slot = slots_take(1);

    calls_prepare();
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
    calls_prepare();
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
    fill_part(part, 6000);
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

    calls_prepare();
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

    calls_prepare();
    inner = make_from(whole, OBJECT_UNTYPED, 12);
    CHECK_OK(sys_untyped_retype(inner, OBJECT_ENDPOINT, 0, ROOT_CNODE, slot, 1));
    part = whole;
    /* Newest first: the inner one comes last. */
    for (unsigned tries = 0; tries < 40; tries++) {
        fill_part(part, 6000);
        if (call_begins(SYS_CNODE_REVOKE, space, (uint64_t[5]){part}, pause_us(tries)) &&
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
    calls_prepare();
    revoke_begins();
    delete (part);
    CHECK_EQ(call_ends(), E_CANCELLED);
    /* What was left belongs to the arena now: its revocation takes it. */
    CHECK(sys_cnode_move(holder, 1, holder, 1) == E_SLOT_FULL);
}

CASE(jobs, slot_is_filled_again_while_it_is_revoked)
{
    uint32_t other = make(OBJECT_UNTYPED, 12), slot = slots_take(1);

    calls_prepare();
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
        fill_part(parts[n], 1500);
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
    calls_prepare();
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
    calls_prepare();
    revoke_begins();
    delete (child.process);
    CHECK_OK(part_info());
    revoke(part);
    CHECK_EQ(untyped_used(part), 0);
}

CASE(jobs, caller_is_suspended)
{
    calls_prepare();
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
    calls_prepare();
    arena = whole;
    *request() = (struct request){.invoked = SYS_INVOKED_(SYS_CNODE_REVOKE, space), .wanted = 1};
    request()->x[0] = own;
    CHECK_OK(sys_doorbell(child.bell, WORSE));
    run_children();
    CHECK(!present(child.process));
    revoke(own);
    CHECK_EQ(untyped_used(own), 0);
}
