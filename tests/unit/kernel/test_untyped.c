/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped memory: what retype accepts, where objects go, and that memory is clean. */
#include <string.h>
#include "kernel_host.h"

static uint64_t watermark(uint32_t index)
{
    return untyped_watermark(at(index));
}

static void revoke(uint32_t index)
{
    assert_int_equal(do_call(sys_cnode_revoke, ROOT_SELF, index, 0, 0, 0, 0), E_OK);
}

static void test_sizes(void **state)
{
    static const struct {
        uint64_t type, size_bits, bytes;
    } kinds[] = {
        {OBJECT_UNTYPED, 4, 16},      {OBJECT_UNTYPED, 20, 1 << 20}, {OBJECT_CNODE, 1, 64},
        {OBJECT_CNODE, 8, 8192},      {OBJECT_PROCESS, 99, 16384},   {OBJECT_THREAD, 0, 1024},
        {OBJECT_PAGE_TABLE, 0, 4096}, {OBJECT_FRAME, 12, 4096},      {OBJECT_FRAME, 21, 2 << 20},
        {OBJECT_ENDPOINT, 0, 128},    {OBJECT_RENDEZVOUS, 0, 128},   {OBJECT_REPLY, 0, 128},
        {OBJECT_IRQ, 0, 128},         {OBJECT_TIMER, 0, 128},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        assert_int_equal(
            do_retype(ROOT_UNTYPED, kinds[i].type, kinds[i].size_bits, ROOT_SELF, FIRST_FREE, 3),
            E_OK);
        assert_int_equal(watermark(ROOT_UNTYPED), 3 * kinds[i].bytes);
        check_invariants();
        revoke(ROOT_UNTYPED);
        assert_true(cap_is_empty(at(FIRST_FREE)) && cap_is_empty(at(FIRST_FREE + 2)));
    }
}

static void test_refused(void **state)
{
    (void)state;
    struct {
        uint64_t type, size_bits, cnode, index, count;
        long error;
    } bad[] = {
        {OBJECT_NULL, 0, ROOT_SELF, 20, 1, E_BAD_ARGUMENT},
        {OBJECT_COUNT, 0, ROOT_SELF, 20, 1, E_BAD_ARGUMENT},
        {1ull << 32 | OBJECT_FRAME, 12, ROOT_SELF, 20, 1, E_BAD_ARGUMENT},
        {OBJECT_IRQ_CONTROL, 0, ROOT_SELF, 20, 1, E_BAD_ARGUMENT},
        {OBJECT_POWER, 0, ROOT_SELF, 20, 1, E_BAD_ARGUMENT},
        {OBJECT_UNTYPED, 3, ROOT_SELF, 20, 1, E_BAD_ARGUMENT},
        {OBJECT_UNTYPED, 39, ROOT_SELF, 20, 1, E_BAD_ARGUMENT},
        {OBJECT_UNTYPED, 64, ROOT_SELF, 20, 1, E_BAD_ARGUMENT},
        {OBJECT_UNTYPED, 1ull << 32 | 12, ROOT_SELF, 20, 1, E_BAD_ARGUMENT},
        {OBJECT_CNODE, 0, ROOT_SELF, 20, 1, E_BAD_ARGUMENT},
        {OBJECT_CNODE, 21, ROOT_SELF, 20, 1, E_BAD_ARGUMENT},
        {OBJECT_FRAME, 13, ROOT_SELF, 20, 1, E_BAD_ARGUMENT},
        {OBJECT_FRAME, 12, ROOT_SELF, 0, 1, E_BAD_ARGUMENT},
        {OBJECT_FRAME, 12, ROOT_SELF, ROOT_SLOTS, 1, E_BAD_ARGUMENT},
        {OBJECT_FRAME, 12, ROOT_SELF, ROOT_SLOTS - 1, 2, E_BAD_ARGUMENT},
        {OBJECT_FRAME, 12, ROOT_SELF, ~0ull, 2, E_BAD_ARGUMENT},
        {OBJECT_FRAME, 12, ROOT_SELF, 20, 0, E_BAD_ARGUMENT},
        {OBJECT_FRAME, 12, ROOT_SELF, 20, RETYPE_COUNT_MAX + 1, E_BAD_ARGUMENT},
        {OBJECT_FRAME, 12, ROOT_SELF, 20, ~0ull, E_BAD_ARGUMENT},
        {OBJECT_FRAME, 12, ROOT_SELF, ROOT_SELF_PROCESS, 1, E_SLOT_FULL},
        {OBJECT_FRAME, 12, ROOT_UNTYPED, 20, 1, E_BAD_TYPE},
        {OBJECT_FRAME, 12, 77, 20, 1, E_BAD_CAP},
        {OBJECT_FRAME, 12, 1ull << 32 | ROOT_SELF, 20, 1, E_BAD_CAP},
        {OBJECT_FRAME, 30, ROOT_SELF, 20, 1, E_NO_MEMORY},
        {OBJECT_FRAME, 21, ROOT_SELF, 20, 9, E_NO_MEMORY},
        {OBJECT_UNTYPED, 38, ROOT_SELF, 20, 200, E_NO_MEMORY},
        {OBJECT_UNTYPED, UNTYPED_BITS + 1, ROOT_SELF, 20, 1, E_NO_MEMORY},
    };

    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        long result = do_retype(ROOT_UNTYPED, bad[i].type, bad[i].size_bits, bad[i].cnode,
                                bad[i].index, bad[i].count);

        if (result != bad[i].error)
            fail_msg("row %u: %ld instead of %ld", i, result, bad[i].error);
        assert_int_equal(watermark(ROOT_UNTYPED), 0);
        assert_false(at(ROOT_UNTYPED)->child);
    }
    /* A CNode that may only be read. */
    assert_int_equal(do_call(sys_cnode_copy, ROOT_SELF, 10, ROOT_SELF, ROOT_SELF, RIGHT_READ, 0),
                     E_OK);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_FRAME, 12, 10, 20, 1), E_NO_RIGHT);
}

static void test_exact_fill(void **state)
{
    (void)state;
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_FRAME, 21, ROOT_SELF, 20, 8), E_OK);
    assert_int_equal(watermark(ROOT_UNTYPED), 1ull << UNTYPED_BITS);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_UNTYPED, 4, ROOT_SELF, 30, 1), E_NO_MEMORY);
    assert_int_equal(do_call(sys_cnode_delete, ROOT_SELF, 20, 0, 0, 0, 0), E_OK);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_UNTYPED, 4, ROOT_SELF, 30, 1), E_NO_MEMORY);
    /* All of them deleted one by one frees as well as a revoke. */
    for (unsigned i = 21; i < 28; i++)
        assert_int_equal(do_call(sys_cnode_delete, ROOT_SELF, i, 0, 0, 0, 0), E_OK);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_UNTYPED, 4, ROOT_SELF, 30, 1), E_OK);
    assert_int_equal(at(30)->word, UNTYPED_PADDR);
    check_invariants();
}

static void test_alignment_gap(void **state)
{
    (void)state;
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_ENDPOINT, 0, ROOT_SELF, 20, 1), E_OK);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_PROCESS, 0, ROOT_SELF, 21, 1), E_OK);
    assert_int_equal(ptr_to_paddr(cap_object(at(21))).raw, UNTYPED_PADDR + 16384);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_ENDPOINT, 0, ROOT_SELF, 22, 1), E_OK);
    assert_int_equal(watermark(ROOT_UNTYPED), 32768 + 128);
    check_invariants();
}

static void assert_zero(uint64_t paddr, uint64_t bytes)
{
    const uint64_t *words = paddr_to_ptr((paddr_t){paddr});

    for (uint64_t i = 0; i < bytes / 8; i++)
        assert_int_equal(words[i], 0);
}

/* A large frame takes many restarts; somebody else's retype in between gets clean memory too. */
static void test_clearing(void **state)
{
    uint64_t args[7] = {OBJECT_FRAME, 21, ROOT_SELF, 20, 2, 0, 0}, copy[7];
    unsigned steps = 0;

    (void)state;
    for (long result = KERNEL_RESTART; result != E_OK; steps++) {
        memcpy(copy, args, sizeof copy);
        result = sys_untyped_retype(caller, at(ROOT_UNTYPED), copy);
        assert_true(result == E_OK || result == KERNEL_RESTART);
        if (steps == 3) {
            /* The first call has claimed nothing but zeroed 4 pieces; this one takes some of it. */
            assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_FRAME, 12, ROOT_SELF, 40, 5), E_OK);
            assert_zero(at(40)->word, 5 * 4096);
        }
    }
    /* It went on behind the other one at the next boundary of 2 MiB. */
    assert_int_equal(at(20)->word, UNTYPED_PADDR + (2 << 20));
    /* 4 before that, and one that makes them. */
    assert_int_equal(steps, 4 + (2ull << 21) / untyped_clear_bytes(at(ROOT_UNTYPED)) + 1);
    assert_zero(at(20)->word, 2ull << 21);
    /* Dirty it all, give it back, and take it again. */
    memset(paddr_to_ptr((paddr_t){UNTYPED_PADDR}), 0xa5, 6 << 20);
    revoke(ROOT_UNTYPED);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_FRAME, 12, ROOT_SELF, 20, 200), E_OK);
    assert_zero(at(20)->word, 200 * 4096);
    assert_int_equal(at(20)->word, UNTYPED_PADDR);
}

static void test_device(void **state)
{
    uint64_t args[7] = {0};

    (void)state;
    assert_int_equal(do_retype(ROOT_DEVICE, OBJECT_ENDPOINT, 0, ROOT_SELF, 20, 1), E_BAD_ARGUMENT);
    assert_int_equal(do_retype(ROOT_DEVICE, OBJECT_CNODE, 4, ROOT_SELF, 20, 1), E_BAD_ARGUMENT);
    assert_int_equal(do_retype(ROOT_DEVICE, OBJECT_PAGE_TABLE, 0, ROOT_SELF, 20, 1),
                     E_BAD_ARGUMENT);
    /* It lies outside of the arena: zeroing it would crash. */
    assert_int_equal(do_retype(ROOT_DEVICE, OBJECT_FRAME, 12, ROOT_SELF, 20, 2), E_OK);
    assert_int_equal(do_retype(ROOT_DEVICE, OBJECT_UNTYPED, 14, ROOT_SELF, 22, 1), E_OK);
    assert_int_equal(do_retype(22, OBJECT_FRAME, 12, ROOT_SELF, 23, 1), E_OK);
    assert_true(at(23)->device);
    assert_int_equal(at(23)->word, DEVICE_PADDR + (1 << 14));
    assert_int_equal(sys_untyped_info(caller, at(22), args), E_OK);
    assert_int_equal(args[1], DEVICE_PADDR + (1 << 14));
    assert_int_equal(args[2], 14);
    assert_int_equal(args[3], 4096);
    assert_int_equal(args[4], 1);
    check_invariants();
}

/* Two capabilities to one Untyped never hand out the same memory. */
static void test_copies(void **state)
{
    (void)state;
    assert_int_equal(do_call(sys_cnode_copy, ROOT_SELF, 20, ROOT_SELF, ROOT_UNTYPED, RIGHT_ALL, 0),
                     E_OK);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_UNTYPED, 4, ROOT_SELF, 30, 1), E_NO_MEMORY);
    assert_int_equal(do_call(sys_cnode_copy, ROOT_SELF, 21, ROOT_SELF, ROOT_UNTYPED, RIGHT_ALL, 0),
                     E_IN_USE);
    assert_int_equal(do_retype(20, OBJECT_FRAME, 12, ROOT_SELF, 30, 1), E_OK);
    check_invariants();
    /* The copy goes, its frame stays and still keeps the memory in use. */
    assert_int_equal(do_call(sys_cnode_delete, ROOT_SELF, 20, 0, 0, 0, 0), E_OK);
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_UNTYPED, 4, ROOT_SELF, 31, 1), E_NO_MEMORY);
    check_invariants();
    revoke(ROOT_UNTYPED);
    assert_true(cap_is_empty(at(30)));
    assert_int_equal(do_retype(ROOT_UNTYPED, OBJECT_UNTYPED, 4, ROOT_SELF, 31, 1), E_OK);
}

static void test_process_numbers(void **state)
{
    struct vspace spaces[4];
    static uint64_t root[512];
    unsigned left = vspace_available();

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        vspace_init(&spaces[i], root);
    assert_int_equal(vspace_available(), left - 4);
    for (unsigned i = 0; i < 4; i++)
        vspace_destroy(&spaces[i]);
    assert_int_equal(vspace_available(), left);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_sizes),    TEST(test_refused), TEST(test_exact_fill), TEST(test_alignment_gap),
        TEST(test_clearing), TEST(test_device),  TEST(test_copies),     TEST(test_process_numbers),
    };

    return cmocka_run_group_tests_name("untyped", tests, NULL, NULL);
}
