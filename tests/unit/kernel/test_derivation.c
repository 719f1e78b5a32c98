/* SPDX-License-Identifier: BSD-2-Clause */
/* Random operations on capabilities: after each of them kernel and model hold the same capabilities
 * with the same ancestors. */
#include "derivation.h"

static int setup(void **state)
{
    host_setup(state);
    model_start();
    return 0;
}

static void test_against_model(void **state)
{
    unsigned rounds = random_rounds(12000), most = 0;

    (void)state;
    random_start();
    for (unsigned i = 0; i < rounds; i++) {
        random_operation();
        model_compare(i % 64 == 0);
        if (model_live > most)
            most = model_live;
    }
    model_compare(true);
    print_message("most capabilities at once: %u\n", most);
    assert_true(rounds < 1000 || most > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_against_model, setup, host_teardown),
    };

    return cmocka_run_group_tests_name("derivation", tests, NULL, NULL);
}
