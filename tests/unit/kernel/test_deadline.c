/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue of deadlines against a plain array, at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>
#include <kernel/deadline.h>

#define COUNT 200

static struct deadline nodes[COUNT];
static uint64_t model[COUNT]; /* DEADLINE_NEVER: not set */
static uint64_t now;
static unsigned expired;

static unsigned number(const struct deadline *node)
{
    return (unsigned)(node - nodes);
}

/* What is due was set, not later than now, and nothing earlier is left. */
static void due(struct deadline *which)
{
    assert_true(model[number(which)] <= now);
    for (unsigned i = 0; i < COUNT; i++)
        assert_true(model[i] >= model[number(which)]);
    model[number(which)] = DEADLINE_NEVER;
    expired++;
}

static unsigned check(const struct deadline *node, const struct deadline *parent)
{
    unsigned left, right;

    if (!node)
        return 0;
    assert_ptr_equal(node->parent, parent);
    assert_true(!parent || parent->at <= node->at);
    assert_int_equal(node->at, model[number(node)]);
    left = check(node->left, node);
    right = check(node->right, node);
    assert_int_equal(node->rank, (node->right ? node->right->rank : 0) + 1);
    assert_true((node->left ? node->left->rank : 0) >= (node->right ? node->right->rank : 0));
    return left + right + 1;
}

static void check_all(void)
{
    uint64_t first = DEADLINE_NEVER;
    unsigned set = 0;

    for (unsigned i = 0; i < COUNT; i++) {
        set += model[i] != DEADLINE_NEVER;
        first = model[i] < first ? model[i] : first;
    }
    assert_int_equal(check(deadline_first, NULL), set);
    assert_int_equal(deadline_first ? deadline_first->at : DEADLINE_NEVER, first);
}

static void test_random(void **state)
{
    const char *given = getenv("SEED");
    unsigned seed = given ? (unsigned)strtoul(given, NULL, 0) : (unsigned)time(NULL);

    (void)state;
    print_message("SEED=%u\n", seed);
    srand(seed);
    for (unsigned i = 0; i < COUNT; i++) {
        deadline_init(&nodes[i], due);
        model[i] = DEADLINE_NEVER;
    }
    for (unsigned step = 0; step < 20000; step++) {
        unsigned i = (unsigned)rand() % COUNT, what = (unsigned)rand() % 8;

        if (what < 5) {
            model[i] = now + (unsigned)rand() % 1000; /* many are equal */
            deadline_set(&nodes[i], model[i]);
        } else if (what < 7) {
            model[i] = DEADLINE_NEVER;
            deadline_set(&nodes[i], DEADLINE_NEVER);
        } else {
            now += (unsigned)rand() % 100;
            expired = 0;
            for (unsigned i = 0; i < 3; i++)
                deadline_expire(now);
            assert_true(expired <= 3);
            assert_true(expired == 3 || !deadline_first || deadline_first->at > now);
        }
        check_all();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
