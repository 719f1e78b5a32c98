/* SPDX-License-Identifier: BSD-2-Clause */
/* Revokes that overlap, part by part. */
#include <string.h>
#include "derivation.h"

static int setup(void **state)
{
    host_setup(state);
    model_start();
    return 0;
}

static struct revoke {
    struct slot *slot; /* its capability; NULL: not under way */
    uint64_t args[7];
} revokes[HOST_JOBS];

static bool is_revoked(const struct slot *slot)
{
    for (unsigned i = 0; i < HOST_JOBS; i++)
        if (revokes[i].slot && cursor_place(&host_job(i)->cursor) == slot)
            return true;
    return false;
}

/* No capability stays marked that nobody revokes (that the others are is check_tree's). */
static void check_marks(void)
{
    check_invariants();
    for (uint32_t i = 1; i < ROOT_SLOTS; i++)
        assert_int_equal(at(i)->revoking, !cap_is_empty(at(i)) && is_revoked(at(i)));
}

/* Something of the root CNode that may be revoked and deleted. */
static uint32_t any_target(void)
{
    uint32_t target = ROOT_UNTYPED;

    for (unsigned tries = 0; tries < 40 && random_below(8); tries++) {
        target = ROOT_SELF_PROCESS + 1 + random_below(ROOT_SLOTS - 5);
        if (at(target)->child)
            break;
    }
    return target;
}

static void begin_revoke(unsigned number)
{
    uint32_t target = any_target();

    if (revokes[number].slot || cap_is_empty(at(target)))
        return;
    revokes[number].slot = at(target);
    memset(revokes[number].args, 0, sizeof revokes[number].args);
    revokes[number].args[0] = target;
}

/* One part. Value: E_OK and errors end it. */
static long revoke_part(unsigned number)
{
    struct slot *slot = revokes[number].slot;
    bool first;
    long result;

    job = host_job(number);
    first = !job->detached;
    if (!first)
        slot = cursor_place(&job->cursor);
    result = do_part(sys_cnode_revoke, ROOT_SELF, revokes[number].args);
    if (result == E_OK)
        assert_null(cursors_skip(slot));
    if (result == E_CANCELLED)
        assert_null(slot);
    assert_true(result == KERNEL_RESTART || result == E_OK || result == E_CANCELLED ||
                (first && (result == E_BAD_CAP || result == E_REVOKING)));
    if (result != KERNEL_RESTART) {
        host_job_end(job);
        revokes[number].slot = NULL;
    }
    job = NULL;
    return result;
}

/* The caller dies. */
static void cancel_revoke(unsigned number)
{
    if (revokes[number].slot)
        host_job_end(host_job(number));
    revokes[number].slot = NULL;
}

static void begin_again(void)
{
    for (uint32_t k = ROOT_SELF_PROCESS + 1; k < ROOT_SLOTS; k++)
        cap_delete(at(k));
    while (!cap_revoke_step(at(ROOT_UNTYPED)) || !cap_revoke_step(at(ROOT_DEVICE)))
        ;
    model_start();
    model_compare(true);
}

static void fill(void)
{
    for (unsigned k = 0; k < 400; k++)
        random_operation();
}

/* Half of the time a capability under revocation. */
static void delete_one(unsigned number, uint32_t other)
{
    struct slot *slot = revokes[number].slot ? cursor_place(&host_job(number)->cursor) : NULL;

    if (!slot || random_below(2))
        slot = at(other);
    if (!is_fixed(slot))
        cap_delete(slot);
}

/* Parts of several revokes, of the same capability and of ancestors and descendants, mixed with
 * deletions, copies, retypes and the deaths of callers: every invariant holds at every suspension
 * point, and nothing stays marked. */
static void test_interleaved(void **state)
{
    unsigned rounds = random_rounds(12000) / 100, cancelled = 0, ended = 0;

    (void)state;
    random_start();
    for (unsigned i = 0; i < rounds; i++) {
        fill();
        for (unsigned k = 0; k < 120; k++) {
            uint32_t kind = random_below(24), other = any_target();
            unsigned number = random_below(HOST_JOBS);
            uint64_t retype[7] = {OBJECT_ENDPOINT, 0, ROOT_SELF, other, 1 + random_below(3)};

            if (kind == 0)
                delete_one(number, other);
            else if (kind == 1)
                cancel_revoke(number);
            else if (kind == 2)
                (void)!cap_copy(at(other), at(any_target()), RIGHT_ALL);
            else if (kind == 3)
                (void)!do_part(sys_untyped_retype, ROOT_UNTYPED, retype);
            else if (kind < 6)
                begin_revoke(number);
            else if (revokes[number].slot)
                cancelled += revoke_part(number) == E_CANCELLED, ended++;
            check_marks();
        }
        for (unsigned number = 0; number < HOST_JOBS; number++) {
            while (revokes[number].slot && random_below(40) && revoke_part(number))
                check_marks();
            cancel_revoke(number);
        }
        check_marks();
        begin_again();
    }
    print_message("parts: %u, revokes whose capability was deleted: %u\n", ended, cancelled);
    assert_true(rounds < 100 || ended > 200);
}

/* Revokes that overlap, and nothing else, delete what they would delete one after the other. */
static void test_overlapping(void **state)
{
    unsigned rounds = random_rounds(12000) / 100;

    (void)state;
    random_start();
    for (unsigned i = 0; i < rounds; i++) {
        unsigned under_way = 0;

        fill();
        for (unsigned number = 0; number < HOST_JOBS; number++) {
            begin_revoke(number);
            under_way += revokes[number].slot != NULL;
        }
        for (unsigned number = 0; number < HOST_JOBS; number++) {
            struct model_cap *cap = revokes[number].slot ? model_find(revokes[number].slot) : NULL;
            struct model_cap *child;

            while (cap && cap->slot && (child = model_descendant(cap)))
                model_kill(child);
        }
        while (under_way > 0) {
            unsigned number = random_below(HOST_JOBS);

            if (!revokes[number].slot)
                continue;
            /* One whose capability is being revoked by another already waits for that one. */
            (void)revoke_part(number);
            under_way -= revokes[number].slot == NULL;
            check_marks();
        }
        model_compare(true);
        begin_again();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_interleaved, setup, host_teardown),
        cmocka_unit_test_setup_teardown(test_overlapping, setup, host_teardown),
    };

    return cmocka_run_group_tests_name("revokes", tests, NULL, NULL);
}
