/* SPDX-License-Identifier: BSD-2-Clause */
/* The shell on the console. */
#include "shell.h"
#include <string.h>
#include <sys/program.h>

static void show(void *to, const char *bytes, size_t count)
{
    output_raw(to, bytes, count);
}

static void start(struct shell *shell)
{
    uint64_t region;

    shell->console = ipc_find("console");
    shell->fs = ipc_find("fs");
    shell->system = ipc_find("system");
    region = shell->console ? ipc_region_bytes(shell->console) : 0;
    if (region < INPUT_BYTES + 2 * EDIT_SHOW_MAX)
        die("needs a channel `console` with a region of at least %u bytes",
            INPUT_BYTES + 2 * EDIT_SHOW_MAX);
    if (shell->fs && ipc_region_bytes(shell->fs) <= 2 * DATA_OFFSET)
        die("the region of the channel `fs` is too small");
    shell->output.console = shell->console;
    shell->output.size = region - INPUT_BYTES;
    shell->output.bytes = ipc_bytes(shell->console, INPUT_BYTES, shell->output.size);
    shell->editor.prompt = "heddle> ";
    shell->editor.show = show;
    shell->editor.to = &shell->output;
    strcpy(shell->folder, "/");
    output_print(&shell->output, "\nWelcome to Heddle. Type help for the commands.\n");
}

/* ---------------------------------------------------------------- keys */

static enum co_state read_keys(struct co *co, struct shell *shell)
{
    return console_read(co, shell->console, &shell->message, 0, INPUT_BYTES);
}

static void take_keys(struct shell *shell, long n)
{
    if (n < 0)
        die("the console is gone: %s", error_text(n));
    if (n > (long)INPUT_BYTES)
        n = INPUT_BYTES;
    memcpy(shell->keys, ipc_bytes(shell->console, 0, INPUT_BYTES), (size_t)n);
    shell->key_count = n;
    shell->key_next = 0;
}

/* Use keys until a line ends, the keys do, or the terminal has much to show. */
static enum edit_event use_keys(struct shell *shell)
{
    enum edit_event event = EDIT_MORE;

    while (event == EDIT_MORE && shell->key_next < shell->key_count &&
           output_room(&shell->output) >= EDIT_SHOW_MAX) {
        event = edit_key(&shell->editor, (uint8_t)shell->keys[shell->key_next++]);
        if (event == EDIT_TAB) {
            shell_complete(shell);
            event = EDIT_MORE;
        }
    }
    return event;
}

/* ---------------------------------------------------------------- lines */

/* The next prompt begins a line of its own. */
static void finish_output(struct shell *shell)
{
    if (shell->output.in_line)
        output_print(&shell->output, "\n");
}

CO_BODY static enum co_state shell_body(struct co *co)
{
    struct shell *shell = co_frame(struct shell, co);
    enum edit_event event;
    long n;

    co_begin(co);
    start(shell);
    for (;;) {
        edit_start(&shell->editor);
        while ((event = use_keys(shell)) == EDIT_MORE) {
            co_await(n, output_flush(co, &shell->output));
            if (shell->key_next < shell->key_count)
                continue;
            co_await(n, read_keys(co, shell));
            take_keys(shell, n);
        }
        if (event == EDIT_DONE)
            co_await(n, shell_run(co, shell, shell->editor.line));
        finish_output(shell);
        if (output_room(&shell->output) < EDIT_SHOW_MAX)
            co_await(n, output_flush(co, &shell->output));
    }
}

PROGRAM(struct shell, shell_body);
