/* SPDX-License-Identifier: BSD-2-Clause */
/* Long deletions and retypes, and who interferes with them. */
#include "long_calls.h"

/* The child is in the midst of the deletion of `holder`, which holds all that is made of `part`. */
static void deletion_begins(void)
{
    calls_prepare();
    for (unsigned tries = 0; tries < 40; tries++) {
        fill_part(part, 6000);
        if (call_begins(SYS_CNODE_DELETE, space, (uint64_t[5]){holder}, pause_us(tries)) &&
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
        if (call_begins(SYS_UNTYPED_RETYPE, child.next - 1,
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

    calls_prepare();
    child_give(&child, untyped, ALL); /* the source has nothing left */
    retype_begins(&first);
    CHECK_EQ(call_ends(), E_OK);
    for (uint32_t i = 0; i < 200; i++)
        CHECK(present(first + i));
}

CASE(jobs, slot_is_filled_during_a_retype)
{
    uint32_t first, untyped = make(OBJECT_UNTYPED, 22);

    calls_prepare();
    child_give(&child, untyped, ALL);
    retype_begins(&first);
    CHECK_OK(sys_untyped_retype(arena, OBJECT_FRAME, 12, ROOT_CNODE, first + 198, 1));
    CHECK_EQ(call_ends(), E_SLOT_FULL);
    CHECK(present(first + 197) && !present(first + 199));
}

CASE(jobs, memory_is_taken_during_a_retype)
{
    uint32_t first, untyped = make(OBJECT_UNTYPED, 22), frame = slots_take(1), source;

    calls_prepare();
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
    unsigned tries = 0;

    calls_prepare();
    child_give(&child, untyped, ALL);
    /* It may be over, and the child not have said so yet. */
    while (!call_begins(SYS_UNTYPED_RETYPE, child.next - 1,
                        (uint64_t[5]){OBJECT_FRAME, 21, space, frames, 4}, pause_us(tries)) ||
           present(frames + 3)) {
        run_children();
        CHECK_OK(sys_cnode_revoke(child.cnode, child.next - 1));
        CHECK(++tries < 120);
    }
    CHECK_EQ(call_ends(), E_OK);
    CHECK(present(frames) && present(frames + 3));
}
