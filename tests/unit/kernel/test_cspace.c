/* SPDX-License-Identifier: BSD-2-Clause */
/* Lookup of capability addresses. */
#include "kernel_host.h"

static enum error find(uint32_t cptr, struct slot **out)
{
    struct slot *cached = NULL;
    enum error error = cspace_lookup(&caller->cspace_root, cptr, out);

    /* The quick way must agree. */
    assert_int_equal(cap_lookup(caller, cptr, CAP_ANY, 0, &cached), error);
    if (error == E_OK)
        assert_ptr_equal(cached, *out);
    return error;
}

static void test_flat(void **state)
{
    struct slot *slot;

    (void)state;
    assert_int_equal(caller->cspace.count, ROOT_SLOTS);
    assert_int_equal(find(ROOT_UNTYPED, &slot), E_OK);
    assert_ptr_equal(slot, at(ROOT_UNTYPED));
    assert_int_equal(find(0, &slot), E_BAD_CAP);
    assert_int_equal(find(FIRST_FREE, &slot), E_BAD_CAP);
    assert_int_equal(find(ROOT_SLOTS, &slot), E_BAD_CAP);
    assert_int_equal(find(ROOT_SLOTS + ROOT_UNTYPED, &slot), E_BAD_CAP);
    assert_int_equal(find(UINT32_MAX, &slot), E_BAD_CAP);
    at(ROOT_UNTYPED)->revoking = 1;
    assert_int_equal(find(ROOT_UNTYPED, &slot), E_REVOKING);
    at(ROOT_UNTYPED)->revoking = 0;
}

/* guard 0xab (8 bits), 4 bits of index; then guard 0x5 (12 bits), 8 bits of index. */
static void make_two_levels(void)
{
    struct slot *top, *low;

    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_CNODE, 4, ROOT_SELF, 10, 1), E_OK);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_CNODE, 8, ROOT_SELF, 11, 1), E_OK);
    assert_int_equal(do_call(sys_cnode_mint, 10, 3, ROOT_SELF, 11, RIGHT_ALL, 0x5 << 6 | 12), E_OK);
    assert_int_equal(
        do_call(sys_cnode_mint, ROOT_SELF, 12, ROOT_SELF, 10, RIGHT_ALL, 0xab << 6 | 8), E_OK);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_ENDPOINT, 0, 11, 0x77, 1), E_OK);
    top = at(12);
    low = (struct slot *)cap_object(at(10)) + 3;
    assert_int_equal(cnode_guard(top), 0xab);
    assert_int_equal(cnode_guard_bits(low), 12);
}

static void test_levels(void **state)
{
    struct slot *slot, *root;

    (void)state;
    make_two_levels();
    root = at(12);
    assert_int_equal(cspace_lookup(root, 0xab300577, &slot), E_OK);
    assert_int_equal(slot->type, OBJECT_ENDPOINT);
    assert_int_equal(cspace_lookup(root, 0xaa300577, &slot), E_BAD_CAP); /* first guard */
    assert_int_equal(cspace_lookup(root, 0xab300477, &slot), E_BAD_CAP); /* second guard */
    assert_int_equal(cspace_lookup(root, 0xab400577, &slot), E_BAD_CAP); /* empty on the way */
    assert_int_equal(cspace_lookup(root, 0xab300578, &slot), E_BAD_CAP); /* empty at the end */
    assert_int_equal(cspace_lookup(root, 0xab300500, &slot), E_BAD_CAP); /* slot 0 */
    assert_int_equal(cspace_lookup(root, 0xab000577, &slot), E_BAD_CAP); /* slot 0 on the way */
    ((struct slot *)cap_object(at(10)) + 3)->revoking = 1;
    assert_int_equal(cspace_lookup(root, 0xab300577, &slot), E_REVOKING);
    ((struct slot *)cap_object(at(10)) + 3)->revoking = 0;
    /* Bits left over at a capability that is no CNode. */
    assert_int_equal(cspace_lookup(at(10), 0x30000000, &slot), E_BAD_CAP);
}

static void test_guard_limits(void **state)
{
    (void)state;
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_CNODE, 4, ROOT_SELF, 10, 1), E_OK);
    assert_int_equal(do_call(sys_cnode_mint, ROOT_SELF, 11, ROOT_SELF, 10, RIGHT_ALL, 28), E_OK);
    assert_int_equal(do_call(sys_cnode_mint, ROOT_SELF, 12, ROOT_SELF, 10, RIGHT_ALL, 29),
                     E_BAD_ARGUMENT);
    assert_int_equal(do_call(sys_cnode_mint, ROOT_SELF, 12, ROOT_SELF, 10, RIGHT_ALL, 16 << 6 | 4),
                     E_BAD_ARGUMENT);
    assert_int_equal(do_call(sys_cnode_mint, ROOT_SELF, 12, ROOT_SELF, 10, RIGHT_ALL, 1 << 6),
                     E_BAD_ARGUMENT);
    assert_int_equal(do_call(sys_cnode_mint, ROOT_SELF, 12, ROOT_SELF, 10, RIGHT_ALL, ~0ull),
                     E_BAD_ARGUMENT);
}

static void test_cache_forgets(void **state)
{
    struct slot *slot;

    (void)state;
    /* The caller's root is a copy of ROOT_SELF: revoking that takes it away. */
    assert_false(cap_is_empty(&caller->cspace_root));
    assert_int_equal(cap_revoke_step(at(ROOT_SELF)), true);
    assert_true(cap_is_empty(&caller->cspace_root));
    assert_int_equal(caller->cspace.count, 0);
    assert_int_equal(find(ROOT_UNTYPED, &slot), E_BAD_CAP);
}

static void test_arguments(void **state)
{
    struct slot *slot;

    (void)state;
    assert_int_equal(cap_lookup(caller, 1ull << 32 | ROOT_SELF, 1u << OBJECT_CNODE, 0, &slot),
                     E_BAD_CAP);
    assert_int_equal(cap_lookup(caller, ROOT_SELF, 1u << OBJECT_UNTYPED, 0, &slot), E_BAD_TYPE);
    assert_int_equal(do_call(sys_cnode_copy, ROOT_SELF, 10, ROOT_SELF, ROOT_SELF, RIGHT_READ, 0),
                     E_OK);
    assert_int_equal(cap_lookup(caller, 10, 1u << OBJECT_CNODE, RIGHT_WRITE, &slot), E_NO_RIGHT);
    assert_int_equal(cap_lookup(caller, 10, 1u << OBJECT_CNODE, RIGHT_READ, &slot), E_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_flat, host_setup, host_teardown),
        cmocka_unit_test_setup_teardown(test_levels, host_setup, host_teardown),
        cmocka_unit_test_setup_teardown(test_guard_limits, host_setup, host_teardown),
        cmocka_unit_test_setup_teardown(test_cache_forgets, host_setup, host_teardown),
        cmocka_unit_test_setup_teardown(test_arguments, host_setup, host_teardown),
    };

    return cmocka_run_group_tests_name("cspace", tests, NULL, NULL);
}
