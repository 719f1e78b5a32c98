/* SPDX-License-Identifier: BSD-2-Clause */
/* What counts in a row: samples, windows, stages; and the layout that the plugin is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "layout.h"
#include "profile.h"

static struct profile profile;
static uint64_t *charged;

static int setup(void **state)
{
    (void)state;
    profile_init(&profile);
    charged = profile_enter(&profile, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    profile_free(&profile);
    return 0;
}

/* An instruction of a cycle that reads the address, of a space of 4 KiB pages mapped one to one. */
static void step(uint64_t space, uint64_t address)
{
    struct rocket_touch touch = {
        .physical = address, .tlb_miss = true, .tables = 1, .table = {0x9000}};

    profile_instruction(&profile);
    charged[COST_BASE]++;
    profile_touch(&profile, false, space, address, 0x100, &touch);
}

static void start(void)
{
    charged = profile_start(&profile);
}

static void stop(void)
{
    charged = profile_stop(&profile);
}

static void enter(unsigned stage)
{
    charged = profile_enter(&profile, stage);
}

/* The row as it is written. */
static char *row(unsigned together)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    assert_non_null(out);
    profile_row(&profile, together, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void assert_row(const char *wanted)
{
    char *text = row(1);

    if (strncmp(text, wanted, strlen(wanted)) != 0)
        fail_msg("wanted:\n%s\ngot:\n%s", wanted, text);
    free(text);
}

static void test_one_window(void **state)
{
    (void)state;
    step(1, 0x5000); /* before the sample */
    start();
    step(1, 0x1000);
    step(1, 0x1008); /* the same line */
    step(1, 0x1040); /* the same page */
    step(2, 0x1000); /* the same line, another page */
    stop();
    step(1, 0x6000);
    profile_sample(&profile);
    assert_row("row 1 1\nsample 4 4\nwindow 2 2 1\nstage 0 4 2 2 4 0 0 0 0 0 0 0\n"
               "page 1 1 1000 0 1000 100 1 3\n");
    assert_row("row 0 1\n");
}

static void test_only_what_counts(void **state)
{
    (void)state;
    start();
    step(1, 0x1000);
    stop();
    profile_sample(&profile);
    profile_forget(&profile);
    profile_sample(&profile); /* none is complete */
    start();
    step(1, 0x1000);
    step(1, 0x2000);
    start(); /* another one instead */
    step(1, 0x3000);
    stop();
    start(); /* runs on while the last one is counted */
    step(1, 0x4000);
    profile_sample(&profile);
    profile_sample(&profile);
    assert_row("row 1 1\nsample 1 1\nwindow 1 1 1\n");
}

/* Each window of two operations; what is left at the end is none. */
static void test_operations_together(void **state)
{
    (void)state;
    free(row(2));
    start();
    step(1, 0xf000); /* a start */
    for (unsigned i = 0; i < 5; i++) {
        profile_operation(&profile);
        step(1, 0x1000);
        step(1, 0x2000 + 0x1000 * (i % 2));
    }
    stop();
    profile_sample(&profile);
    assert_row("row 5 2\nsample 11 11\nwindow 3 3 1\nwindow 3 3 1\nstage");
}

static void test_stages(void **state)
{
    (void)state;
    start();
    enter(3);
    step(1, 0x1000);
    enter(40);
    step(1, 0x1000);
    step(1, 0x2000);
    enter(3);
    step(1, 0x1000);
    stop();
    profile_sample(&profile);
    assert_row("row 1 1\nsample 4 4\nwindow 2 2 1\nstage 3 2 1 1 2 0 0 0 0 0 0 0\n"
               "stage 40 2 2 2 2 0 0 0 0 0 0 0\npage 1 1 1000 0 1000 100 10000000008 3\n");
}

static void test_global_and_large_pages(void **state)
{
    struct rocket_touch touch = {.physical = 0x80201000, .level = 1, .global = true};

    (void)state;
    start();
    profile_touch(&profile, true, 1, 0xffffffff80201000, 0, &touch);
    profile_touch(&profile, true, 2, 0xffffffff80311000, 0, &touch);
    profile_touch(&profile, false, 2, 0xffffffff80311000, 0, &touch);
    profile_instruction(&profile);
    stop();
    profile_sample(&profile);
    assert_row("row 1 1\nsample 1 0\nwindow 2 2 0\nstage 0 1 2 2 0 0 0 0 0 0 0 0\n"
               "page 0 0 ffffffff80200000 1 ");
}

/* More than a table of a few hundred holds. */
static void test_many_lines(void **state)
{
    (void)state;
    start();
    for (uint64_t i = 0; i < 20000; i++)
        step(1, 64 * i);
    stop();
    profile_sample(&profile);
    assert_row("row 1 1\nsample 20000 20000\nwindow 313 20000 1\n");
}

/* ---------------------------------------------------------------- layout */

static bool read_layout(struct layout *layout, const char *text)
{
    char path[] = "/tmp/heddle-layout-XXXXXX";
    int file = mkstemp(path);
    bool good;

    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    good = layout_read(layout, path);
    unlink(path);
    return good;
}

static void test_layout(void **state)
{
    static struct layout layout;

    (void)state;
    assert_true(read_layout(&layout, "program 100000 100100 cbf29ce484222325 0\nprogram 1 2 3 4\n"
                                     "mark 1 100020 3 0\nmark 0 100010 6 2\nmark 0 100020 2 0\n"
                                     "together 1\ntogether 32\n"));
    assert_int_equal(layout.program_count, 2);
    assert_int_equal(layout.program[0].hash, LAYOUT_HASH);
    assert_int_equal(layout.program[1].stage, 4);
    assert_int_equal(layout_marks(&layout, 0x100010)->stage, 2);
    assert_ptr_equal(layout_marks(&layout, 0x100020), &layout.mark[1]);
    assert_int_equal(layout.mark[2].address, 0x100020);
    assert_null(layout_marks(&layout, 0x100011));
    assert_int_equal(layout.together[1], 32);
}

static void test_bad_layouts(void **state)
{
    static const char *const bad[] = {
        "mark 0 1 2 0\n",                  /* no such program */
        "program 2 2 3 0\n",               /* empty */
        "program 1 2 3 32\n",              /* no such stage */
        "program 1 2 3 0\nmark 0 1 7 0\n", /* no such kind */
        "together 0\n",
        "nonsense\n",
        "program 1\n",
    };
    static struct layout layout;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(read_layout(&layout, bad[i]));
    assert_false(layout_read(&layout, "/no/file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_window, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_what_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_operations_together, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_global_and_large_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_lines, setup, teardown),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_bad_layouts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
