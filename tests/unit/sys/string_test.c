/* SPDX-License-Identifier: BSD-2-Clause */
/* The copying functions of libs/sys, at every alignment and overlap, against the host's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

void *our_memcpy(void *to, const void *from, size_t n);
void *our_memmove(void *to, const void *from, size_t n);
void *our_memset(void *to, int byte, size_t n);

static uint8_t from[160];

static int setup(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof from; i++)
        from[i] = (uint8_t)(i * 37 + 11);
    return 0;
}

static void test_memcpy_at_every_alignment(void **state)
{
    uint8_t to[176], expected[176];

    (void)state;
    for (unsigned f = 0; f < 8; f++)
        for (unsigned t = 0; t < 8; t++)
            for (unsigned n = 0; n <= 140; n++) {
                memset(to, 0xaa, sizeof to);
                memset(expected, 0xaa, sizeof expected);
                memcpy(expected + 16 + t, from + f, n);
                assert_ptr_equal(our_memcpy(to + 16 + t, from + f, n), to + 16 + t);
                assert_memory_equal(to, expected, sizeof to);
            }
}

static void test_memmove_at_every_overlap(void **state)
{
    uint8_t ours[160], theirs[160];

    (void)state;
    for (unsigned f = 0; f < 60; f++)
        for (unsigned t = 0; t < 60; t++)
            for (unsigned n = 0; n <= 90; n += 1 + n / 20) {
                memcpy(ours, from, sizeof ours);
                memcpy(theirs, from, sizeof theirs);
                our_memmove(ours + t, ours + f, n);
                memmove(theirs + t, theirs + f, n);
                assert_memory_equal(ours, theirs, sizeof ours);
            }
}

static void test_memset(void **state)
{
    uint8_t ours[64], theirs[64];

    (void)state;
    for (unsigned t = 0; t < 8; t++)
        for (unsigned n = 0; n < 50; n++) {
            memset(ours, 1, sizeof ours);
            memset(theirs, 1, sizeof theirs);
            our_memset(ours + t, 0x1c3, n);
            memset(theirs + t, 0x1c3, n);
            assert_memory_equal(ours, theirs, sizeof ours);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memcpy_at_every_alignment),
        cmocka_unit_test(test_memmove_at_every_overlap),
        cmocka_unit_test(test_memset),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
