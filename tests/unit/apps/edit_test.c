/* SPDX-License-Identifier: BSD-2-Clause */
/* The line editor against a model of a terminal: what is shown is the line, with the cursor where
 * it belongs. And the splitting of lines, the joining of paths. */
#include "edit.h"
#include "seed.h"
#include "words.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* ---------------------------------------------------------------- the terminal */

#define WIDTH 20000u /* wide enough never to wrap */

static char screen[WIDTH][5]; /* the present row: a character of UTF-8 in each cell */
static uint32_t column, used;
static unsigned rows, beeps, most_shown, shown;

static void clear_from(uint32_t at)
{
    for (; at < used; at++)
        screen[at][0] = 0;
    used = used < column ? used : column;
}

static void new_row(void)
{
    column = 0;
    clear_from(0);
    rows++;
}

static size_t escape(const char *bytes, size_t count)
{
    if (count >= 3 && memcmp(bytes, "\x1b[K", 3) == 0) {
        clear_from(column);
        return 3;
    }
    if (count >= 3 && memcmp(bytes, "\x1b[H", 3) == 0) {
        column = 0;
        return 3;
    }
    assert_true(count >= 4 && memcmp(bytes, "\x1b[2J", 4) == 0);
    column = 0;
    clear_from(0);
    return 4;
}

static void put(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count;) {
        uint8_t c = (uint8_t)bytes[i];

        if (c == 0x1b) {
            i += escape(bytes + i, count - i);
            continue;
        }
        i++;
        if (c == '\b') {
            assert_true(column > 0);
            column--;
        } else if (c == '\r') {
            column = 0;
        } else if (c == '\n') {
            new_row();
        } else if (c == '\a') {
            beeps++;
        } else if ((c & 0xc0) == 0x80) { /* joins the cell before */
            if (column > 0 && strlen(screen[column - 1]) < 4)
                strncat(screen[column - 1], (char *)&c, 1);
        } else {
            assert_true(c >= ' ' && c != 0x7f);
            screen[column][0] = (char)c;
            screen[column][1] = 0;
            column++;
            used = used < column ? column : used;
        }
    }
    shown += count;
}

static void show(void *to, const char *bytes, size_t count)
{
    (void)to;
    put(bytes, count);
}

/* The row as text, and the cursor's column. */
static void check_screen(const char *text, uint32_t at)
{
    static char row[WIDTH * sizeof screen[0]];
    size_t bytes = 0;

    for (uint32_t i = 0; i < used; i++)
        bytes += strlen(strcpy(row + bytes, screen[i]));
    row[bytes] = 0;
    assert_string_equal(row, text);
    assert_int_equal(column, at);
}

/* ---------------------------------------------------------------- the editor */

static struct editor editor;

static void begin(void)
{
    memset(&editor, 0, sizeof editor);
    editor.prompt = "> ";
    editor.show = show;
    new_row();
    edit_start(&editor);
}

static enum edit_event type(const char *keys)
{
    enum edit_event event = EDIT_MORE;

    while (*keys) {
        assert_int_equal(event, EDIT_MORE);
        shown = 0;
        event = edit_key(&editor, (uint8_t)*keys++);
        most_shown = shown > most_shown ? shown : most_shown;
    }
    return event;
}

static void line_is(const char *keys, const char *line)
{
    begin();
    assert_int_equal(type(keys), EDIT_MORE);
    assert_int_equal(type("\r"), EDIT_DONE);
    assert_string_equal(editor.line, line);
}

#define LEFT  "\x1b[D"
#define RIGHT "\x1b[C"
#define UP    "\x1b[A"
#define DOWN  "\x1b[B"

static void test_keys(void **state)
{
    (void)state;
    line_is("abc", "abc");
    line_is("abX\x7f"
            "c",
            "abc");
    line_is("abX\x08"
            "c",
            "abc");
    line_is("ac" LEFT "b", "abc");
    line_is("bc" LEFT LEFT LEFT LEFT "a" RIGHT RIGHT RIGHT "d", "abcd");
    line_is("bc\x01"
            "a\x05"
            "d",
            "abcd");
    line_is("bc\x1b[Ha\x1b[Fd", "abcd");
    line_is("bc\x1bOHa\x1bOFd", "abcd");
    line_is("bc\x1b[1~a\x1b[4~d", "abcd");
    line_is("aXb" LEFT LEFT "\x1b[3~", "ab");
    line_is("aXb" LEFT LEFT "\x04", "ab");
    line_is("abc" LEFT LEFT "\x0b", "a");
    line_is("abc" LEFT "\x15", "c");
    line_is("one two  \x17", "one ");
    line_is("one\x17\x17", "");
    line_is("a\x02\x06"
            "b",
            "ab");
    line_is("a\x1b[1;5Db", "ba"); /* Ctrl-Left is Left */
    line_is("a\x1b[99~\x1b\x1b[\x01"
            "b\x1b\x18"
            "c",
            "abc"); /* unknown ones do nothing */
    line_is("a\x03" + 2, "");
    line_is("\xc3\xbc\xe2\x82\xac" LEFT "x\x7f\x7f", "\xe2\x82\xac");
}

static void test_shown(void **state)
{
    (void)state;
    begin();
    check_screen("> ", 2);
    type("hello wrld" LEFT LEFT LEFT);
    check_screen("> hello wrld", 9);
    type("o");
    check_screen("> hello world", 10);
    type("\x01\xc3\xbc");
    check_screen("> \xc3\xbchello world", 3);
    type("\x0c");
    check_screen("> \xc3\xbchello world", 3);
    type("\x0b");
    check_screen("> \xc3\xbc", 3);
    type("\x7f");
    check_screen("> ", 2);
}

static void test_events(void **state)
{
    (void)state;
    begin();
    assert_int_equal(type("abc\x03"), EDIT_ABANDON);
    edit_start(&editor);
    assert_int_equal(editor.bytes, 0);
    assert_int_equal(type("he\t"), EDIT_TAB);
    edit_insert(&editor, "lp", 2);
    check_screen("> help", 6);
    assert_int_equal(type("\r"), EDIT_DONE);
    assert_string_equal(editor.line, "help");
    edit_start(&editor);
    assert_int_equal(type("\n"), EDIT_MORE); /* the second half of CR LF */
    assert_int_equal(type("\n"), EDIT_DONE);
}

static void enter(const char *line)
{
    type(line);
    type("\r");
    edit_start(&editor);
}

static void test_history(void **state)
{
    char line[8];

    (void)state;
    begin();
    enter("one");
    enter("two");
    enter("two"); /* kept once */
    enter("");    /* not kept */
    type("new" UP);
    check_screen("> two", 5);
    type(UP);
    check_screen("> one", 5);
    type(UP);
    check_screen("> one", 5);
    type(DOWN DOWN);
    check_screen("> new", 5);
    type(DOWN);
    check_screen("> new", 5);
    type(UP UP "!\r");
    assert_string_equal(editor.line, "one!");
    edit_start(&editor);
    for (unsigned i = 0; i < EDIT_HISTORY + 5; i++) {
        sprintf(line, "%u", i);
        enter(line);
    }
    for (unsigned i = 0; i < EDIT_HISTORY + 5; i++)
        type(UP);
    check_screen("> 5", 3);
}

static void test_long_line(void **state)
{
    (void)state;
    begin();
    beeps = 0;
    for (unsigned i = 0; i < EDIT_LINE_MAX; i++)
        type("x");
    assert_int_equal(beeps, 0);
    type("y\x01z");
    assert_int_equal(beeps, 2);
    type("\x1b[3~"
         "a\r");
    assert_int_equal(strlen(editor.line), EDIT_LINE_MAX);
    edit_start(&editor);
    type(UP UP "\x01"
               "\x15"
               "\r");
    assert_true(most_shown <= EDIT_SHOW_MAX);
}

/* Any keys: the terminal shows what the line is. */
static void test_random_keys(void **state)
{
    static const char *const keys[] = {
        LEFT,   RIGHT,  UP,     DOWN,    "a",    "b ",   "\xc3\xbc",
        "\x01", "\x05", "\x0b", "\x15",  "\x17", "\x7f", "\x04",
        "\x0c", "xyz",  "\x1b", "\x1b[", "\r",   "\x03", "\xe2\x82\xac"};

    (void)state;
    begin();
    for (unsigned i = 0; i < 100000; i++) {
        const char *key = keys[seed_below(sizeof keys / sizeof *keys)];
        static char text[EDIT_LINE_MAX + 16];
        uint32_t at = 2;

        if (type(key) != EDIT_MORE)
            edit_start(&editor);
        for (uint32_t k = 0; k < editor.cursor; k++)
            at += ((uint8_t)editor.line[k] & 0xc0) != 0x80;
        assert_int_equal(strlen(editor.line), editor.bytes);
        snprintf(text, sizeof text, "> %s", editor.line);
        check_screen(text, at);
    }
}

/* Any bytes: the line stays a line. (What is no UTF-8 may be shown askew.) */
static void nothing(void *to, const char *bytes, size_t count)
{
    (void)to;
    (void)bytes;
    shown += count;
}

static void test_random_bytes(void **state)
{
    (void)state;
    begin();
    editor.show = nothing;
    for (unsigned i = 0; i < 300000; i++) {
        shown = 0;
        if (edit_key(&editor, (uint8_t)seed_below(256)) != EDIT_MORE && seed_below(10) == 0)
            edit_start(&editor);
        assert_true(shown <= EDIT_SHOW_MAX);
        assert_true(editor.cursor <= editor.bytes && editor.bytes <= EDIT_LINE_MAX);
        assert_int_equal(strlen(editor.line), editor.bytes);
    }
}

/* ---------------------------------------------------------------- words and paths */

static void split(const char *text, int count, const char *joined)
{
    char *word[WORDS_MAX];
    char line[1000], out[1000] = "";

    strcpy(line, text);
    assert_int_equal(words_split(line, word), count);
    for (int i = 0; i < count; i++)
        strcat(strcat(out, word[i]), "|");
    assert_string_equal(out, joined);
}

static void test_words(void **state)
{
    char many[2 * WORDS_MAX + 3];

    (void)state;
    split("", 0, "");
    split("   ", 0, "");
    split("one", 1, "one|");
    split("  one  two three ", 3, "one|two|three|");
    split("a \"b c\" 'd \"e' f\"g h\"i ''", 5, "a|b c|d \"e|fg hi||");
    split("a \"b", -1, "");
    memset(many, 'a', sizeof many);
    for (unsigned i = 1; i < sizeof many; i += 2)
        many[i] = ' ';
    many[2 * WORDS_MAX + 1] = 0;
    split(many, -2, "");
}

static void join(const char *folder, const char *name, const char *wanted)
{
    char out[PATH_BYTES];

    assert_true(path_join(out, folder, name));
    assert_string_equal(out, wanted);
}

static void test_paths(void **state)
{
    static char longest[PATH_BYTES + 10], out[PATH_BYTES];

    (void)state;
    join("/", "", "/");
    join("/", ".", "/");
    join("/", "..", "/");
    join("/", "a", "/a");
    join("/a/b", "c", "/a/b/c");
    join("/a/b", "../c", "/a/c");
    join("/a/b", "/c//d/", "/c/d");
    join("/a", "../../../x/./y/..", "/x");
    join("/", "...", "/...");
    memset(longest, 'a', PATH_BYTES - 2);
    assert_true(path_join(out, "/", longest));
    assert_int_equal(strlen(out), PATH_BYTES - 1);
    longest[PATH_BYTES - 2] = 'a';
    assert_false(path_join(out, "/", longest));
    longest[PATH_BYTES - 2] = 0;
    assert_false(path_join(out, "/b", longest));
}

static int setup(void **state)
{
    (void)state;
    seed_start();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),         cmocka_unit_test(test_shown),
        cmocka_unit_test(test_events),       cmocka_unit_test(test_history),
        cmocka_unit_test(test_long_line),    cmocka_unit_test(test_random_keys),
        cmocka_unit_test(test_random_bytes), cmocka_unit_test(test_words),
        cmocka_unit_test(test_paths),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
