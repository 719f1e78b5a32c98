/* SPDX-License-Identifier: BSD-2-Clause */
#include "edit.h"
#include <string.h>

#define CTRL(letter) ((letter) - '@')

/* ---------------------------------------------------------------- the terminal */

static void show(struct editor *editor, const char *bytes, size_t count)
{
    editor->show(editor->to, bytes, count);
}

static void show_text(struct editor *editor, const char *text)
{
    show(editor, text, strlen(text));
}

/* A byte that is not the first of its UTF-8 character. */
static bool is_continuation(char c)
{
    return ((uint8_t)c & 0xc0) == 0x80;
}

/* Characters in the bytes from..to of the line. */
static uint32_t width(const struct editor *editor, uint32_t from, uint32_t to)
{
    uint32_t count = 0;

    for (; from < to; from++)
        count += !is_continuation(editor->line[from]);
    return count;
}

static void show_back(struct editor *editor, uint32_t count)
{
    while (count-- > 0)
        show_text(editor, "\b");
}

/* The line has changed from byte `from` on, where the terminal's cursor stands: show the rest,
 * clear what was behind it, and go to the cursor. */
static void show_from(struct editor *editor, uint32_t from)
{
    show(editor, editor->line + from, editor->bytes - from);
    show_text(editor, "\x1b[K");
    show_back(editor, width(editor, editor->cursor, editor->bytes));
}

/* Move both cursors to byte `to`. */
static void move(struct editor *editor, uint32_t to)
{
    if (to < editor->cursor)
        show_back(editor, width(editor, to, editor->cursor));
    else
        show(editor, editor->line + editor->cursor, to - editor->cursor);
    editor->cursor = to;
}

/* ---------------------------------------------------------------- changing the line */

static uint32_t left_of(const struct editor *editor, uint32_t at)
{
    if (at > 0)
        at--;
    while (at > 0 && is_continuation(editor->line[at]))
        at--;
    return at;
}

static uint32_t right_of(const struct editor *editor, uint32_t at)
{
    if (at < editor->bytes)
        at++;
    while (at < editor->bytes && is_continuation(editor->line[at]))
        at++;
    return at;
}

void edit_insert(struct editor *editor, const char *text, size_t bytes)
{
    uint32_t at = editor->cursor;

    if (bytes > EDIT_LINE_MAX - editor->bytes) {
        show_text(editor, "\a");
        return;
    }
    memmove(editor->line + at + bytes, editor->line + at, editor->bytes - at);
    memcpy(editor->line + at, text, bytes);
    editor->bytes += (uint32_t)bytes;
    editor->cursor += (uint32_t)bytes;
    editor->line[editor->bytes] = 0;
    if (editor->cursor == editor->bytes)
        show(editor, text, bytes);
    else
        show_from(editor, at);
}

/* Cut out the bytes from..to; the cursor ends where they were. */
static void cut(struct editor *editor, uint32_t from, uint32_t to)
{
    if (from == to)
        return;
    move(editor, from);
    memmove(editor->line + from, editor->line + to, editor->bytes - to);
    editor->bytes -= to - from;
    editor->line[editor->bytes] = 0;
    show_from(editor, from);
}

static uint32_t word_start(const struct editor *editor)
{
    uint32_t at = editor->cursor;

    while (at > 0 && editor->line[at - 1] == ' ')
        at--;
    while (at > 0 && editor->line[at - 1] != ' ')
        at--;
    return at;
}

/* ---------------------------------------------------------------- history */

static void replace(struct editor *editor, const char *line)
{
    move(editor, 0);
    editor->bytes = (uint32_t)strlen(line);
    memcpy(editor->line, line, editor->bytes + 1);
    editor->cursor = editor->bytes;
    show_from(editor, 0);
}

static char *history_line(struct editor *editor, uint32_t back)
{
    return editor->history[(editor->history_next + EDIT_HISTORY - back) % EDIT_HISTORY];
}

/* Show the line `back` steps ago. */
static void recall(struct editor *editor, uint32_t back)
{
    if (back > editor->history_count)
        return;
    if (editor->history_back == 0)
        memcpy(editor->fresh, editor->line, editor->bytes + 1);
    editor->history_back = back;
    replace(editor, back == 0 ? editor->fresh : history_line(editor, back));
}

static void remember(struct editor *editor)
{
    if (editor->bytes == 0 ||
        (editor->history_count > 0 && strcmp(history_line(editor, 1), editor->line) == 0))
        return;
    memcpy(editor->history[editor->history_next], editor->line, editor->bytes + 1);
    editor->history_next = (editor->history_next + 1) % EDIT_HISTORY;
    if (editor->history_count < EDIT_HISTORY)
        editor->history_count++;
}

/* ---------------------------------------------------------------- keys */

/* What a letter does, be it Ctrl-letter or the end of an escape sequence. */
static void command(struct editor *editor, char letter)
{
    switch (letter) {
    case 'A':
        move(editor, 0);
        break;
    case 'B':
        move(editor, left_of(editor, editor->cursor));
        break;
    case 'D':
        cut(editor, editor->cursor, right_of(editor, editor->cursor));
        break;
    case 'E':
        move(editor, editor->bytes);
        break;
    case 'F':
        move(editor, right_of(editor, editor->cursor));
        break;
    case 'H':
        cut(editor, left_of(editor, editor->cursor), editor->cursor);
        break;
    case 'K':
        cut(editor, editor->cursor, editor->bytes);
        break;
    case 'L':
        show_text(editor, "\x1b[H\x1b[2J");
        show_text(editor, editor->prompt);
        show_from(editor, 0);
        break;
    case 'N':
        if (editor->history_back > 0)
            recall(editor, editor->history_back - 1);
        break;
    case 'P':
        recall(editor, editor->history_back + 1);
        break;
    case 'U':
        cut(editor, 0, editor->cursor);
        break;
    case 'W':
        cut(editor, word_start(editor), editor->cursor);
        break;
    default:
        break;
    }
}

/* The last byte of `ESC [` or `ESC O`: the Ctrl-letter that does the same; 0: none. */
static char meaning(char final, uint32_t parameter)
{
    switch (final) {
    case 'A':
        return 'P';
    case 'B':
        return 'N';
    case 'C':
        return 'F';
    case 'D':
        return 'B';
    case 'H':
        return 'A';
    case 'F':
        return 'E';
    case '~':
        return parameter == 1 || parameter == 7   ? 'A'
               : parameter == 4 || parameter == 8 ? 'E'
               : parameter == 3                   ? 'D'
                                                  : 0;
    default:
        return 0;
    }
}

/* A byte within an escape sequence. A control character ends it without effect. */
static void escape_key(struct editor *editor, uint8_t byte)
{
    if (editor->escape == ESCAPE_SEEN && (byte == '[' || byte == 'O')) {
        editor->escape = byte == '[' ? ESCAPE_BRACKET : ESCAPE_LETTER;
        editor->parameter = 0;
    } else if (editor->escape == ESCAPE_BRACKET && byte >= '0' && byte <= '9') {
        editor->parameter = (editor->parameter * 10 + byte - '0') % 1000;
    } else if (editor->escape == ESCAPE_BRACKET && byte >= ' ' && byte < '@') {
        editor->parameter = 0; /* `;` and the like: keys with Shift or Ctrl */
    } else if (byte != 0x1b) {
        if (editor->escape != ESCAPE_SEEN)
            command(editor, meaning((char)byte, editor->parameter));
        editor->escape = ESCAPE_NONE;
    } else {
        editor->escape = ESCAPE_SEEN;
    }
}

static enum edit_event end_line(struct editor *editor, enum edit_event event)
{
    move(editor, editor->bytes);
    show_text(editor, event == EDIT_ABANDON ? "^C\r\n" : "\r\n");
    if (event == EDIT_DONE)
        remember(editor);
    return event;
}

enum edit_event edit_key(struct editor *editor, uint8_t byte)
{
    bool after_return = editor->after_return;
    char c = (char)byte;

    editor->after_return = byte == '\r';
    if (byte == '\n' && after_return)
        return EDIT_MORE;
    if (byte == '\r' || byte == '\n' || byte == CTRL('C'))
        return end_line(editor, byte == CTRL('C') ? EDIT_ABANDON : EDIT_DONE);
    if (byte >= 0x80) /* text; no escape sequence has it */
        editor->escape = ESCAPE_NONE;
    if (editor->escape != ESCAPE_NONE)
        escape_key(editor, byte);
    else if (byte == 0x1b)
        editor->escape = ESCAPE_SEEN;
    else if (byte == '\t')
        return EDIT_TAB;
    else if (byte == 0x7f)
        command(editor, 'H');
    else if (byte < ' ')
        command(editor, (char)(byte + '@'));
    else
        edit_insert(editor, &c, 1);
    return EDIT_MORE;
}

void edit_start(struct editor *editor)
{
    editor->bytes = editor->cursor = 0;
    editor->line[0] = 0;
    editor->escape = ESCAPE_NONE;
    editor->history_back = 0;
    show_text(editor, editor->prompt);
}
