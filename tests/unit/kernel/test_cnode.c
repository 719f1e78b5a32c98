/* SPDX-License-Identifier: BSD-2-Clause */
/* CNodes that die with what is in them. */
#include "kernel_host.h"

#define A 10
#define B 11

static long make(uint32_t index, unsigned radix)
{
    return do_retype(ROOT_UNTYPED, OBJECT_CNODE, radix, ROOT_SELF, index, 1);
}
static long move_into(uint32_t cnode, uint64_t index, uint32_t from)
{
    return do_call(sys_cnode_move, cnode, index, ROOT_SELF, from, 0, 0);
}
static long delete (uint32_t index)
{
    return do_call(sys_cnode_delete, ROOT_SELF, index, 0, 0, 0, 0);
}
static void timers(uint32_t cnode, uint64_t index, uint64_t count)
{
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_TIMER, 0, cnode, index, count), E_OK);
}
/* Nothing may be left of the Untyped but what stays reachable. */
static void assert_untyped_unused(void)
{
    reap_all();
    check_invariants();
    assert_false(at(ROOT_UNTYPED)->child);
    assert_int_equal(alive[OBJECT_TIMER], 0);
}

static void test_slot_zero(void **state)
{
    (void)state;
    assert_int_equal(make(A, 2), E_OK);
    timers(A, 1, 3);
    assert_int_equal(do_call(sys_cnode_delete, A, 0, 0, 0, 0, 0), E_BAD_ARGUMENT);
    assert_int_equal(do_call(sys_cnode_delete, A, 4, 0, 0, 0, 0), E_BAD_ARGUMENT);
    assert_int_equal(do_call(sys_cnode_revoke, A, 0, 0, 0, 0, 0), E_BAD_ARGUMENT);
    assert_int_equal(do_call(sys_cnode_move, ROOT_SELF, 40, A, 0, 0, 0), E_BAD_ARGUMENT);
    assert_int_equal(do_call(sys_cnode_copy, A, 0, ROOT_SELF, A, RIGHT_ALL, 0), E_BAD_ARGUMENT);
    assert_int_equal(alive[OBJECT_TIMER], 3);
}

static void test_last_reference(void **state)
{
    (void)state;
    assert_int_equal(make(A, 4), E_OK);
    timers(A, 1, 15);
    assert_int_equal(do_call(sys_cnode_copy, ROOT_SELF, B, ROOT_SELF, A, RIGHT_ALL, 0), E_OK);
    assert_int_equal(delete (A), E_OK);
    assert_int_equal(alive[OBJECT_TIMER], 15);
    assert_int_equal(delete (B), E_OK);
    assert_untyped_unused();
}

/* 8192 slots, 2560 capabilities: steps are bounded, and the memory stays in use until all are gone.
 */
static void test_large(void **state)
{
    uint64_t args[7] = {A};
    unsigned before;

    (void)state;
    assert_int_equal(make(A, 13), E_OK);
    for (unsigned i = 0; i < 10; i++)
        timers(A, 1 + 800 * i, 256);
    /* No frame is free for the rest. */
    assert_int_equal(do_part(sys_cnode_delete, ROOT_SELF, args), E_OK);
    assert_true(cnode_dying());
    assert_true(at(ROOT_UNTYPED)->child);
    check_invariants();
    before = restarts;
    assert_int_equal(do_call(sys_cnode_revoke, ROOT_SELF, ROOT_UNTYPED, 0, 0, 0, 0), E_OK);
    assert_true(restarts - before >= 2560 / 8);
    assert_false(cnode_dying());
    assert_untyped_unused();
}

/* A chain of 60 CNodes, each with the last capability to the next: nothing recurses. */
static void test_chain(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 60; i++) {
        assert_int_equal(make(20 + i, 3), E_OK);
        timers(20 + i, 1, 2);
    }
    for (uint32_t i = 59; i > 0; i--)
        assert_int_equal(move_into(20 + i - 1, 5, 20 + i), E_OK);
    check_invariants();
    assert_int_equal(delete (20), E_OK);
    assert_untyped_unused();
}

/* The last capability to a CNode lies in itself: unreachable, until the Untyped is revoked. */
static void test_self(void **state)
{
    (void)state;
    assert_int_equal(make(A, 3), E_OK);
    timers(A, 1, 2);
    assert_int_equal(move_into(A, 7, A), E_OK);
    assert_true(at(ROOT_UNTYPED)->child);
    check_invariants();
    assert_int_equal(do_call(sys_cnode_revoke, ROOT_SELF, ROOT_UNTYPED, 0, 0, 0, 0), E_OK);
    assert_untyped_unused();
}

/* Deleting the last capability to a CNode through that very capability. */
static void test_delete_itself(void **state)
{
    uint64_t args[7] = {7};
    struct slot *inside;

    (void)state;
    assert_int_equal(make(A, 3), E_OK);
    timers(A, 1, 2);
    inside = (struct slot *)cap_object(at(A)) + 7;
    assert_int_equal(move_into(A, 7, A), E_OK);
    assert_int_equal(sys_cnode_delete(caller, inside, args), E_OK);
    assert_untyped_unused();
}

/* A holds the last capability to B, and B the last one to A. */
static void test_each_other(void **state)
{
    uint64_t args[7] = {6};
    struct slot *a_in_b;

    (void)state;
    assert_int_equal(make(A, 3), E_OK);
    assert_int_equal(make(B, 3), E_OK);
    timers(A, 1, 2);
    timers(B, 1, 2);
    a_in_b = (struct slot *)cap_object(at(B)) + 6;
    assert_int_equal(do_call(sys_cnode_copy, B, 6, ROOT_SELF, A, RIGHT_ALL, 0), E_OK);
    assert_int_equal(move_into(A, 5, B), E_OK);
    assert_int_equal(delete (A), E_OK);
    assert_int_equal(alive[OBJECT_TIMER], 4);
    args[0] = 5; /* A[5]: the last capability to B, whose death takes B[6], the last one to A */
    assert_int_equal(sys_cnode_delete(caller, a_in_b, args), E_OK);
    assert_untyped_unused();
}

/* A process dies with its capability space. */
static void test_process_space(void **state)
{
    struct process *process;

    (void)state;
    assert_int_equal(make(A, 4), E_OK);
    timers(A, 1, 10);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_PROCESS, 0, ROOT_SELF, B, 1), E_OK);
    process = cap_object(at(B));
    assert_int_equal(cap_mint(&process->cspace_root, at(A), RIGHT_ALL, 28), E_OK);
    process->cspace_root.watched = 1;
    /* The process's own capability lies in its own space too. */
    assert_int_equal(move_into(A, 12, B), E_OK);
    assert_int_equal(delete (A), E_OK);
    assert_int_equal(alive[OBJECT_PROCESS], 2);
    assert_int_equal(do_call(sys_cnode_revoke, ROOT_SELF, ROOT_UNTYPED, 0, 0, 0, 0), E_OK);
    assert_int_equal(alive[OBJECT_PROCESS], 1);
    assert_untyped_unused();
}

/* A revoke that is not finished: the capability is neither invoked nor derived from. */
static void test_revoking(void **state)
{
    uint64_t args[7] = {ROOT_UNTYPED};

    (void)state;
    timers(ROOT_SELF, 20, 100);
    job = host_job(1);
    assert_int_equal(do_part(sys_cnode_revoke, ROOT_SELF, args), KERNEL_RESTART);
    job = NULL;
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_FRAME, 12, ROOT_SELF, 200, 1), E_REVOKING);
    assert_int_equal(do_call(sys_cnode_copy, ROOT_SELF, 200, ROOT_SELF, ROOT_UNTYPED, RIGHT_ALL, 0),
                     E_REVOKING);
    assert_int_equal(do_call(sys_cnode_move, ROOT_SELF, 200, ROOT_SELF, ROOT_UNTYPED, 0, 0),
                     E_REVOKING);
    check_invariants();
    /* Another one's end is not this one's. */
    assert_int_equal(do_call(sys_cnode_revoke, ROOT_SELF, ROOT_UNTYPED, 0, 0, 0, 0), E_OK);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_FRAME, 12, ROOT_SELF, 200, 1), E_REVOKING);
    host_job_end(host_job(1));
    check_invariants();
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_FRAME, 12, ROOT_SELF, 200, 1), E_OK);
}

static void test_badges(void **state)
{
    (void)state;
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_ENDPOINT, 0, ROOT_SELF, 20, 1), E_OK);
    assert_int_equal(
        do_call(sys_cnode_mint, ROOT_SELF, 21, ROOT_SELF, 20, RIGHT_ALL, 0xabcdef0123456ull), E_OK);
    assert_int_equal(cap_data(at(21)), 0xabcdef0123456ull);
    assert_int_equal(do_call(sys_cnode_mint, ROOT_SELF, 22, ROOT_SELF, 21, RIGHT_ALL, 7),
                     E_NO_RIGHT);
    assert_int_equal(do_call(sys_cnode_copy, ROOT_SELF, 22, ROOT_SELF, 21, RIGHT_WRITE, 0), E_OK);
    assert_int_equal(cap_data(at(22)), 0xabcdef0123456ull);
    assert_int_equal(do_call(sys_cnode_copy, ROOT_SELF, 23, ROOT_SELF, 22, RIGHT_ALL, 0),
                     E_NO_RIGHT);
    assert_int_equal(do_call(sys_cnode_mint, ROOT_SELF, 23, ROOT_SELF, 20, RIGHT_ALL, 1ull << 60),
                     E_BAD_ARGUMENT);
    assert_int_equal(do_call(sys_cnode_mint, ROOT_SELF, 23, ROOT_SELF, ROOT_UNTYPED, RIGHT_ALL, 1),
                     E_IN_USE);
    assert_int_equal(
        do_call(sys_cnode_mint, ROOT_SELF, 23, ROOT_SELF, ROOT_SELF_PROCESS, RIGHT_ALL, 1),
        E_BAD_TYPE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_slot_zero),  TEST(test_last_reference), TEST(test_large),
        TEST(test_chain),      TEST(test_self),           TEST(test_delete_itself),
        TEST(test_each_other), TEST(test_process_space),  TEST(test_revoking),
        TEST(test_badges),
    };

    return cmocka_run_group_tests_name("cnode", tests, NULL, NULL);
}
