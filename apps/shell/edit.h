/* SPDX-License-Identifier: BSD-2-Clause */
/* The line editor: keys in, a line and what the terminal must show out. Pure; knows no console.
 *
 * Keys: arrows, Home, End, Backspace, Delete, Ctrl-A/E (start, end), Ctrl-B/F (left, right),
 * Ctrl-D (delete), Ctrl-K/U/W (cut to the end, to the start, a word), Ctrl-P/N (history),
 * Ctrl-L (clear the screen), Ctrl-C (abandon the line). UTF-8 is taken as it comes. A line that is
 * longer than the terminal is wide is edited rightly, but shown so only while one types at its end.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDIT_LINE_MAX 4095u /* bytes of a line; more are refused with a beep */
#define EDIT_HISTORY  16u
#define EDIT_SHOW_MAX (3u * EDIT_LINE_MAX + 64u) /* what one key can make the terminal show */

enum edit_event {
    EDIT_MORE,    /* the line goes on */
    EDIT_DONE,    /* Enter: the line is in `line`; call edit_start for the next */
    EDIT_ABANDON, /* Ctrl-C: the same, but forget it */
    EDIT_TAB,     /* the program may complete the line by edit_insert */
};

enum edit_escape { ESCAPE_NONE, ESCAPE_SEEN, ESCAPE_BRACKET, ESCAPE_LETTER };

struct editor {
    const char *prompt;
    void (*show)(void *to, const char *bytes, size_t count); /* put on the terminal */
    void *to;
    uint32_t bytes;
    uint32_t cursor;
    enum edit_escape escape;
    uint32_t parameter;            /* of an escape sequence */
    bool after_return;             /* the last byte was CR: a LF belongs to it */
    uint32_t history_count;        /* lines kept */
    uint32_t history_next;         /* where the next goes */
    uint32_t history_back;         /* how far back the shown line is; 0: the new one */
    char line[EDIT_LINE_MAX + 1];  /* ends with a zero byte */
    char fresh[EDIT_LINE_MAX + 1]; /* the new line, while an old one is shown */
    char history[EDIT_HISTORY][EDIT_LINE_MAX + 1];
};

/* Begin a new line: show the prompt. */
void edit_start(struct editor *editor);
/* Take one byte from the keyboard. */
enum edit_event edit_key(struct editor *editor, uint8_t byte);
/* Insert text at the cursor. */
void edit_insert(struct editor *editor, const char *text, size_t bytes);
