/* SPDX-License-Identifier: BSD-2-Clause */
/* ls, cat, cd, pwd. */
#include "shell.h"
#include <string.h>

#define LINE_WIDTH   78u
#define COLUMN_WIDTH 20u

static uint64_t data_bytes(const struct command *command)
{
    return ipc_region_bytes(command->shell->fs) - DATA_OFFSET;
}

static const char *argument(const struct command *command)
{
    return command->i < command->count ? command->word[command->i] : ".";
}

/* Put the path of a word where fs reads it. False: it is too long. */
static bool put_path(struct command *command, const char *word)
{
    size_t bytes = strlen(word);

    if (!path_join(command->path, command->shell->folder, word))
        return false;
    /* A slash at the end, or `/.`, asks for a folder; path_join took it out. */
    if (bytes > 1 && word[bytes - 1] == '/' && strlen(command->path) + 2 < PATH_BYTES)
        strcat(command->path, strcmp(command->path, "/") == 0 ? "" : "/");
    memcpy(ipc_bytes(command->shell->fs, PATH_OFFSET, DATA_OFFSET), command->path,
           strlen(command->path));
    return true;
}

static enum co_state fail(struct co *co, long error)
{
    co->value = error;
    return CO_DONE;
}

/* Await the opening of the present argument. */
static enum co_state open_argument(struct co *co, struct command *command)
{
    if (!command->shell->fs)
        return fail(co, E_NO_DEVICE);
    if (!put_path(command, argument(command)))
        return fail(co, E_NAME_TOO_LONG);
    return fs_open(co, command->shell->fs, &command->message, PATH_OFFSET, strlen(command->path));
}

static bool is_directory(const struct command *command)
{
    return (command->message.word[2] & FS_MODE_TYPE) == FS_MODE_DIRECTORY;
}

static enum co_state close_handle(struct co *co, struct command *command)
{
    return fs_close(co, command->shell->fs, &command->message, command->handle);
}

/* ---------------------------------------------------------------- cat */

static enum co_state read_more(struct co *co, struct command *command)
{
    uint64_t bytes = data_bytes(command);
    uint64_t room = command->output->size / 2; /* each byte may become two */

    return fs_read(co, command->shell->fs, &command->message, command->handle, command->at,
                   DATA_OFFSET, bytes < room ? bytes : room);
}

static void print_read(struct command *command, long n)
{
    const char *bytes = ipc_bytes(command->shell->fs, DATA_OFFSET, (uint64_t)n);

    if (bytes)
        output_text(command->output, bytes, (size_t)n);
    command->at += (uint64_t)n;
}

enum co_state command_cat(struct co *co)
{
    struct command *command = co_frame(struct command, co);
    long n;

    co_begin(co);
    for (command->i = 1; command->i < command->count; command->i++) {
        co_await(n, open_argument(co, command));
        if (n < 0) {
            command_error(command, argument(command), n);
            continue;
        }
        command->handle = (uint64_t)n;
        command->at = 0;
        do {
            co_await(n, read_more(co, command));
            if (n > 0)
                print_read(command, n);
            else if (n < 0)
                command_error(command, argument(command), n);
            command->result = n;
            co_await(n, output_flush(co, command->output));
        } while (command->result > 0 && n >= 0);
        co_await(n, close_handle(co, command));
    }
    co_return(0);
}

/* ---------------------------------------------------------------- ls */

static void print_mode(struct command *command, uint32_t mode)
{
    char text[] = "?rwxrwxrwx";

    switch (mode & FS_MODE_TYPE) {
    case FS_MODE_REGULAR:
        text[0] = '-';
        break;
    case FS_MODE_DIRECTORY:
        text[0] = 'd';
        break;
    case FS_MODE_SYMLINK:
        text[0] = 'l';
        break;
    default:
        break;
    }
    for (unsigned bit = 0; bit < 9; bit++)
        if (!(mode >> bit & 1))
            text[9 - bit] = '-';
    output_print(command->output, "%s", text);
}

/* Print one entry; in the short form several stand in a line. */
static void print_entry(struct command *command, uint64_t size, uint32_t mode, const char *name,
                        uint32_t bytes)
{
    bool folder = (mode & FS_MODE_TYPE) == FS_MODE_DIRECTORY;
    uint32_t width = bytes + folder;
    uint32_t padded = (width + 2 + COLUMN_WIDTH - 1) / COLUMN_WIDTH * COLUMN_WIDTH;

    if (command->long_form) {
        print_mode(command, mode);
        output_print(command->output, " %10llu ", (unsigned long long)size);
    } else if (command->column > 0 && command->column + width > LINE_WIDTH) {
        output_print(command->output, "\n");
        command->column = 0;
    }
    output_text(command->output, name, bytes);
    output_print(command->output, "%s", folder ? "/" : "");
    if (command->long_form || command->column + padded >= LINE_WIDTH) {
        output_print(command->output, "\n");
        command->column = 0;
        return;
    }
    output_print(command->output, "%*s", (int)(padded - width), "");
    command->column += padded;
}

/* Print the rows that fs has written. Each is checked against the region. */
static void print_rows(struct command *command)
{
    while (command->rows > 0 && output_room(command->output) >= OUTPUT_ROOM) {
        const struct fs_entry *entry =
            ipc_bytes(command->shell->fs, DATA_OFFSET + command->at, sizeof *entry);
        uint32_t bytes = entry ? entry->name_bytes : FS_NAME_MAX + 1;

        if (bytes > FS_NAME_MAX ||
            !ipc_bytes(command->shell->fs, DATA_OFFSET + command->at, FS_ENTRY_BYTES(bytes))) {
            command->rows = 0;
            return;
        }
        print_entry(command, entry->size, entry->mode, entry->name, bytes);
        command->at += FS_ENTRY_BYTES(bytes);
        command->rows--;
    }
}

static enum co_state list_more(struct co *co, struct command *command)
{
    return fs_list(co, command->shell->fs, &command->message, command->handle, command->size,
                   DATA_OFFSET, data_bytes(command));
}

/* List the open folder. The cursor is kept in `size`. */
CO_BODY static enum co_state list_body(struct co *co)
{
    struct command *command = co_frame(struct command_step, co)->command;
    long n;

    co_begin(co);
    command->size = 0;
    command->column = 0;
    for (;;) {
        co_await(n, list_more(co, command));
        if (n <= 0)
            break;
        command->rows = (uint64_t)n;
        command->size = command->message.word[1];
        command->at = 0;
        while (command->rows > 0) {
            print_rows(command);
            co_await(n, output_flush(co, command->output));
            if (n < 0)
                co_return(n);
        }
    }
    if (command->column > 0)
        output_print(command->output, "\n");
    co_return(n);
}

static enum co_state list_open(struct co *co, struct command *command)
{
    command->step.command = command;
    return co_call(co, &command->step.co, list_body);
}

/* Take the options off the front. False: one is unknown, and an error is printed. */
static bool take_options(struct command *command)
{
    command->long_form = false;
    for (command->i = 1; command->i < command->count; command->i++) {
        const char *word = command->word[command->i];

        if (word[0] != '-' || word[1] == 0)
            break;
        if (strcmp(word, "-l") != 0) {
            output_print(command->output, "usage: ls [-l] [PATH...]\n");
            return false;
        }
        command->long_form = true;
    }
    return true;
}

enum co_state command_ls(struct co *co)
{
    struct command *command = co_frame(struct command, co);
    long n;

    co_begin(co);
    if (!take_options(command))
        co_return(0);
    do {
        co_await(n, open_argument(co, command));
        if (n < 0) {
            command_error(command, argument(command), n);
            continue;
        }
        command->handle = (uint64_t)n;
        command->result = 0;
        if (is_directory(command)) {
            co_await(command->result, list_open(co, command));
        } else {
            command->column = 0;
            print_entry(command, command->message.word[1], (uint32_t)command->message.word[2],
                        argument(command), (uint32_t)strlen(argument(command)));
        }
        if (command->result < 0)
            command_error(command, argument(command), command->result);
        co_await(n, close_handle(co, command));
        co_await(n, output_flush(co, command->output));
    } while (++command->i < command->count);
    co_return(0);
}

/* ---------------------------------------------------------------- cd, pwd */

enum co_state command_cd(struct co *co)
{
    struct command *command = co_frame(struct command, co);
    long n;

    co_begin(co);
    if (command->count == 1)
        command->word[command->count++] = "/";
    command->i = 1;
    co_await(n, open_argument(co, command));
    if (n < 0) {
        command_error(command, argument(command), n);
        co_return(0);
    }
    if (!is_directory(command))
        command_error(command, argument(command), E_NOT_DIRECTORY);
    else
        (void)path_join(command->shell->folder, command->shell->folder, command->path);
    command->handle = (uint64_t)n;
    co_await(n, close_handle(co, command));
    co_return(0);
}

enum co_state command_pwd(struct co *co)
{
    struct command *command = co_frame(struct command, co);

    output_text(command->output, command->shell->folder, strlen(command->shell->folder));
    output_print(command->output, "\n");
    co_return(0);
}
