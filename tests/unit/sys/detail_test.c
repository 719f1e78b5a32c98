/* SPDX-License-Identifier: BSD-2-Clause */
/* Details of errors as sentences: whatever the kernel says, the text is whole and terminated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <sys/detail.h>
#include <sys/program.h>
#include <sys/syscall.h>

void syscall_arch(uint64_t invoked, uint64_t x[8])
{
    (void)invoked, (void)x;
    fail();
}

static void note(unsigned number, long error, uint64_t argument, uint64_t needed)
{
    uint64_t x[8] = {(uint64_t)error, argument, needed, 3};

    sys_error_note(SYS_INVOKED_(number, 77), x);
    assert_int_equal(x[0], error);
    assert_int_equal(x[1] | x[2], 0);
}

static void check(const char *wanted)
{
    assert_string_equal(sys_error_text(sys_error_detail()->error), wanted);
}

static void test_sentences(void **state)
{
    (void)state;
    note(SYS_PROCESS_BIND, E_NO_RIGHT, 1, RIGHT_GRANT);
    check("process_bind: argument object: needs RIGHT_GRANT");
    note(SYS_PROCESS_STOP, E_NO_RIGHT, 0, RIGHT_READ | RIGHT_WRITE);
    check("process_stop: the invoked PROCESS: needs RIGHT_READ and RIGHT_WRITE");
    note(SYS_FRAME_MAP, E_BAD_TYPE, 1, 1u << OBJECT_PROCESS);
    check("frame_map: argument process: needs PROCESS");
    note(SYS_TIMER_SET, E_BAD_ARGUMENT, 2, 63);
    check("timer_set: argument priority: an argument is out of range: at most 63");
    note(SYS_THREAD_WAIT, E_STATE, ERROR_NO_ARGUMENT, 0);
    check("thread_wait: the object is not in a state in which this can be done");
    note(255, E_BAD_SYSCALL, ERROR_NO_ARGUMENT, 0);
    check(error_text(E_BAD_SYSCALL));
}

static void test_other_errors_are_plain(void **state)
{
    (void)state;
    note(SYS_TIMER_SET, E_BAD_ARGUMENT, 2, 63);
    assert_string_equal(sys_error_text(E_NO_MEMORY), error_text(E_NO_MEMORY));
    assert_string_equal(sys_error_text(E_OK), error_text(E_OK));
}

static void test_arguments_that_do_not_exist(void **state)
{
    (void)state;
    note(SYS_TIMER_SET, E_STATE, 3, 0);
    check("timer_set: the object is not in a state in which this can be done");
    note(SYS_NULL, E_STATE, 1, 0);
    check("null: the object is not in a state in which this can be done");
}

/* Any call, error, argument and need, into a text of any length. */
static void test_random(void **state)
{
    const char *given = getenv("HEDDLE_SEED");
    unsigned seed = given ? (unsigned)strtoul(given, NULL, 0) : (unsigned)time(NULL);

    (void)state;
    print_message("seed %u\n", seed);
    srand(seed);
    for (unsigned i = 0; i < 200000; i++) {
        size_t bytes = 1 + (size_t)rand() % SYS_SENTENCE_BYTES;
        char *text = malloc(bytes);
        uint64_t needed = (uint64_t)rand() << (rand() % 40);

        note((unsigned)rand() % 256, -(rand() % (ERROR_COUNT + 3)),
             (uint64_t)rand() % (rand() % 2 ? 9 : 300), rand() % 4 ? needed : 0);
        sys_error_sentence(sys_error_detail(), text, bytes);
        assert_true(memchr(text, '\0', bytes) != NULL);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_other_errors_are_plain),
        cmocka_unit_test(test_arguments_that_do_not_exist),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
